"""Hosts as readers see them (rule I12)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.widgets.hosts import shown_host


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://www.example.org/a?b", "example.org"),
        ("https://WWW.Example.ORG:8443/", "example.org"),
        ("https://b\u00fccher.example/", "b\u00fccher.example"),
        ("https://\u043f\u0440\u0438\u043c\u0435\u0440.example/", "\u043f\u0440\u0438\u043c\u0435\u0440.example"),
        ("https://\u65e5\u672c\u8a9e\u306e\u30d6\u30ed\u30b0-1.example/", "\u65e5\u672c\u8a9e\u306e\u30d6\u30ed\u30b0-1.example"),
        ("https://\ud55c\uad6d\uc5b4kr.example/", "\ud55c\uad6d\uc5b4kr.example"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("https://[2001:db8::1]/", "2001:db8::1"),
        ("https://[broken/", ""),
        ("", ""),
        (None, ""),
    ],
)  # fmt: skip
def test_a_host_is_shown_as_it_is_written(address: str | None, shown: str) -> None:
    assert shown_host(address) == shown


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("p\u0430ypal.test", "xn--pypal-4ve.test"),
        ("news.p\u0430ypal.test", "news.xn--pypal-4ve.test"),
        ("g\u03bfogle.test", "xn--gogle-rce.test"),
        ("\u0430\u03bf.test", None),
    ],
)
def test_I12_a_label_of_mixed_scripts_is_shown_in_ascii(host: str, shown: str | None) -> None:
    found = shown_host(f"https://{host}/")
    assert found.isascii()
    assert found == (shown or found)


@given(st.text(max_size=40))
def test_I12_any_host_is_shown_somehow(text: str) -> None:
    assert isinstance(shown_host(f"https://{text}/"), str)
    assert isinstance(shown_host(text), str)
