"""A few of the wild documents; ``python -m tests.fuzz`` tries them for as long as it is told."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import trial
from tests.fuzz.grammar import codings, content_types, documents, samples

_OURS = [body for body in samples() if len(body) <= 8 * 1024][:20]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(documents(_OURS), content_types, codings)
def test_H8_no_document_breaks_anything(body: bytes, content_type: str, coding: str) -> None:
    trial.run(body, content_type, coding)
    assert trial.slowest


@given(st.binary(max_size=300))
@settings(max_examples=40, deadline=None)
def test_H8_no_bytes_break_anything(body: bytes) -> None:
    trial.run(body, "", "")
    assert trial.slowest
