import pytest

from aggregator.catalogue.leaks import looks_secret

# Put together here, so that no scanner of repositories takes a sample for a find.
SAMPLES = {
    "bearer": "Bearer " + "a1B2c3D4e5F6g7",
    "github": "ghp_" + "Ab3" * 12,
    "slack": "xoxb-" + "123456789-abcdef",
    "google": "AIza" + "Sy0-_" * 7,
    "amazon": "AKIA" + "ABCDEFGH12345678",
    "facebook": "EAA" + "Ab1" * 15,
    "x": "A" * 22 + "xYz12" * 8,
    "json web token": "eyJhbGciOiJI" + ".eyJzdWIiOiIx.abc",
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "random": "q7Zr2Lk9" + "Xw4Tn8Bv1Hs6Gd3Jm5Pc0Yf9",
    "hex": "0123456789abcdef" * 2,
    "password in address": "https://ann:" + "pw@example.org/feed/",
    "password behind feed": "feed:https://ann:" + "pw@example.org/feed/",
    "token without https": "example.org/feed?token=" + "x",
    "access token": "https://example.org/feed/?cat=7&access_token=" + "x",
    "key": "https://example.org/feed/?key=" + "x",
    "api key": "feed://example.org/?ApiKey=" + "x",
    "in the fragment": "https://example.org/#token=" + "x",
    "in a sentence": "see https://example.org/?token=" + "x now",
}
INNOCENT = [
    "https://example.org/a-long-name-that-somebody-wrote-in-2026-about-Hope-and-Care/feed/",
    "https://video.example/feeds?channel_id=UCaBcDeFgHiJkLmNoPqRsTuV",
    "https://example.org/?feed=rss2&cat=12&keyword=care",
    "https://ann@example.org/",
    "https://example.org/sk-zdravie-a-novinky-z-nemocnice-2026/feed/",
    "Why? Because",
    "did:plc:abcdefghijklmnopqrstuvwx",
    "institute@social.example",
    "PF-2026-014",
    "The bearer of this news is our new colleague",
    "bearer responsibilities",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "https://[broken",
    "a" * 60,
]


@pytest.mark.parametrize("name", SAMPLES)
def test_secret_is_seen(name: str) -> None:
    assert looks_secret(SAMPLES[name])


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_public_passes(text: str) -> None:
    assert not looks_secret(text)
