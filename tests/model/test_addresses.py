"""What counts of an address, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model.addresses import Address, read_address


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("https://example.org/a?b=1", Address("example.org", "/a", "b=1")),
        (" HTTP://WWW.Example.org.:80//A//b/?b=1&a=2#end", Address("example.org", "//A//b", "b=1&a=2")),
        ("https://example.org:8443/?", Address("example.org:8443", "", "")),
        ("http://example.org:443/", Address("example.org:443", "", "")),
        ("https://www.bücher.example/ä", Address("xn--bcher-kva.example", "/ä", "")),
        ("https://www.example/", Address("example", "", "")),
    ],
)  # fmt: skip
def test_what_counts(written: str, expected: Address) -> None:
    assert read_address(written) == expected


@pytest.mark.parametrize(
    "written", ["", "example.org", "//example.org/a", "ftp://example.org/", "https://[", "http://www./"]
)  # fmt: skip
def test_no_address_of_the_web(written: str) -> None:
    assert read_address(written) is None


@given(st.one_of(st.text(), st.from_regex(r"(?s)https?://.{0,30}")))
def test_any_text_is_read(written: str) -> None:
    found = read_address(written)
    assert found is None or (found.host and not found.path.endswith("/"))
