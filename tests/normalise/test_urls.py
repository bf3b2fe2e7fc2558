from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.normalise.urls import LONGEST, absolute, comparable, pasted, without_trackers

BASE = "https://blog.example/2026/post/"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        ("HTTPS://Example.org/A", "HTTPS://Example.org/A"),
        ("/a", "https://blog.example/a"),
        ("a", "https://blog.example/2026/post/a"),
        ("../a", "https://blog.example/2026/a"),
        ("//example.org/a", "https://example.org/a"),
        ("?p=1", "https://blog.example/2026/post/?p=1"),
        ("#fn1", "https://blog.example/2026/post/#fn1"),
        ("  https://example.org/a \n", "https://example.org/a"),
        ("ht\ntps://exa\tmple.org/", "https://example.org/"),
        ("\u200bhttps://example.org/\u202e", "https://example.org/"),
        ("https://example.org/a b", "https://example.org/a%20b"),
        ('https://example.org/"<x>`', "https://example.org/%22%3Cx%3E%60"),
        ("https://münchen.example/ä", "https://münchen.example/ä"),
        ("https://example.org:8443/", "https://example.org:8443/"),
        ("https://[2001:db8::1]:8080/x", "https://[2001:db8::1]:8080/x"),
        ("https://example.org", "https://example.org"),
        ("https://example.org/%7Eann/a//b", "https://example.org/%7Eann/a//b"),
        ("https://example.org/@ann/1", "https://example.org/@ann/1"),
    ],
)
def test_usable(url: str, expected: str) -> None:
    assert absolute(url, BASE) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "   ",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "\u200bjavascript:alert(1)",
        " data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://example.org/",
        "mailto:ann@example.org",
        "feed:https://example.org/",
        "http:example.org",
        "https:/example.org",
        "https://",
        "https:///path",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        "https://exam ple.org/",
        "https://example.org\\@evil.example/",
        "https://%65xample.org/",
        "https://example.org:99999/",
        "https://[::1",
        "http://[zz]/",
        "https://example.org/" + "x" * LONGEST,
    ],
)
def test_I6_unusable(url: str) -> None:
    assert absolute(url, BASE) is None


@pytest.mark.parametrize("base", [None, "", "/relative", "javascript:x", "https://["])
def test_relative_without_a_usable_base(base: str | None) -> None:
    assert absolute("/a", base) is None


wild = st.one_of(
    st.text(st.characters(codec=None)),
    st.text("htps:/\\[]@%.#?&=aä\n\u202e <>\"'`^|"),
    st.from_regex(r"(?s)https?:.{0,30}"),
    st.from_regex(r"(?s)[a-zA-Z]{1,12}:.{0,10}"),
)


@given(wild, st.one_of(st.none(), wild, st.just(BASE)))
def test_I6_only_web_addresses_come_out(url: str, base: str | None) -> None:
    result = absolute(url, base)
    assert result is None or result.lower().startswith(("http://", "https://"))


@given(wild)
def test_what_comes_out_is_safe_inside_an_attribute(url: str) -> None:
    result = absolute(url, BASE) or ""
    assert not set(result) & set('"<>` \n\t\\\x00\u202e')


@given(wild)
def test_absolute_twice_is_absolute_once(url: str) -> None:
    once = absolute(url, BASE)
    assert once is None or absolute(once) == once


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://e.example/", "https://e.example/"),
        ("https://e.example/?utm_source=rss", "https://e.example/"),
        ("https://e.example/?utm_source=rss&UTM_Medium=x#top", "https://e.example/#top"),
        ("https://e.example/?b=2&fbclid=x&a=1&&c", "https://e.example/?b=2&a=1&&c"),
        ("https://e.example/?id=5&gclid=1&mc_cid=2&mc_eid=3&igshid=4", "https://e.example/?id=5"),
        ("https://e.example/?q=a%20b&x=%C3%A4", "https://e.example/?q=a%20b&x=%C3%A4"),
        ("https://e.example/?", "https://e.example/?"),
        ("https://e.example/?a=1&", "https://e.example/?a=1&"),
        ("https://e.example/#?utm_source=x", "https://e.example/#?utm_source=x"),
        ("https://e.example/?utm", "https://e.example/?utm"),
        ("https://e.example/?a=utm_source", "https://e.example/?a=utm_source"),
        ("https://e.example/?fbclid", "https://e.example/"),
    ],
)
def test_I10_trackers(url: str, expected: str) -> None:
    assert without_trackers(url) == expected


