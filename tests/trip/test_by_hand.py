"""Posts that staff write themselves, from the words as typed to the files of the website."""

import asyncio
import io
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from aggregator.actions import curate
from aggregator.actions.by_hand import Draft, Effect, Posted, read_picture, write
from aggregator.actions.health import healths
from aggregator.actions.takedown import take_down
from aggregator.errors import AggregatorError
from aggregator.media.workroom import Made
from aggregator.model import ConditionKind, VerdictKind
from aggregator.store import audit, hand_pictures, posts, visits
from tests.trip.conftest import on_sqlite
from tests.trip.stage import Stage, item, rss

DAY = timedelta(days=1)
BOARD = (
    "{id: board, hand: true, name: Our LinkedIn, in: latest-posts, options: {network: linkedin}}"
)
LINK = "https://www.linkedin.com/posts/1"
TEXT = "The garden on the roof is open again, says everybody who was up there."
PHRASE = b"Photographed by somebody in particular"


@pytest.fixture
def board(stage: Stage) -> Stage:
    """A stage with a source that is kept by hand."""
    stage.follow(BOARD)
    stage.publish()
    return stage


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[str], Made]:
    """Makes our copy of a picture of one colour, whose file also says who took it."""

    def make(colour: str = "red") -> Made:
        body = io.BytesIO()
        Image.new("RGB", (64, 48), colour).save(body, "PNG")
        path = tmp_path / f"{colour}.png"
        path.write_bytes(body.getvalue() + PHRASE)
        return asyncio.run(read_picture(path))

    return make


def post(stage: Stage, edit: str | None = None, source: str = "board", **said: Any) -> Posted:
    draft = Draft(**said)
    mark = stage.app.inspector.mark
    return write(stage.app.publisher, source, draft, edit=edit, mark=mark, by="ann", now=stage.now)


def pictures_of(stage: Stage) -> list[Path]:
    return list((stage.app.settings.public / "media").glob("*.webp"))


def test_a_post_stands_in_the_widget_at_once(board: Stage) -> None:
    done = post(board, link=LINK, text=TEXT)
    html = board.output("latest-posts.html")
    assert done.effect is Effect.NEW
    assert TEXT in html
    assert "View on LinkedIn" in html
    assert f'href="{LINK}"' in html


def test_a_post_may_have_a_title_a_date_and_a_language(board: Stage) -> None:
    at = datetime(2026, 5, 1, 16, tzinfo=UTC)
    post(board, title="Abierto", text="Hola.", published=at, language="es")
    (one,) = json.loads(board.output("latest-posts.json"))["items"]
    assert (one["title"], one["language"]) == ("Abierto", "es")
    assert one["date_published"] == "2026-05-01T16:00:00Z"


def test_a_post_goes_through_the_same_door_as_any_other(board: Stage) -> None:
    post(board, link=f"{LINK}?utm_source=mail", text="<script>alert(1)</script> and \x00 this")
    (stored,) = posts.listing(board.app.database)
    assert "&lt;script&gt;" in board.output("latest-posts.html")
    assert "\x00" not in stored.post.text


def test_the_same_said_again_changes_nothing(board: Stage) -> None:
    post(board, link=LINK, text=TEXT)
    written = audit.newest(board.app.database)
    board.now += DAY
    assert post(board, link=LINK, text=TEXT).effect is Effect.UNCHANGED
    assert audit.newest(board.app.database) == written


def test_other_words_under_the_same_link_are_no_slip(board: Stage) -> None:
    """What is there is changed only by who says so."""
    done = post(board, link=LINK, text=TEXT)
    with pytest.raises(AggregatorError, match="says something else") as caught:
        post(board, link=LINK, text="Something else")
    assert f"--edit {done.post.public_id}" in caught.value.advice
    assert TEXT in board.output("latest-posts.html")


def test_a_link_is_edited_though_both_are_compared_alike(board: Stage) -> None:
    done = post(board, link=LINK.replace("https", "http"), text=TEXT)
    assert post(board, link=LINK, text=TEXT).effect is Effect.UNCHANGED
    assert post(board, edit=done.post.public_id, link=LINK).effect is Effect.EDITED
    assert f'href="{LINK}"' in board.output("latest-posts.html")


def test_a_post_is_edited_and_keeps_the_rest(board: Stage) -> None:
    done = post(board, link=LINK, text=TEXT, title="The roof")
    again = post(board, edit=done.post.public_id, text="It is closed on Mondays.")
    html = board.output("latest-posts.html")
    assert again.effect is Effect.EDITED
    assert again.post.public_id == done.post.public_id
    assert "It is closed on Mondays." in html
    assert "The roof" in html
    assert TEXT not in html


