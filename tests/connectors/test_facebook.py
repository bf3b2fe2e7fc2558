"""The platform ``facebook``: addresses, whose posts, what stands in them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from aggregator.connectors import facebook
from aggregator.connectors._contract import Errand
from aggregator.connectors._facebook_post import post_of
from aggregator.connectors._shape import Part
from aggregator.demo.facebook import Facebook
from aggregator.demo.graph import TOKEN, Life, failure
from aggregator.demo.interface import Reply
from aggregator.errors import FetchError, NotModified, RateLimited, ServerFault, TokenExpired
from aggregator.model import Document, Media, PostKind, RawPost, Sightings, Sought, Source
from tests.connectors.meta import ADDRESS, OTHER, Desk, Web
from tests.connectors.social import NOW, FakeKeys, Feed, Told, answer, visit

WEB = "https://www.facebook.com"


def read(**said: Any) -> RawPost:
    post = post_of(Part({"id": "1_2", **said}))
    assert post is not None
    return post


def text(post: RawPost) -> str | None:
    return post.body.value if post.body else None


@pytest.mark.parametrize(
    ("written", "page"),
    [
        ("institute", "institute"),
        ("@Institute.Example", "institute.example"),
        ("100200300", "100200300"),
        (f"{WEB}/institute/", "institute"),
        ("https://m.facebook.com/institute/posts/1?x=1", "institute"),
        ("https://de-de.facebook.com/institute", "institute"),
        ("fb.com/institute", "institute"),
        (f"{WEB}/profile.php?id=100200300", "100200300"),
        (f"{WEB}/permalink.php?story_fbid=5&id=100200300", "100200300"),
        (f"{WEB}/pages/Example-Institute/100200300", "100200300"),
        (f"{WEB}/people/Example-Institute/100200300/", "100200300"),
        (f"{WEB}/p/Example-Institute-100200300/", "100200300"),
        (f"{WEB}/Example-Institute-100200300/", "100200300"),
    ],
)
def test_good_addresses(written: str, page: str) -> None:
    assert facebook.read_address(written) == page


@pytest.mark.parametrize(
    "written",
    [
        "",
        "two words",
        "https://facebook.com/",
        f"{WEB}/groups/institute",
        f"{WEB}/events/5",
        f"{WEB}/watch/?v=5",
        f"{WEB}/profile.php",
        "https://social.example/@institute",
        "fb.com/fb.com",
    ],
)
def test_bad_addresses_are_answered_with_a_hint(written: str) -> None:
    with pytest.raises(ValueError, match=f"for example {facebook.EXAMPLE}"):
        facebook.read_address(written)


def test_the_page_is_looked_up_once() -> None:
    desk = Desk("facebook")
    desk.write(1)
    profile = desk.visit().profile
    assert profile is not None
    assert profile.title == "Example Institute"
    desk.write(2)
    desk.visit()
    assert [target.partition("?")[0] for target in desk.platform.asked] == ["/v25.0/77/posts"]


def test_only_its_own_posts_are_shown_unless_staff_want_more() -> None:
    desk = Desk("facebook")
    desk.write(1)
    desk.write(2, by=OTHER)
    assert [post.kind for post in desk.visit().posts] == [PostKind.ORIGINAL]
    kinds = [post.kind for post in desk.visit(include_reposts=True).posts]
    assert kinds == [PostKind.REPOST, PostKind.ORIGINAL]


@pytest.mark.parametrize(
    "said",
    [
        {"is_published": False},
        {"is_hidden": True},
        {"is_expired": True},
        {"privacy": {"value": "ALL_FRIENDS"}},
        {"privacy": {"value": "SELF"}},
    ],
)
def test_what_is_not_for_everybody_is_left_out(said: dict[str, Any]) -> None:
    assert post_of(Part({"id": "1_2", "message": "Secret", **said})) is None


@pytest.mark.parametrize("said", [{}, {"privacy": {"value": ""}}, {"is_published": True}])
def test_what_says_nothing_of_it_is_for_everybody(said: dict[str, Any]) -> None:
    assert text(read(message="Open", **said)) == "Open"


class TestNames:
    """Pages that are named in a text."""

    def found(self, message: str, **tag: Any) -> list[str]:
        post = read(message=message, message_tags=[{"id": "5", "name": "Clinic", **tag}])
        return [message[span.start : span.end] for span in post.spans]

    def test_stand_where_facebook_says(self) -> None:
        assert self.found("Clinic and Clinic", offset=11, length=6) == ["Clinic"]

    def test_are_looked_for_where_it_counts_in_another_unit(self) -> None:
        assert self.found("🩺 Clinic", offset=3, length=6) == ["Clinic"]

    def test_are_left_out_where_they_might_be_either(self) -> None:
        assert self.found("🩺 Clinic, Clinic", offset=1, length=6) == []

    @pytest.mark.parametrize("offset", [None, -3, 10**9, "x"])
    def test_that_are_nowhere_are_left_out(self, offset: Any) -> None:
        assert self.found("Nothing", offset=offset) == []

    def test_within_an_address_yield_to_the_longer_one(self) -> None:
        message = "https://clinic.example/Clinic"
        assert self.found(message, offset=23, length=6) == [message]


class TestCards:
    """Pages elsewhere that a post shows."""

    def shown(self, message: str | None, **card: Any) -> str | None:
        attached = {"media_type": "link", "type": "share", "title": "A title", **card}
        return text(read(message=message, attachments={"data": [attached]}))

    def test_stand_under_the_text(self) -> None:
        assert self.shown("News", url="https://n.example/") == "News\n\nhttps://n.example/"

    def test_do_not_where_the_text_holds_an_address(self) -> None:
        said = "News: https://short.example/1"
        assert self.shown(said, url="https://n.example/") == said

    def test_come_with_their_title_where_there_is_no_text(self) -> None:
        assert self.shown(None, url="https://n.example/") == "A title\n\nhttps://n.example/"

    def test_are_told_without_facebooks_own_page_in_between(self) -> None:
        url = "https://l.facebook.com/l.php?u=https%3A%2F%2Fn.example%2F%3Fa%3D1&h=x"
        assert self.shown("News", url=url) == "News\n\nhttps://n.example/?a=1"

    @pytest.mark.parametrize("url", ["javascript:x", "https://[", "https://l.facebook.com/l.php"])
    def test_that_lead_nowhere_are_left_out(self, url: str) -> None:
        assert self.shown("News", url=url) == "News"


def test_comments_which_move_its_time_are_no_edit() -> None:
    desk = Desk("facebook")
    desk.write(1)
    desk.visit()
    desk.now = desk.now.replace(hour=23)
    with pytest.raises(NotModified):
        desk.visit()


WORDS = "alt_text_custom"


def photo(number: int) -> str:
    """The number of a post's picture."""
    return str(10**6 + number)


