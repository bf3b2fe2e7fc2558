"""Digests that were written once fit for good: nobody can make them anew."""

import pytest

from aggregator.normalise.urls import comparable
from aggregator.store import digests

SECRET = b"k" * 32


@pytest.mark.parametrize(
    ("link", "written"),
    [
        ("https://family.example.org/a", "1d8420dfee30f4a3"),
        ("http://www.Family.example.org:80/a/", "1d8420dfee30f4a3"),
        ("HTTPS://WWW.example.org//Inner//b/?b=1&a=2#end", "a1f9621107111123"),
        ("https://example.org:8443/%7Eann/", "8c9c5ed1faeaedc7"),
        ("http://example.org:443/a", "821ce198342a6337"),
        ("https://example.org:80/a", "b61aaa1c1c94a5b5"),
        ("https://www.www.example.org/a/", "c960732316ee1acd"),
        ("https://bücher.example/ä?q=%C3%A4", "66e33f402ea70ae8"),
        ("https://💙.example./x", "84eb9d7ee40e963c"),
        ("https://[2001:db8::1]:8080/x/", "9a7c471e9c852ca9"),
        ("https://www.example/", "45cecd4e501c189a"),
        ("http://www./x", "435d5b3e36dd500f"),
        ("https://example.org/?", "8f49d1fcf7f68ade"),
        ("https://example.org/a/?p=1/", "84255c72e279dca2"),
        ("https://www.com/a", "82d79ec919daa098"),
        ("http://localhost:8000/post/", "e0c21d52ee5851a5"),
        ("https://example.org/a%2Fb/", "05d83447cbb2b4ff"),
        ("https://-\u0301.example/X", "4f1b1af283aa8369"),
    ],
)
def test_the_mark_of_a_link_is_what_it_was(link: str, written: str) -> None:
    """Written while link keys still had scheme, ``www.`` and slashes at the end."""
    assert digests.of_link(SECRET, comparable(link)).hex().startswith(written)


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("feed:https://www.Example.org/Feed/", "cd9768ee15fc5328"),
        ("feed:http://blog.example/?feed=rss2", "55327f910c8f4470"),
        ("feed:https://example.org:443/a//b/", "43fbc788430bcc87"),
        ("mastodon:@anna@social.example", "bf4ef28cfb7fb57c"),
        ("youtube:youtube.com/@Anna/", "bcc9a33a46723af7"),
        ("feed:HTTPS://WWW.bücher.example/", "e96d0961fc679744"),
    ],
)
def test_the_mark_of_what_a_source_follows_is_what_it_was(address: str, written: str) -> None:
    mark = digests.of_source(SECRET, "blog", address)[digests.ADDRESS]
    assert mark.hex().startswith(written)