def test_an_edit_that_changes_nothing_says_so(board: Stage) -> None:
    done = post(board, text=TEXT)
    assert post(board, edit=done.post.public_id, text=TEXT).effect is Effect.UNCHANGED


def test_a_post_of_another_source_is_not_edited(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1)
    stage.follow(BOARD, stage.source("blog"))
    stage.refresh()
    with pytest.raises(AggregatorError, match="is not a post of board"):
        post(stage, edit="https://family.example.org/1", text="Mine")


def test_only_sources_kept_by_hand_take_posts(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(1)
    stage.follow(BOARD, stage.source("blog"))
    with pytest.raises(AggregatorError, match="not a source that is kept by hand") as caught:
        post(stage, source="blog", text=TEXT)
    assert "There are: board." in caught.value.advice


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "nothing to store"),
        ({"link": LINK}, "needs words"),
        ({"link": "javascript:alert(1)", "text": TEXT}, "not an address of a page"),
        ({"text": TEXT, "language": "Spanish, mostly"}, "cannot be taken"),
        ({"text": TEXT, "alt": "A roof"}, "no picture for these words"),
    ],
)
def test_what_cannot_be_stored_is_said(board: Stage, said: dict[str, Any], words: str) -> None:
    with pytest.raises(AggregatorError, match=words):
        post(board, **said)
    assert posts.listing(board.app.database) == []


def test_what_was_taken_down_is_not_written_again(board: Stage) -> None:
    done = post(board, link=LINK, text=TEXT)
    take_down(board.app.publisher, done.post.public_id, by="ann", now=board.now)
    with pytest.raises(AggregatorError, match="taken down before"):
        post(board, link=LINK, text=TEXT)
    assert TEXT not in board.outputs()