class WordlessWeb(Web):
    """A client that fails to ask for the words of pictures."""

    refusal: FetchError | None = None

    async def get(self, url: str, **more: Any) -> Document:
        if self.refusal is not None and "alt_text" in url:
            raise self.refusal
        return await super().get(url, **more)


class Album(Desk):
    """A Page with pictures."""

    def __init__(self) -> None:
        super().__init__("facebook")
        assert isinstance(self.platform, Facebook)
        self.page: Facebook = self.platform
        self.client = WordlessWeb(self.platform)
        self.web = self.client

    def words(self) -> dict[str | None, str | None]:
        """Those of a visit's pictures, by their posts."""
        return {post.guid: medium.alt for post in self.visit().posts for medium in post.media}

    def rewrite(self, number: int, **more: Any) -> None:
        self.notes = [note for note in self.notes if note.number != number]
        self.write(number, **more)

    def mirror(self, *known: tuple[int, str | None]) -> dict[str | None, str | None]:
        """The words of the pictures that a look-up of these posts brings; with those stored."""
        media = {
            number: (Media("https://x.example/", alt=alt, id=photo(number)),)
            for number, alt in known
        }
        sought = [Sought(self.guid(number), None, media[number]) for number, _ in known]
        found = self.seek(sought)
        assert found.present == {one.guid for one in sought}
        return {post.guid: medium.alt for post in found.posts for medium in post.media}

    def seek(self, sought: Sequence[Sought]) -> Sightings:
        self.platform.asked.clear()
        source = Source("one", "facebook", ADDRESS, options=facebook.Options())
        errand = Errand(self.web, Feed(), self.cursor, self.keys)
        return asyncio.run(facebook.look_up(source, sought, errand))

    @property
    def asked_for_words(self) -> list[list[str]]:
        """The pictures of each question, of the last visit or look-up."""
        queries = (parse_qs(urlsplit(target).query) for target in self.platform.asked)
        return [query["ids"][0].split(",") for query in queries if query["fields"][0] == WORDS]


