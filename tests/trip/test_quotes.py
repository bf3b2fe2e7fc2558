"""What one source quotes of another: its words go where the post itself must not be shown."""

import pytest

from aggregator.actions import curate
from aggregator.actions.why import WhyShown
from aggregator.model import (
    Author,
    Post,
    RawDate,
    RawPost,
    RawQuote,
    RawText,
    VerdictKind,
    public_id_of,
)
from aggregator.normalise.post import post_from
from aggregator.store import posts
from tests.trip.conftest import on_sqlite
from tests.trip.stage import Stage, rss

pytestmark = on_sqlite
QUOTED = public_id_of("blog", "id-2")
WORDS = "What happened in post 2, told at some length."
OWN = "We love what this family writes."
CONSENT = "consent: {{reference: A-1, basis: form, given: 2026-01-01{}}}"
OTHER = "in: latest-posts"
BLOG = "in: latest-posts, " + CONSENT.format("")


def follow(stage: Stage, blog: str | None = BLOG) -> None:
    """The other one, which quotes, and the blog, with ``blog`` in its entry; None: it left."""
    entries = [stage.source("other", "/other", OTHER)]
    if blog is not None:
        entries.append(stage.source("blog", more=blog))
    stage.follow(*entries)


def put(stage: Stage, source_id: str, words: str, said: RawQuote | None = None) -> None:
    """Store a post without a title, and publish."""
    (source,) = (one for one in stage.app.catalogue().sources if one.id == source_id)
    raw = RawPost(
        guid="put",
        permalink=f"https://{source_id}.example/put",
        body=RawText(words, is_html=False),
        published=RawDate("2026-11-22T00:00:00Z"),
        quote=said,
    )
    post = post_from(raw, source, None, stage.now)
    assert isinstance(post, Post)
    with stage.app.database.writing() as connection:
        posts.upsert(connection, [post], stage.now, secret=stage.app.database.secret)
    stage.publish()


def quote(stage: Stage, link: str | None, words: str = WORDS) -> None:
    """Store a post of the other one that quotes."""
    put(stage, "other", OWN, RawQuote(Author("Family"), link, RawText(words, is_html=False)))


@pytest.fixture
def quoting(stage: Stage) -> Stage:
    """A post of a family, and one that quotes it by its link; both are shown."""
    stage.origin.bodies["/feed"] = rss(3, 2, 1)
    follow(stage)
    stage.refresh()
    quote(stage, "https://family.example.org/2#comments")
    return stage


def hide(stage: Stage, key: str) -> None:
    curate.decide(stage.app.publisher, [key], VerdictKind.HIDDEN, by="Ada", now=stage.now)


def words_are_out(stage: Stage) -> bool:
    """The quoted words, and not the post that quotes them."""
    told = stage.outputs()
    assert OWN in told
    return WORDS not in told


def test_what_may_be_shown_may_be_quoted(quoting: Stage) -> None:
    assert quoting.output("latest-posts.html").count(WORDS) == 2


@pytest.mark.parametrize("key", [QUOTED, "blog"])
def test_hidden_words_go_and_come_back(quoting: Stage, key: str) -> None:
    hide(quoting, key)
    assert words_are_out(quoting)
    publisher, now = quoting.app.publisher, quoting.now
    curate.undo(publisher, [key], VerdictKind.HIDDEN, by="Ada", now=now)
    assert quoting.output("latest-posts.html").count(WORDS) == 2


@pytest.mark.parametrize(
    "blog",
    [
        "in: latest-posts, " + CONSENT.format(", withdrawn: 2026-11-23"),
        "in: latest-posts, review: always",
        "in: patient-blogs",
        "in: []",
        None,
    ],
    ids=["consent ended", "waits for review", "no consent recorded", "in no widget", "left"],
)
def test_words_that_no_widget_may_show_are_not_quoted(quoting: Stage, blog: str | None) -> None:
    follow(quoting, blog)
    quoting.publish()
    assert words_are_out(quoting)


def test_a_quote_without_a_link_is_known_by_its_words(quoting: Stage) -> None:
    """As a whole, as they stand on a network."""
    words = "Today we went to the harbour, all four of us, and saw the ships."
    put(quoting, "blog", words)
    quote(quoting, None, words)
    assert quoting.output("latest-posts.html").count(words) == 2
    hide(quoting, public_id_of("blog", "put"))
    assert words not in quoting.outputs()
    assert OWN in quoting.outputs()


def test_why_tells_that_a_quote_is_left_out(quoting: Stage) -> None:
    hide(quoting, QUOTED)
    app = quoting.app
    asking = WhyShown(app.publisher, app.catalogue(), app.inspector, quoting.now)
    (answer,) = asking.asked("https://other.example/put")
    (told,) = (step.words for step in answer.steps if step.name == "quote")
    assert "left out" in told
    assert "hidden by Ada" in told
