from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import DateFlag, RawDate
from aggregator.normalise import dates
from aggregator.normalise.dates import read_date, understood

MORNING = "2020-01-10 10:15:00"
READ = {
    # RFC 822, 2822, 5322 and what comes near them
    "Fri, 10 Jan 2020 10:15:00 +0000": MORNING,
    "Fri, 10 Jan 2020 10:15:00 GMT": MORNING,
    "Fri, 10 Jan 2020 10:15:00 UT": MORNING,
    "Fri, 10 Jan 2020 10:15:00 UTC": MORNING,
    "Fri, 10 Jan 2020 10:15:00 Z": MORNING,
    "Fri, 10 Jan 2020 10:15:00 -0000": MORNING,
    "Fri, 10 Jan 2020 10:15:00": MORNING,
    "Fri, 10 Jan 2020 10:15 +0000": MORNING,
    "10 Jan 2020 10:15:00 +0000": MORNING,
    "10 Jan 20 10:15:00 +0000": MORNING,
    "10 Jan 120 10:15:00 +0000": MORNING,
    "Tue, 10 Jan 2020 10:15:00 +0000": MORNING,
    "fri, 10 jan 2020 10:15:00 gmt": MORNING,
    "FRI, 10 JAN 2020 10:15:00 GMT": MORNING,
    "Friday, 10 January 2020 10:15:00 GMT": MORNING,
    "Fri 10 Jan 2020 10:15:00 GMT": MORNING,
    "Fri , 10 Jan 2020 10:15:00 GMT": MORNING,
    "Fri,10 Jan 2020 10:15:00 GMT": MORNING,
    "  Fri,  10  Jan\t2020  10:15:00   GMT ": MORNING,
    "Fri, 10 Jan 2020, 10:15:00 GMT": MORNING,
    "Fri, 10 Jan 2020 10:15:00 +0200": "2020-01-10 08:15:00",
    "Fri, 10 Jan 2020 10:15:00 +02:00": "2020-01-10 08:15:00",
    "Fri, 10 Jan 2020 10:15:00 +02": "2020-01-10 08:15:00",
    "Fri, 10 Jan 2020 10:15:00 -0330": "2020-01-10 13:45:00",
    "Fri, 10 Jan 2020 10:15:00 GMT+0200": "2020-01-10 08:15:00",
    "Fri, 10 Jan 2020 10:15:00 GMT+2": "2020-01-10 08:15:00",
    "Fri, 10 Jan 2020 10:15:00 UTC-05:00": "2020-01-10 15:15:00",
    "Fri, 10 Jan 2020 10:15:00 +0200 (CEST)": "2020-01-10 08:15:00",
    "Fri, 10 Jan 2020 10:15:00 EST": "2020-01-10 15:15:00",
    "Fri, 10 Jan 2020 10:15:00 EDT": "2020-01-10 14:15:00",
    "Fri, 10 Jan 2020 10:15:00 CST": "2020-01-10 16:15:00",
    "Fri, 10 Jan 2020 10:15:00 CDT": "2020-01-10 15:15:00",
    "Fri, 10 Jan 2020 10:15:00 MST": "2020-01-10 17:15:00",
    "Fri, 10 Jan 2020 10:15:00 MDT": "2020-01-10 16:15:00",
    "Fri, 10 Jan 2020 10:15:00 PST": "2020-01-10 18:15:00",
    "Fri, 10 Jan 2020 10:15:00 PDT": "2020-01-10 17:15:00",
    "Fri, 10 Jul 2020 10:15:00 BST": "2020-07-10 09:15:00",
    "Fri, 10 Jan 2020 10:15:00 CET": "2020-01-10 09:15:00",
    "Fri, 10 Jul 2020 10:15:00 CEST": "2020-07-10 08:15:00",
    "Fri, 10 Jan 2020 10:15:00 IST": "2020-01-10 04:45:00",
    "Fri, 10 Jan 2020 10:15:00 AEDT": "2020-01-09 23:15:00",
    "Fri, 10 Jan 2020 10:15:00 A": MORNING,
    "Fri, 10 Jan 2020 10:15:00 n": MORNING,
    "Thu, 31 Dec 1998 23:59:60 GMT": "1999-01-01 00:00:00",
    "Fri, 10 Jan 2020 24:00:00 GMT": "2020-01-11 00:00:00",
    "Sat, 29 Feb 2020 00:00:00 GMT": "2020-02-29 00:00:00",
    "Fri, 10 Jan 99 10:15:00 GMT": "1999-01-10 10:15:00",
    "Fri, 10 Jan 2020": "2020-01-10 00:00:00",
    "10 Jan 2020 GMT": "2020-01-10 00:00:00",
    "10 Sept 2020": "2020-09-10 00:00:00",
    "10th January 2020": "2020-01-10 00:00:00",
    # RFC 850
    "Friday, 10-Jan-20 10:15:00 GMT": MORNING,
    "Fri, 10-Jan-2020 10:15:00 GMT": MORNING,
    # as C and the shell print them
    "Fri Jan 10 10:15:00 2020": MORNING,
    "Fri Jan  3 10:15:00 2020": "2020-01-03 10:15:00",
    "Fri Jan 10 10:15:00 EST 2020": "2020-01-10 15:15:00",
    "Fri Jan 10 10:15:00 +0100 2020": "2020-01-10 09:15:00",
    # As Americans write
    "January 10, 2020": "2020-01-10 00:00:00",
    "Jan 10, 2020 10:15 AM": MORNING,
    "Jan. 10, 2020 at 10:15 a.m.": MORNING,
    "Friday, January 10, 2020 10:15:00 PM EST": "2020-01-11 03:15:00",
    "Jan 10 2020 12:05 AM": "2020-01-10 00:05:00",
    "Jan 10 2020 12:05 PM": "2020-01-10 12:05:00",
    "Fri, 01/10/2020 - 10:15": MORNING,
    # ISO 8601, RFC 3339, W3CDTF
    "2020-01-10T10:15:00Z": MORNING,
    "2020-01-10t10:15:00z": MORNING,
    "2020-01-10T10:15:00+00:00": MORNING,
    "2020-01-10T10:15:00-05:00": "2020-01-10 15:15:00",
    "2020-01-10T10:15:00-0500": "2020-01-10 15:15:00",
    "2020-01-10T10:15:00+05": "2020-01-10 05:15:00",
    "2020-01-10T10:15:00.123Z": "2020-01-10 10:15:00.123",
    "2020-01-10T10:15:00,5Z": "2020-01-10 10:15:00.500",
    "2020-01-10T10:15:00.1234567+00:00": "2020-01-10 10:15:00.123457",
    "2020-01-10T10:15:00": MORNING,
    "2020-01-10T10:15Z": MORNING,
    "2020-01-10 10:15:00": MORNING,
    "2020-01-10 10:15:00 +0000": MORNING,
    "2020-01-10 10:15:00 UTC": MORNING,
    "2020-01-10T24:00:00Z": "2020-01-11 00:00:00",
    "2020-01-10": "2020-01-10 00:00:00",
    "2020-01-10Z": "2020-01-10 00:00:00",
    "2020-01-10+02:00": "2020-01-09 22:00:00",
    "2020-01": "2020-01-01 00:00:00",
    "2020": "2020-01-01 00:00:00",
    "2020-1-9": "2020-01-09 00:00:00",
    "2020-010": "2020-01-10 00:00:00",
    "2020-W02-5": "2020-01-10 00:00:00",
    "2020W025": "2020-01-10 00:00:00",
    "2020-W02": "2020-01-06 00:00:00",
    "20200110": "2020-01-10 00:00:00",
    "20200110T101500Z": MORNING,
    "20200110T1015Z": MORNING,
    "20200110T101500+0100": "2020-01-10 09:15:00",
    "20200110101500": MORNING,
    "202001101015": MORNING,
    "2020/1/10": "2020-01-10 00:00:00",
    "2020/01/10 10:15": MORNING,
    "2020.01.10 10:15:00": MORNING,
    "10.01.2020 10:15": MORNING,
    "10.1.2020": "2020-01-10 00:00:00",
    # counts
    "1578651300": MORNING,
    "1578651300.5": "2020-01-10 10:15:00.500",
    "1578651300000": MORNING,
    "999999999": "2001-09-09 01:46:39",
    # other languages
    "Seg, 24 Set 2018 19:42:40 -0300": "2018-09-24 22:42:40",
    "ven., 10 janv. 2020 10:15:00 +0100": "2020-01-10 09:15:00",
    "10 août 2020": "2020-08-10 00:00:00",
    "Fr, 10 Mär 2020 10:15:00 +0100": "2020-03-10 09:15:00",
    "10. Dezember 2020": "2020-12-10 00:00:00",
    "10 de enero de 2020": "2020-01-10 00:00:00",
    "vr, 10 mrt 2020 10:15:00 +0100": "2020-03-10 09:15:00",
}


