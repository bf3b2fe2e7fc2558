from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.widgets.rotation import on_stage

DAYS = st.dates(date(2020, 1, 1), date(2090, 1, 1))


@given(st.integers(1, 12), st.integers(0, 12), DAYS)
def test_over_a_round_all_have_the_same_share(members: int, places: int, start: date) -> None:
    seen: Counter[int] = Counter()
    for day in range(members):
        seen.update(on_stage(range(members), places, start + timedelta(days=day)))
    assert len({seen[member] for member in range(members)}) == 1


@given(st.integers(1, 12), st.integers(0, 12), DAYS)
def test_every_place_is_taken_once(members: int, places: int, today: date) -> None:
    shown = on_stage(range(members), places, today)
    assert len(set(shown)) == len(shown) == min(places, members)