@pytest.fixture
def album() -> Album:
    return Album()


class TestWordsOfPictures:
    """What pictures show, as a person wrote it on Facebook."""

    def test_are_taken(self, album: Album) -> None:
        album.write(1, picture="A boat")
        assert album.words() == {"77_1": "A boat"}

    def test_are_not_those_that_facebook_guesses(self, album: Album) -> None:
        album.write(1, picture="")
        assert album.words() == {"77_1": None}
        assert WORDS in album.platform.asked[-1]

    def test_of_all_new_posts_are_asked_for_at_once(self, album: Album) -> None:
        album.write(1, 2, picture="A boat")
        album.write(3)
        album.write(4, picture="A ship")
        assert album.words() == {"77_4": "A ship", "77_2": "A boat", "77_1": "A boat"}
        assert album.asked_for_words == [[photo(4), photo(2), photo(1)]]

    def test_of_many_posts_are_asked_for_by_fifty(self, album: Album) -> None:
        album.write(1)
        album.visit()
        album.write(*range(2, 80), picture="A boat")
        assert set(album.words().values()) == {"A boat"}
        assert [len(ids) for ids in album.asked_for_words] == [50, 28]

    def test_are_not_asked_for_again(self, album: Album) -> None:
        album.write(1, 2, picture="A boat")
        album.visit()
        album.write(3)
        album.visit()
        assert album.asked_for_words == []

    def test_come_along_with_an_edit(self, album: Album) -> None:
        album.write(1, 2, picture="A boat")
        album.visit()
        album.rewrite(1, text="Written anew.", picture="A boat")
        assert album.words() == {"77_1": "A boat"}
        assert album.asked_for_words == [[photo(1)]]

    @pytest.mark.parametrize("spoilt", [7, 31, 32, 56])
    @pytest.mark.parametrize(
        "refused",
        [
            failure(100, 33),
            failure(100, None, words="Tried accessing nonexisting field (alt_text_custom)"),
        ],
        ids=["gone", "no photo"],
    )
    def test_of_the_others_come_where_one_cannot_be_had(
        self, album: Album, monkeypatch: pytest.MonkeyPatch, refused: Reply, spoilt: int
    ) -> None:
        album.write(6)
        album.visit()
        album.write(*range(7, 57), picture="A boat")
        reply = album.page.reply

        def without_one(path: str, query: Mapping[str, str], host: str) -> Reply:
            is_spoilt = photo(spoilt) in query.get("ids", "")
            return refused if is_spoilt else reply(path, query, host)

        monkeypatch.setattr(album.page, "reply", without_one)
        words = album.words()
        assert words.pop(f"77_{spoilt}") is None
        assert set(words.values()) == {"A boat"}

    def test_cost_so_many_questions_and_no_more(
        self, album: Album, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        album.write(1)
        album.visit()
        album.write(*range(2, 60), picture="A boat")
        reply = album.page.reply

        def without_photos(path: str, query: Mapping[str, str], host: str) -> Reply:
            return album.page.refusal(404) if "ids" in query else reply(path, query, host)

        monkeypatch.setattr(album.page, "reply", without_photos)
        assert set(album.words().values()) == {None}
        assert len(album.asked_for_words) == 13

    @pytest.mark.parametrize("refusal", [ServerFault(), TokenExpired(), RateLimited()])
    def test_that_do_not_come_keep_no_post_back(self, album: Album, refusal: FetchError) -> None:
        album.write(1, 2, picture="A boat")
        album.client.refusal = refusal
        assert album.words() == {"77_2": None, "77_1": None}

    def test_that_do_not_come_may_make_us_wait(self, album: Album) -> None:
        album.write(1, picture="A boat")
        album.client.refusal = RateLimited(retry_after=timedelta(minutes=9))
        assert album.visit().wait == timedelta(minutes=9)

    def test_come_as_far_as_the_allowance_goes(self, album: Album) -> None:
        album.write(1)
        album.visit()
        album.write(*range(2, 80), picture="A boat")
        album.platform.allowance = 7  # two are spent, four pages follow: one is left
        words = list(album.words().values())
        assert words == ["A boat"] * 50 + [None] * 28
        assert len(album.asked_for_words) == 1

    def test_are_not_asked_for_where_the_allowance_is_used_up(self, album: Album) -> None:
        album.write(1, picture="A boat")
        album.platform.allowance = 2
        assert album.visit().wait == timedelta(minutes=5)
        assert album.asked_for_words == []

    def test_that_are_withheld_are_not_asked_for_with_that_token(self, album: Album) -> None:
        album.page.withholds_photos = True
        album.write(1, picture="A boat")
        assert album.words() == {"77_1": None}
        for number in (2, 3):
            album.write(number, picture="A ship")
            assert len(album.visit().posts) == 1
            assert album.asked_for_words == []

    def test_that_were_withheld_are_asked_for_with_another_token(self, album: Album) -> None:
        album.page.withholds_photos = True
        album.write(1, picture="A boat")
        album.visit()
        album.page.withholds_photos = False
        album.page.tokens["another"] = Life(NOW)
        album.keys = FakeKeys("another")
        album.write(2, picture="A ship")
        assert album.words() == {"77_2": "A ship"}

    def test_leave_no_token_behind(self, album: Album) -> None:
        album.page.withholds_photos = True
        album.write(1, picture="A boat")
        album.visit()
        assert album.cursor is not None
        assert TOKEN.encode() not in album.cursor


class TestWordsAtLookUp:
    """A look-up asks for them anew."""

    def test_are_as_they_are_now(self, album: Album) -> None:
        album.write(1, picture="A boat")
        album.write(2, picture="A ship with a flag")
        known = ((1, None), (2, "A ship"))
        assert album.mirror(*known) == {"77_1": "A boat", "77_2": "A ship with a flag"}
        assert len(album.platform.asked) == 2

    def test_go_where_a_person_took_them_back(self, album: Album) -> None:
        album.write(1, picture="")
        assert album.mirror((1, "A boat")) == {"77_1": None}

    def test_stay_where_there_is_no_answer(self, album: Album) -> None:
        album.write(1, 2, picture="A ship")
        album.client.refusal = ServerFault()
        assert album.mirror((1, "A boat"), (2, None)) == {"77_1": "A boat", "77_2": None}

    def test_stay_where_they_are_withheld(self, album: Album) -> None:
        album.write(1, picture="A ship")
        album.page.withholds_photos = True
        assert album.mirror((1, "A boat")) == {"77_1": "A boat"}

    def test_come_as_soon_as_the_same_token_allows_them(self, album: Album) -> None:
        album.page.withholds_photos = True
        album.write(1, picture="A boat")
        album.visit()
        album.page.withholds_photos = False
        assert album.mirror((1, None)) == {"77_1": "A boat"}

    def test_cost_nothing_where_no_post_has_a_picture(self, album: Album) -> None:
        album.write(1)
        album.seek([Sought("77_1", None)])
        assert len(album.platform.asked) == 1


def test_pictures_of_an_album_have_words_of_their_own() -> None:
    def piece(number: str, kind: str = "photo") -> dict[str, Any]:
        image = {"src": f"https://cdn.example/{number}.jpg?oh=1"}
        return {"type": kind, "media": {"image": image}, "target": {"id": number}}

    inner = {"data": [piece("7001"), piece("7002"), piece("7003", "video_inline")]}
    album = {"media_type": "album", "subattachments": inner, "target": {"id": "6999"}}
    post = {"id": "1_2", "attachments": {"data": [album]}}
    described = {"7001": {"id": "7001", WORDS: "A boat"}, "7002": {"id": "7002"}}
    web = Told(
        {
            "/v25.0/1/posts": answer({"data": [post]}),
            "/v25.0/institute": answer({"id": "1"}),
            "/v25.0/": answer(described),
        }
    )
    (found,) = visit(facebook, web, ADDRESS, keys=FakeKeys()).posts
    assert [(one.id, one.alt) for one in found.media] == [("7001", "A boat"), ("7002", None)]
    assert parse_qs(urlsplit(web.asked[-1]).query)["ids"] == ["7001,7002"]