@pytest.mark.parametrize(("said", "expected"), READ.items())
def test_understood(said: str, expected: str) -> None:
    assert understood(said) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "   ",
        "yesterday",
        "null",
        "Fri, 31 Feb 2020 10:15:00 GMT",
        "Fri, 10 Foo 2020 10:15:00 GMT",
        "Fri, 10 Jan 2020 25:15:00 GMT",
        "Fri, 10 Jan 2020 24:01:00 GMT",
        "Fri, 10 Jan 2020 10:61:00 GMT",
        "Fri, 10 Jan 2020 10:15:00 XYZ",
        "Fri, 10 Jan 2020 10:15:00 +9900",
        "Fri, 10 Jan 2020 10:15:00 +0160",
        "Fri, 10 Jan 2020 13:15 PM",
        "Fri, 10 Jan 2020 10:15:00 GMT and more",
        "0000-00-00 00:00:00",
        "-0001-11-30T00:00:00+00:00",
        "01/10/2020",
        "2020-13-01",
        "2020-366x",
        "2021-366",
        "2020-W60-1",
        "20201310",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+01:00",
        "1" * 50,
        "1" * 100_000,
        "Fri, " * 30_000,
        "٢٠٢٠-٠١-١٠",
    ],
)
def test_not_understood(said: str) -> None:
    assert understood(said) is None


