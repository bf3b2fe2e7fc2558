"""Whose an address is."""

import pytest

from aggregator.actions.domains import domain_of


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.family.example.org/feed", "example.org"),
        ("https://blog.family.co.uk/", "family.co.uk"),
        ("https://Family.BlogSpot.com/feeds", "family.blogspot.com"),
        ("https://family.wordpress.com/feed", "family.wordpress.com"),
        ("https://www.wordpress.com/", "wordpress.com"),
        ("https://wordpress.com/", "wordpress.com"),
        ("https://en.family.wordpress.com/feed", "family.wordpress.com"),
        ("http://family.localhost:8000/", "family.localhost"),
        ("http://localhost/", "localhost"),
        ("http://127.0.0.1:80/feed", "127.0.0.1"),
        ("http://[::1]/feed", "::1"),
        ("https://example.org./", "example.org"),
        ("http://[broken/", None),
        ("mailto:anna@example.org", None),
        ("", None),
        (None, None),
    ],
)
def test_the_registered_part_of_an_address(url: str | None, domain: str | None) -> None:
    assert domain_of(url) == domain