def test_what_is_hidden_elsewhere_is_hidden_here(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(item(1, text=TEXT))
    stage.follow(BOARD, stage.source("blog"))
    stage.refresh()
    link = "https://family.example.org/1"
    curate.decide(stage.app.publisher, [link], VerdictKind.HIDDEN, by="ann", now=stage.now)
    post(stage, link=link, text=TEXT)
    assert TEXT not in stage.outputs()


def test_a_withdrawn_consent_keeps_posts_out(stage: Stage) -> None:
    consent = "{reference: PF-1, basis: authorization, given: 2026-01-01, withdrawn: 2026-11-20}"
    stage.follow(f"{{id: board, hand: true, name: A family, in: [], consent: {consent}}}")
    with pytest.raises(AggregatorError, match="withdrawn on 2026-11-20"):
        post(stage, text=TEXT)


def test_without_consent_a_post_waits_in_the_dark(stage: Stage) -> None:
    stage.follow("{id: board, hand: true, name: A family, in: patient-blogs}")
    post(stage, text=TEXT)
    assert TEXT not in stage.outputs()


def test_a_reviewed_source_waits_for_approval(stage: Stage) -> None:
    stage.follow(BOARD.replace("}}", "}, review: always}"))
    done = post(stage, text=TEXT)
    assert TEXT not in stage.outputs()
    key = done.post.public_id
    curate.decide(stage.app.publisher, [key], VerdictKind.APPROVED, by="bob", now=stage.now)
    assert TEXT in stage.outputs()


def test_a_rule_holds_a_post_by_hand(stage: Stage) -> None:
    stage.follow(BOARD)
    rule = "rules:\n  - {id: roofs, words: [roof]}\n"
    stage.write(stage.config.read_text("utf-8") + rule)
    done = post(stage, text=TEXT)
    assert done.post.holds == ("roofs",)
    assert TEXT not in stage.outputs()


def test_a_picture_is_shown_with_its_words(board: Stage, picture: Callable[[str], Made]) -> None:
    post(board, text=TEXT, picture=picture("red"), alt="A red roof")
    assert 'alt="A red roof"' in board.output("latest-posts.html")
    assert len(pictures_of(board)) == 1


def test_a_picture_without_words_is_refused_with_the_reason(
    board: Stage, picture: Callable[[str], Made]
) -> None:
    with pytest.raises(AggregatorError, match="those who cannot see it"):
        post(board, text=TEXT, picture=picture("red"), alt="  ")
    assert posts.listing(board.app.database) == []


@on_sqlite
def test_of_the_file_only_our_copy_is_kept(board: Stage, picture: Callable[[str], Made]) -> None:
    post(board, text=TEXT, picture=picture("red"), alt="A red roof")
    board.app.close()
    kept = [path for path in (board.folder / "data").rglob("*") if path.is_file()]
    assert not [path for path in kept if PHRASE in path.read_bytes()]


def test_a_picture_survives_the_loss_of_the_outputs(
    board: Stage, picture: Callable[[str], Made]
) -> None:
    post(board, text=TEXT, picture=picture("red"), alt="A red roof")
    (before,) = pictures_of(board)
    body = before.read_bytes()
    shutil.rmtree(board.app.settings.public)
    board.publish()
    board.publish()
    assert [path.read_bytes() for path in pictures_of(board)] == [body]
    assert before.name in board.output("latest-posts.html")


def test_a_picture_is_replaced_described_anew_and_taken_away(
    board: Stage, picture: Callable[[str], Made]
) -> None:
    key = post(board, text=TEXT, picture=picture("red"), alt="A red roof").post.public_id
    post(board, edit=key, picture=picture("blue"), alt="A blue roof")
    assert 'alt="A blue roof"' in board.output("latest-posts.html")
    assert len(pictures_of(board)) == 1
    post(board, edit=key, alt="The roof, which is blue")
    assert 'alt="The roof, which is blue"' in board.output("latest-posts.html")
    post(board, edit=key, no_picture=True)
    assert "<img" not in board.output("latest-posts.html")
    assert pictures_of(board) == []
    assert hand_pictures.read(board.app.database, [key]) == {}


def test_a_picture_goes_with_its_post(board: Stage, picture: Callable[[str], Made]) -> None:
    key = post(board, text=TEXT, picture=picture("red"), alt="A red roof").post.public_id
    take_down(board.app.publisher, key, by="ann", now=board.now)
    assert pictures_of(board) == []
    assert hand_pictures.read(board.app.database, [key]) == {}


def test_the_picture_of_a_hidden_post_comes_back_with_it(
    board: Stage, picture: Callable[[str], Made]
) -> None:
    key = post(board, text=TEXT, picture=picture("red"), alt="A red roof").post.public_id
    curate.decide(board.app.publisher, [key], VerdictKind.HIDDEN, by="ann", now=board.now)
    assert pictures_of(board) == []
    curate.undo(board.app.publisher, [key], VerdictKind.HIDDEN, by="ann", now=board.now)
    assert 'alt="A red roof"' in board.output("latest-posts.html")
    assert len(pictures_of(board)) == 1


def test_nothing_is_fetched_for_a_picture_by_hand(
    board: Stage, picture: Callable[[str], Made]
) -> None:
    done = post(board, text=TEXT, picture=picture("red"), alt="A red roof")
    assert [one.wanted for one in (*done.published, *board.publish()) if one.wanted] == []


@pytest.mark.parametrize(
    ("body", "words"), [(b"no picture", "cannot be used"), (None, "cannot be read")]
)
def test_a_file_that_is_no_picture_is_said(tmp_path: Path, body: bytes | None, words: str) -> None:
    if body is not None:
        (tmp_path / "file.png").write_bytes(body)
    with pytest.raises(AggregatorError, match=words):
        asyncio.run(read_picture(tmp_path / "file.png"))


def test_two_who_change_a_post_at_once_do_not_overwrite_one_another(
    board: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one decided on a version that was there no more."""
    done = post(board, text=TEXT)
    key, find = done.post.public_id, posts.find

    def find_then_change(*said: Any) -> object:
        found = find(*said)
        monkeypatch.setattr(posts, "find", find)
        post(board, edit=key, text="Closed on Mondays.")
        return found

    monkeypatch.setattr(posts, "find", find_then_change)
    with pytest.raises(AggregatorError, match="Somebody else"):
        post(board, edit=key, text="Closed on Tuesdays.")
    assert "Closed on Mondays." in board.output("latest-posts.html")


def test_acts_are_in_the_audit_without_their_words(board: Stage) -> None:
    key = post(board, text=TEXT).post.public_id
    post(board, edit=key, text="Closed.")
    told = [(one.act, one.source_id, one.public_id) for one in audit.rows(board.app.database, 2)]
    assert told == [("edit post", "board", key), ("post", "board", key)]


def test_what_is_kept_by_hand_is_never_due(board: Stage) -> None:
    assert board.refresh(30 * DAY, force=True) == []
    assert visits.next_due(board.app.database) is None


def test_what_is_kept_by_hand_is_never_quiet(board: Stage) -> None:
    post(board, text=TEXT)
    board.now += 200 * DAY
    (health,) = healths(board.app.publisher, board.app.catalogue(), board.now, token_ends={})
    assert health.words == "Kept by hand: 1 post, the newest 200 days ago."
    assert health.condition.kind is ConditionKind.WORKING
    assert not health.next_step


def test_a_network_keeps_its_rules_when_pasted(stage: Stage) -> None:
    """A post of X has a card of its own, whole, whoever brought it."""
    stage.follow(BOARD.replace("linkedin", "x"))
    post(stage, link="https://x.com/institute/status/1", text=TEXT)
    (source,) = stage.app.catalogue().sources
    assert (source.terms.network, source.terms.apart) == ("X", True)
    assert "fw-signed" in stage.output("latest-posts.html")
