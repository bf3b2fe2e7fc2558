"""Rule I9 by real TLS: another issuer of the certificate, as one signal among others."""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.certificates import self_signed
from tests.rules.conftest import serving
from tests.rules.neighbour import Neighbour, source
from tests.rules.origin import DAY, START, Origin, Say, feed, item, rss

Certificates = dict[str, tuple[Path, Path]]

ITEMS = [item(number, START + 2 * DAY).replace("Post", "Now:") for number in (101, 102)]
ANOTHER = Say(200, rss(*ITEMS, title="Wellness portal"))
"""Another title and none of the posts that are known: two signals."""


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """For ``family.test``, by two issuers."""
    names = ("Example Trust", "Other Signers Inc")
    folders = {name: tmp_path_factory.mktemp("issuer") for name in names}
    return {name: self_signed(folder, "family.test", name) for name, folder in folders.items()}


@pytest.fixture
def origin(runner: asyncio.Runner, certificates: Certificates) -> Iterator[Origin]:
    """One that speaks TLS, with the certificate of the first issuer for now."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificates["Example Trust"])
    yield from serving(Origin(tls=tls), runner)


@pytest.fixture
def neighbour(
    move_in: Callable[..., Neighbour],
    origin: Origin,
    certificates: Certificates,
    tmp_path: Path,
) -> Neighbour:
    """One that trusts both issuers, and has read ``/feed`` for a day."""
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes(b"".join(cert.read_bytes() for cert, _ in certificates.values()))
    made = move_in(ca_file=trusted)
    made.follow(source("family", origin.url(), ", every: 6h"))
    origin.play("/feed", feed(*range(12, 0, -1)))
    made.run(DAY)
    return made


def renew(origin: Origin, certificate: tuple[Path, Path]) -> None:
    """From now on the origin shows this one."""
    assert origin.tls is not None
    origin.tls.load_cert_chain(*certificate)


def test_I9_another_issuer_alone_is_an_honest_renewal(
    neighbour: Neighbour, origin: Origin, certificates: Certificates
) -> None:
    before = neighbour.state().identity
    renew(origin, certificates["Other Signers Inc"])
    origin.play("/feed", feed(*range(13, 1, -1)))
    neighbour.run(DAY)
    after = neighbour.state().identity
    assert (before and before.issuer, after and after.issuer) == tuple(certificates)
    assert neighbour.state().suspicion is None
    assert "Post 13" in neighbour.posts()


def test_I9_the_same_change_of_content_under_the_same_issuer_is_not_held(
    neighbour: Neighbour, origin: Origin
) -> None:
    origin.play("/feed", ANOTHER)
    neighbour.run(DAY)
    assert neighbour.state().suspicion is None
    assert "Now: 101" in neighbour.posts()


def test_I9_with_two_other_signals_another_issuer_is_the_third(
    neighbour: Neighbour, origin: Origin, certificates: Certificates
) -> None:
    renew(origin, certificates["Other Signers Inc"])
    origin.play("/feed", ANOTHER)
    neighbour.run(DAY)
    doubted = neighbour.state().suspicion
    assert doubted is not None
    assert len(doubted.signals) == 3
    assert "Its certificate was by Example Trust and is by Other Signers Inc now." in (
        doubted.signals
    )
    assert "Now: 101" not in neighbour.published("latest-posts.html")
