"""What rules find, and what they pass over."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Author, HoldRule, Media, Post, Quote, SafeHtml, Span, SpanKind
from aggregator.normalise.text import excerpt
from aggregator.review.holds import shipped
from aggregator.review.reading import bare, even
from aggregator.review.rules import Rule, inspect, rule_of
from benchmarks.holds import post_of

MakePost = Callable[..., Post]


def found(post: Post, **says: Any) -> str:
    """The sentence of one rule; empty where it finds nothing."""
    findings = inspect(post, [rule_of(HoldRule("mine", **says))])
    return findings[0].words if findings else ""


class TestWords:
    @pytest.mark.parametrize(
        "text",
        [
            "A LAWSUIT began.",
            "lawsuit",
            "a law\u00adsuit",  # a soft hyphen, as some blogs have between syllables
            "(lawsuit)",
        ],
    )
    def test_found(self, make_post: MakePost, text: str) -> None:
        assert "lawsuit" in found(make_post(text), words=("lawsuit",)).lower()

    @pytest.mark.parametrize("text", ["lawsuits", "alawsuit", "law suit", "the law suits him"])
    def test_only_whole(self, make_post: MakePost, text: str) -> None:
        assert not found(make_post(text), words=("lawsuit",))

    def test_a_phrase_may_be_broken_over_lines(self, make_post: MakePost) -> None:
        assert found(make_post("a class\naction"), words=("Class  Action",))

    def test_marks_on_letters_make_no_difference(self, make_post: MakePost) -> None:
        assert found(make_post("cafe"), words=("café",))
        assert "café" in found(make_post("Un café."), words=("cafe",))

    def test_a_word_of_signs_only_is_found(self, make_post: MakePost) -> None:
        assert found(make_post("thanks 🙏 all"), words=("🙏",))

    def test_a_word_of_nothing_is_nowhere(self, make_post: MakePost) -> None:
        assert not found(make_post("anything"), words=("\u200b",))

    @pytest.mark.parametrize(
        "changes",
        [
            {"title": "A lawsuit"},
            {"warning": "lawsuit"},
            {"tags": ("lawsuit",)},
            {"media": (Media("https://p.example/1.jpg", None, "A lawsuit on paper", None, None),)},
            {"quote": Quote(None, None, "They said lawsuit.")},
            {"quote": Quote(Author("Lawsuit Daily"), None, "They said so.")},
            {"author": Author("The Lawsuit")},
            {"excerpt": "About a lawsuit, in short."},
        ],
    )
    def test_looked_for_in_all_that_is_shown(
        self, make_post: MakePost, changes: dict[str, Any]
    ) -> None:
        assert found(make_post("nothing here", **changes), words=("lawsuit",))

    def test_an_excerpt_of_the_text_itself_is_read_once(self, make_post: MakePost) -> None:
        text = "A lawsuit in May.\n\n" + "And a summer. " * 40
        held = found(make_post(text, excerpt=excerpt(text)), patterns=("lawsuit",))
        assert held.count("lawsuit") == 1

    @pytest.mark.parametrize(
        "sign", ["\u2063", "\u034f", "\u061c", "\u2068", "\ufe0f", "\U000e0041"]
    )
    def test_signs_that_nobody_sees_part_nothing(self, make_post: MakePost, sign: str) -> None:
        assert found(make_post(f"law{sign}suit"), words=("lawsuit",))

    def test_looked_for_in_what_only_feeds_carry(self, make_post: MakePost) -> None:
        """The text of a very long post is cut; its HTML goes on in JSON Feed and RSS."""
        long = make_post("a " * 9_900, html=SafeHtml("<p>the end: a law<b>suit</b> lawsuit</p>"))
        assert found(long, words=("lawsuit",))


class TestPatterns:
    def test_found_with_what_they_found(self, make_post: MakePost) -> None:
        words = found(make_post("Come to Ward 12."), patterns=("ward [0-9]{1,50}",))
        assert words == "The rule mine found: “Ward 12”."

    def test_edges_of_lines(self, make_post: MakePost) -> None:
        assert found(make_post("one\nAdvert"), patterns=("^advert$",))

    def test_marks_on_letters_count(self, make_post: MakePost) -> None:
        assert not found(make_post("cafe"), patterns=("café",))
        assert found(make_post("cafe\u0301"), patterns=("café",))

    def test_a_long_find_is_shortened(self, make_post: MakePost) -> None:
        assert len(found(make_post("a" * 400), patterns=("a{300}",))) < 100

    def test_no_more_than_three_finds_are_told(self, make_post: MakePost) -> None:
        assert found(make_post("1 2 3 4 5"), patterns=("[0-9]",)).count("“") == 3


class TestLinks:
    @pytest.mark.parametrize(
        "changes",
        [
            {"spans": (Span(SpanKind.LINK, 0, 1, "https://www.shop.example/x"),)},
            {"html": SafeHtml('<p><a rel="x" href="https://de.shop.example/?a=1&amp;b">x</a></p>')},
            {"text": "go to shop.example/offer now"},
            {"permalink": "http://SHOP.example/2026"},
            {"quote": Quote(None, "https://shop.example/1", "x")},
            {"permalink": "https://shop.example./2026"},
            {"text": "go to shop.example., now"},
            {"permalink": "https://www.google.example/url?sa=t&q=https%3A%2F%2Fshop.example%2Fx"},
            {"permalink": "https://l.example/l.php?u=https%3A%2F%2Fwww.shop.example%2F&h=1"},
        ],
    )
    def test_found_wherever_they_stand(self, make_post: MakePost, changes: dict[str, Any]) -> None:
        assert "shop.example" in found(make_post(**changes), links=("shop.example",)).lower()

    @pytest.mark.parametrize("text", ["workshop.example", "shop.example.org", "a@shop.example"])
    def test_other_hosts_are_not_meant(self, make_post: MakePost, text: str) -> None:
        assert not found(make_post(text, permalink=None), links=("shop.example",))


class TestLanguages:
    def test_by_the_primary_subtag(self, make_post: MakePost) -> None:
        assert found(make_post("x", language="de-AT"), languages=("de",))
        assert not found(make_post("x", language="en"), languages=("de",))

    def test_a_post_of_unknown_language_is_not_held(self, make_post: MakePost) -> None:
        assert not found(make_post("x", language=None), languages=("de",))


def test_each_rule_tells_once_and_in_order(make_post: MakePost) -> None:
    rules = [rule_of(HoldRule(name, words=(name,))) for name in ("b", "a", "c")]
    assert [one.rule for one in inspect(make_post("a b"), rules)] == ["b", "a"]


def test_no_rules_cost_nothing(make_post: MakePost) -> None:
    assert inspect(make_post("a"), []) == ()


_SIGNS = st.text(
    st.one_of(
        st.sampled_from("0123456789 .-+()@/#:,\n'’$"),
        st.sampled_from("aeiouAEbornWwTIñéİßﬁ１٣º\u200b\u0301😀"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=300,
)


@given(_SIGNS, _SIGNS, st.none() | st.text(max_size=40))
def test_looking_never_raises(text: str, title: str, link: str | None) -> None:
    """Whatever a post is made of, it is either held or not."""
    post = replace(post_of(text or "x", link), title=title)
    held = inspect(post, shipped())
    assert {finding.rule for finding in held} <= {rule.id for rule in shipped()}
    assert all(finding.words.strip() for finding in held)
    assert inspect(post, shipped()) == held


@given(st.text(max_size=200))
def test_letters_without_marks_stand_where_they_stood(text: str) -> None:
    evened = even(text)
    assert len(bare(evened)) == len(evened)


@pytest.mark.parametrize("rule", shipped(), ids=lambda rule: str(rule.id))
def test_no_pattern_repeats_without_an_end(rule: Rule) -> None:
    """What is bounded tries a bounded number of ways from each place of a text."""
    for pattern in (*(one.pattern for one in rule.patterns), *rule.unless, *rule.addresses):
        without_sets = re.sub(r"\\.|\[\^?(?:\\.|[^\]\\])*\]", "x", pattern.pattern)
        assert re.search(r"[*+]|,\}", without_sets) is None, pattern.pattern


@pytest.mark.parametrize("sign", ["a ", "1", "1 ", "A", "@", ".", "a.", "-", "(1", "born ", "+1 "])
def test_long_runs_are_read_to_their_end(sign: str) -> None:
    """Such runs defeat patterns that backtrack; one that does would never come back from here."""
    text = sign * (20_000 // len(sign)) + " lena@example.org"
    assert "health-mail" in {one.rule for one in inspect(post_of(text), shipped())}