def test_I10_staff_may_add_to_the_list() -> None:
    url = "https://e.example/?ref=a&id=1&CMP_x=2&cmp=3&utm_source=4#top"
    assert without_trackers(url) == "https://e.example/?ref=a&id=1&CMP_x=2&cmp=3#top"
    assert without_trackers(url, ("ref", "cmp_*")) == "https://e.example/?id=1&cmp=3#top"


@given(st.text("abc?&=#/%"))
def test_without_trackers_nothing_changes(tail: str) -> None:
    url = "https://e.example/" + tail
    assert without_trackers(url) == url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://Example.ORG/Path", "https://example.org/Path"),
        ("http://www.example.org/a/", "https://example.org/a"),
        ("https://example.org:443/", "https://example.org"),
        ("http://example.org:80/", "https://example.org"),
        ("https://example.org:/", "https://example.org"),
        ("http://example.org:8080/a", "https://example.org:8080/a"),
        ("https://example.org/a#b", "https://example.org/a"),
        ("https://example.org/?id=5&utm_source=x", "https://example.org?id=5"),
        ("https://example.org/a/?utm_source=x", "https://example.org/a"),
        ("https://example.org/a/?", "https://example.org/a"),
        ("https://example.org/?b=1&a=2", "https://example.org?b=1&a=2"),
        ("https://example.org//a//b/", "https://example.org//a//b"),
        ("https://MÜNCHEN.example/", "https://xn--mnchen-3ya.example"),
        ("https://www.example/", "https://example"),
        ("not absolute", "not absolute"),
    ],
)
def test_I11_comparable(url: str, expected: str) -> None:
    assert comparable(url) == expected


@given(wild)
def test_I11_comparable_is_stable(url: str) -> None:
    found = absolute(url, BASE)
    assert found is None or comparable(comparable(found)) == comparable(found)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.www.example.org/a",
        "http://example.org:443/a",
        "https://[2001:db8::1]:8080/x",
        "http://www./x",
    ],
)
def test_what_would_lose_more_at_a_second_time_stays(url: str) -> None:
    assert comparable(url) == url


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/a",
        "http://www.example.org/a/#top",
        " <https://example.org/a/?utm_source=mail> ",
        "Example.org/a",
        "www.example.org/a/",
    ],
)
def test_an_address_as_people_paste_it_has_one_form(text: str) -> None:
    assert pasted(text) == "https://example.org/a"


def test_a_query_stays_with_its_address() -> None:
    assert pasted("http://www.example.org/a/?p=1") == "https://example.org/a?p=1"


def test_a_host_without_a_dot_is_one_where_it_has_a_scheme() -> None:
    assert pasted("http://localhost:8000/a") == "https://localhost:8000/a"


@pytest.mark.parametrize(
    "text",
    ["", "blog", "Music hour moves to Tuesday", "Hello. World", "3f9c2a71d0be", ".", "://a.b",
     "@ann@social.example", "1. b/c"],
)  # fmt: skip
def test_what_is_no_address_has_no_form(text: str) -> None:
    assert pasted(text) is None


@given(wild)
def test_any_text_may_be_pasted(text: str) -> None:
    found = pasted(text)
    assert found is None or comparable(found) == found


def test_I10_the_list_of_trackers_is_the_file() -> None:
    lines = files("aggregator.normalise").joinpath("trackers.txt").read_text("utf-8").splitlines()
    names = [line for line in lines if line and not line.startswith("#")]
    assert len(names) > 30
    for name in names:
        written = name.replace("*", "x").upper()
        assert without_trackers(f"https://e.example/?a=1&{written}=2") == "https://e.example/?a=1"
