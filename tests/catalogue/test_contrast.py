import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.catalogue.contrast import TEXT, contrast, in_figures, nearest_readable

colours = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", "21.0:1"),
        ("#777777", "#ffffff", "4.4:1"),  # 4.478: the nearest grey that fails
        ("#767676", "#ffffff", "4.5:1"),  # 4.542: the nearest that passes
        ("#0a558c", "#ffffff", "7.8:1"),
        ("#336699", "#336699", "1.0:1"),
    ],
)
def test_ratios_are_those_of_the_standard(one: str, other: str, ratio: str) -> None:
    assert in_figures(contrast(one, other)) == ratio
    assert contrast(one, other) == contrast(other, one)


@given(colours, colours, st.floats(1, TEXT))
def test_what_is_proposed_can_be_read(colour: str, ground: str, least: float) -> None:
    assert contrast(nearest_readable(colour, ground, least), ground) >= least


@given(colours, colours)
def test_what_can_be_read_stays(colour: str, ground: str) -> None:
    assert nearest_readable(colour, ground, min(TEXT, contrast(colour, ground))) == colour


def test_a_proposal_keeps_its_hue() -> None:
    assert nearest_readable("#66aadd", "#ffffff", TEXT) == "#297bb8"
