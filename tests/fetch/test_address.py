"""Reading addresses."""

from ipaddress import IPv4Address, IPv6Address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import BlockedAddress
from aggregator.fetch.address import Address, MalformedAddressError, follow, read_address


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("HTTPS://Blog.Example.ORG/Feed", "https://blog.example.org/Feed"),
        ("https://example.org:443/", "https://example.org/"),
        ("https://example.org:/", "https://example.org/"),
        ("http://example.org:443/", "http://example.org:443/"),
        ("http://example.org:8080", "http://example.org:8080/"),
        ("  https://example.org/feed\n", "https://example.org/feed"),
        ("https://example.org./feed", "https://example.org/feed"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://faß.example/", "https://xn--fa-hia.example/"),
        ("https://a_b.example.org/", "https://a_b.example.org/"),
        ("https://[2606:2800:0:0::1]:8443/", "https://[2606:2800::1]:8443/"),
        ("https://example.org#part", "https://example.org/"),
        ("https://example.org/a@b:c//d?e@f", "https://example.org/a@b:c//d?e@f"),
    ],
)
def test_addresses_have_one_spelling_up_to_the_path(written: str, url: str) -> None:
    assert read_address(written).url == url


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("http://public.example@evil.example/", "evil.example"),
        ("http://public.example:80@evil.example/", "evil.example"),
        ("http://a@b@evil.example/", "evil.example"),
        ("http://evil.example#@public.example/", "evil.example"),
        ("http://evil.example?@public.example/", "evil.example"),
        ("http://evil.example/@public.example/", "evil.example"),
    ],
)
def test_F2_userinfo_is_no_host(written: str, host: str) -> None:
    assert read_address(written).host == host


@pytest.mark.parametrize(
    "written",
    [
        "",
        "example.org/feed",
        "//example.org/feed",
        "https:/example.org",
        "https:example.org",
        "https://",
        "https:///feed",
        "https://?x",
        "https://exa mple.org/",
        "https://evil.example\\@public.example/",
        "https://127.0.0.1\\.public.example/",
        "https://%31%32%37.0.0.1/",
        "https://example.org:port/",
        "https://example.org:123456/",
        "https://example..org/",
        "https://.example.org/",
        f"https://{'a' * 64}.example.org/",
        f"https://{'a.' * 130}org/",
        "https://[::1/",
        "https://::1/",
        "https://[]/",
        "https://[127.0.0.1]/",
        "https://[v1.a]/",
        "https://[::1]x/",
        "https://exa\tmple.org/",
        "https://example.org/fe\r\ned",
        "https://example.org/\x00",
        "https://example.org/" + "a" * 8_000,
        "https://\u200b/",
        "https://a\u2028b.example/",
    ],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(MalformedAddressError):
        read_address(written)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0X7F.0.0.1",
        "017700000001",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "127.0.0.01",
        "127.0.0.256",
        "1.2.3.4.5",
        "4294967296",
        "134744072",
        "evil.example.0x",
        "[fe80::1%25eth0]",
        "[fe80::1%eth0]",
        "[::1%25lo]",
    ],
)
def test_F2_disguised_ip_addresses_are_blocked(host: str) -> None:
    with pytest.raises(BlockedAddress):
        read_address(f"http://{host}/")


@pytest.mark.parametrize(
    ("host", "ip"),
    [
        ("192.0.2.7", IPv4Address("192.0.2.7")),
        ("１９２.0.2.7", IPv4Address("192.0.2.7")),
        ("[2606::1]", IPv6Address("2606::1")),
        ("localhost", IPv4Address("127.0.0.1")),
        ("LocalHost.", IPv4Address("127.0.0.1")),
        ("a.b.localhost", IPv4Address("127.0.0.1")),
        ("notlocalhost", None),
        ("localhost.example", None),
        ("example.org", None),
    ],
)
def test_some_hosts_need_no_asking(host: str, ip: object) -> None:
    assert read_address(f"http://{host}/").known_ip == ip


def test_F7_credentials_are_split_off() -> None:
    address = read_address("https://ann:p%40ss%3A@example.org/")
    assert address.url == "https://example.org/"
    assert address.credentials == "YW5uOnBAc3M6"  # ann:p@ss:
    assert "YW5u" not in repr(address)


def test_a_protocol_relative_location_keeps_the_scheme() -> None:
    base = read_address("https://example.org/feed")
    assert follow(base, "//other.example/x").url == "https://other.example/x"


@given(st.text() | st.text(alphabet="htps:/@[]#?.%\\0127x \té").map("http://".__add__))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    """And what is an address can be sent, and reads the same again."""
    try:
        address = read_address(text)
    except (MalformedAddressError, BlockedAddress):
        return
    again = read_address(address.url)
    assert (again.url, again.known_ip) == (address.url, address.known_ip)
    assert all("!" <= letter <= "~" for letter in address.target)
    assert httpx.URL(address.url).port in {None, address.port}


@given(st.text())
def test_any_location_is_followed_or_refused(location: str) -> None:
    base = Address("https", "example.org", 443, "/a/b")
    try:
        found = follow(base, location)
    except (MalformedAddressError, BlockedAddress):
        return
    assert found.scheme in {"http", "https"}
    assert found.credentials is None
