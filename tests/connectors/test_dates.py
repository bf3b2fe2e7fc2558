"""What a parser makes of dates: the usual forms by ourselves, all others as feedparser does."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from feedparser.datetimes import _parse_date
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors._dates import raw_date
from aggregator.model import RawDate


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2026-03-04T09:00:00+01:00", datetime(2026, 3, 4, 8, tzinfo=UTC)),
        ("2026-03-04T09:00:00.999Z", datetime(2026, 3, 4, 9, tzinfo=UTC)),
        ("Tue, 03 Mar 2026 08:30:00 -0530", datetime(2026, 3, 3, 14, tzinfo=UTC)),
        ("3 Mar 2026 08:30:00 GMT", datetime(2026, 3, 3, 8, 30, tzinfo=UTC)),
        ("Tue, 03 Mar 26 08:30 EST", datetime(2026, 3, 3, 13, 30, tzinfo=UTC)),
        ("2003-07-32T15:51:30-05:00", datetime(2003, 8, 1, 20, 51, 30, tzinfo=UTC)),
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("sometime in spring", None),
        ("0001-01-01T00:00:00+23:00", None),
    ],
)
def test_moments(said: str, moment: datetime | None) -> None:
    assert raw_date(f" {said}\n") == RawDate(said, moment)


@pytest.mark.parametrize("value", [None, "", " \n", 5])
def test_what_is_no_text_is_no_date(value: object) -> None:
    assert raw_date(value) is None


FORMS = ("%Y-%m-%dT%H:%M:%S%z", "%a, %d %b %Y %H:%M:%S %z", "%d %b %Y %H:%M:%S GMT")


@given(st.integers(0, 1 << 32), st.integers(-23 * 60, 23 * 60), st.sampled_from(FORMS))
def test_usual_forms_mean_what_feedparser_thinks(seconds: int, offset: int, form: str) -> None:
    zone = timezone(timedelta(minutes=offset))
    said = datetime.fromtimestamp(seconds, zone).strftime(form)
    if form.startswith("%Y"):
        said = f"{said[:-2]}:{said[-2:]}"
    read, theirs = raw_date(said), _parse_date(said)
    assert read
    assert read.parsed
    assert tuple(read.parsed.utctimetuple()) == tuple(theirs)
