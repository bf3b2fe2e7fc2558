"""The Link field: targets of a relation, whatever is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.connectors._limits import URL, is_http
from aggregator.connectors._links import linked

BASE = "https://feeds.example/blog/feed"
HUB = "https://hub.example/"


@pytest.mark.parametrize(
    ("field", "found"),
    [
        (f'<{HUB}>; rel="hub"', (HUB,)),
        (f"<{HUB}>;rel=hub", (HUB,)),
        (f'<{HUB}>; rel="HUB"', (HUB,)),
        (f'<{HUB}>; rel="first hub"', (HUB,)),
        (f'<{HUB}>; title="a; rel=self, <b>"; rel=hub', (HUB,)),
        (f'<{HUB}>; title="a \\" b"; rel=hub', (HUB,)),
        (f'<{BASE}>; rel="self", <{HUB}>; rel="hub"', (HUB,)),
        (f'<{HUB}>; rel="hub", <https://two.example/>; rel=hub', (HUB, "https://two.example/")),
        ("</hub>; rel=hub", ("https://feeds.example/hub",)),
        ("<>; rel=hub", ()),
        ("<javascript:alert(1)>; rel=hub", ()),
        (f'<{HUB}>; rel="self"; rel="hub"', ()),
        (f'<{HUB}>; rel=hub; anchor="https://other.example/"', ()),
        (f"<{HUB}>", ()),
        (f"{HUB}; rel=hub", ()),
        (f"<{HUB}; rel=hub", ()),
        ("", ()),
    ],
)
def test_targets_of_a_relation(field: str, found: tuple[str, ...]) -> None:
    assert linked(field, "hub", BASE) == found


@given(st.text(alphabet='<>;,=" \\rel=hubhttps://a', max_size=200))
def test_whatever_is_written_only_web_addresses_come_out(field: str) -> None:
    found = linked(field, "hub", BASE)
    assert all(is_http(one) and len(one) <= URL for one in found)


@pytest.mark.parametrize("piece", ["<a>;", "; ", "<", ";rel=", '"', ' ;"\\'])
def test_a_huge_field_ends(piece: str) -> None:
    assert len(linked("<a>" + piece * 1_000_000, "hub", BASE)) <= 10_000