@given(st.one_of(st.text(), st.text("0123456789-:+TtZz ,./amp()JanFriGMT")))
def test_I5_any_string_is_read_or_not(said: str) -> None:
    result = understood(said)
    assert result is None or result.tzinfo is UTC


two_digits = st.integers(0, 61).map("{:02}".format)
usual_clocks = st.tuples(two_digits, two_digits, two_digits).map(":".join)
usual_dates = st.one_of(
    st.builds(
        "{}-{}-{}T{}{}{}".format,
        st.sampled_from(["0000", "0001", "1996", "2026", "9999"]),
        two_digits,
        two_digits,
        usual_clocks,
        st.sampled_from(["", ".5", ".123456", ".9999999"]),
        st.sampled_from(["Z", "+05:30", "-00:00", "+15:59", "-16:00", "+16:01", "+0530", ""]),
    ),
    st.builds(
        "{}{} {} {} {}{}".format,
        st.sampled_from(["", "Mon, ", "Xyz, ", "Mon "]),
        st.integers(0, 32),
        st.sampled_from(["Jan", "Feb", "Jul", "Dec", "mai", "Foo"]),
        st.sampled_from(["99", "0099", "1996", "2026", "9999"]),
        usual_clocks,
        st.sampled_from([" GMT", " +0530", " -0000", " +1600", " +1601", " EST", "Z", ""]),
    ),
)


@given(usual_dates)
def test_the_way_for_usual_forms_reads_as_the_general_one(said: str) -> None:
    quickly = understood(said)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dates, "_usual", lambda _said: None)
        assert understood(said) == quickly


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda moment: moment.year > 1))
def test_python_reads_as_we_do(moment: datetime) -> None:
    assert understood(moment.isoformat()) == moment


def test_absent(now: datetime) -> None:
    assert read_date(None, now) == (None, DateFlag.MISSING)


def test_blank(now: datetime) -> None:
    assert read_date(RawDate(" "), now) == (None, DateFlag.MISSING)


def test_I5_unreadable(now: datetime) -> None:
    assert read_date(RawDate("soon"), now) == (None, DateFlag.UNREADABLE)


@pytest.mark.parametrize(
    "said",
    [
        "1994-12-31T23:59:59Z",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "0001-01-01",
        "Wed, 30 Nov -0001 00:00:00 +0000",
    ],
)
def test_I5_ancient(said: str, now: datetime) -> None:
    assert read_date(RawDate(said), now) == (None, DateFlag.ANCIENT)


def test_the_first_day_that_is_believed(now: datetime) -> None:
    assert read_date(RawDate("1995-01-01"), now)[1] is None


def test_a_day_ahead_is_believed(now: datetime) -> None:
    ahead = now + timedelta(hours=24)
    assert read_date(RawDate(ahead.isoformat()), now) == (ahead, None)


def test_I5_more_than_a_day_ahead_is_not(now: datetime) -> None:
    ahead = now + timedelta(hours=24, seconds=1)
    assert read_date(RawDate(ahead.isoformat()), now) == (None, DateFlag.FUTURE)


def test_our_reading_wins_over_the_parsers(now: datetime) -> None:
    raw = RawDate("Fri, 10 Jul 2020 10:15:00 BST", datetime(2020, 7, 10, 10, 15, tzinfo=UTC))
    assert read_date(raw, now) == (datetime(2020, 7, 10, 9, 15, tzinfo=UTC), None)


@pytest.mark.parametrize(
    "parsed",
    [
        datetime(2020, 7, 10, 9, 15, tzinfo=UTC),
        datetime(2020, 7, 10, 9, 15),  # noqa: DTZ001 - a parser may well leave the zone out
        datetime(2020, 7, 10, 11, 15, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_the_parsers_reading_where_ours_fails(parsed: datetime, now: datetime) -> None:
    raw = RawDate("the tenth of July", parsed)
    assert read_date(raw, now) == (datetime(2020, 7, 10, 9, 15, tzinfo=UTC), None)


def test_a_parsed_date_at_the_end_of_time_is_unreadable(now: datetime) -> None:
    parsed = datetime.min.replace(tzinfo=timezone(timedelta(hours=2)))
    assert read_date(RawDate("x", parsed), now) == (None, DateFlag.UNREADABLE)
