from datetime import timedelta

import pytest

from aggregator.catalogue.durations import read_duration


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("45m", timedelta(minutes=45)),
        ("12h", timedelta(hours=12)),
        ("30d", timedelta(days=30)),
        ("2w", timedelta(weeks=2)),
        (" 2 W ", timedelta(weeks=2)),
    ],
)
def test_what_people_write(said: str, meant: timedelta) -> None:
    assert read_duration(said) == meant


@pytest.mark.parametrize(
    "said", ["", "d", "30", "0d", "1.5h", "-1d", "1y", "99999d", 30, True, None]
)
def test_what_says_no_length(said: object) -> None:
    with pytest.raises(ValueError, match="length of time") as caught:
        read_duration(said)
    assert "45m" in caught.value.args[1]
