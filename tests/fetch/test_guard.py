"""Rule F2's table, and what may be allowed besides."""

from ipaddress import ip_address, ip_network

import pytest

from aggregator.errors import BlockedAddress
from aggregator.fetch.address import read_address
from aggregator.fetch.guard import Guard

PRIVATE = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:1::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "3fff::1",
    "3fff:fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "2606:4700::1%eth0",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2606:4700::1",
    "2a00:1450::1",
    "3ffe::1",
    "3fff:1000::1",
]


@pytest.mark.parametrize("ip", PRIVATE)
def test_F2_private_addresses_are_refused(ip: str) -> None:
    assert not Guard().admits(ip_address(ip))


@pytest.mark.parametrize("ip", PUBLIC)
def test_F2_public_addresses_are_admitted(ip: str) -> None:
    assert Guard().admits(ip_address(ip))


def test_F3_one_refused_address_refuses_the_name() -> None:
    found = [ip_address("8.8.8.8"), ip_address("10.0.0.1"), ip_address("1.1.1.1")]
    with pytest.raises(BlockedAddress, match=r"example\.org"):
        Guard().check_answers(read_address("https://example.org/"), found)


@pytest.mark.parametrize(
    ("ip", "admitted"),
    [
        ("127.7.0.1", True),
        ("::ffff:127.7.0.1", True),
        ("127.8.0.1", False),
        ("::1", False),
        ("10.0.0.1", False),
        ("8.8.8.8", True),
    ],
)
def test_F10_an_allowed_network_is_admitted_and_no_more(ip: str, admitted: bool) -> None:
    guard = Guard([ip_network("127.7.0.0/16")])
    assert guard.admits(ip_address(ip)) is admitted
    assert guard.allow_networks == (ip_network("127.7.0.0/16"),)


@pytest.mark.parametrize("host", ["localhost", "feed.localhost", "127.0.0.1"])
def test_localhost_needs_loopback_to_be_allowed(host: str) -> None:
    address = read_address(f"http://{host}/")
    with pytest.raises(BlockedAddress):
        Guard().check(address)
    assert Guard([ip_network("127.0.0.0/8")]).check(address) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("port", [80, 443, 8080, 8443, 9000])
def test_F5_named_ports_are_open(port: int) -> None:
    address = read_address(f"http://example.org:{port}/")
    assert Guard(allow_ports=[9000]).check(address) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize("port", [0, 22, 25, 81, 6379, 65535, 99999])
def test_F5_other_ports_are_refused(port: int) -> None:
    with pytest.raises(BlockedAddress, match=str(port)):
        Guard(allow_ports=[9000]).check(read_address(f"http://example.org:{port}/"))
