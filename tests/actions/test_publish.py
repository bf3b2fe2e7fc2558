"""Publishing: what changed is rendered and written, and nothing else; what was withdrawn goes."""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from aggregator.actions import curate
from aggregator.actions.publish import Published, Publisher
from aggregator.actions.takedown import take_down
from aggregator.app import App
from aggregator.errors import AggregatorError
from aggregator.model import (
    Dropped,
    Outcome,
    OutputFile,
    Profile,
    RawDate,
    RawPost,
    RawText,
    Verdict,
    VerdictKind,
    Visit,
    Widget,
)
from aggregator.normalise.post import post_from
from aggregator.settings import load_settings
from aggregator.store import publishes, verdicts, visits
from aggregator.store.database import backup
from aggregator.widgets.render import Renderer

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
LIST = """\
site: {name: Example Institute, url: "https://www.example.org"}
widgets:
  - {id: latest, title: Latest posts, layout: posts, show: 3}
sources:
  - {id: blog, feed: 'https://blog.example/feed', in: latest}
  - {id: other, feed: 'https://other.example/feed', in: latest}
"""


@dataclass
class House:
    """An Aggregator whose posts come without any feed, and whose drawing is counted."""

    folder: Path
    now: datetime = START
    drawn: list[str] = field(default_factory=list)
    """Ids of the widgets that were drawn."""
    template_folders: tuple[Path, ...] = ()
    """Empty: as set."""

    def __post_init__(self) -> None:
        shutil.copytree(TEMPLATES, self.folder / "templates")
        self.config = self.folder / "feeds.yaml"
        self.config.write_text(LIST, "utf-8")
        self.app = self.open()

    def open(self, **said: Any) -> App:
        paths = {"config": self.config, "data": self.folder / "data"}
        settings = load_settings(
            sealed=True, **{**paths, "templates": self.folder / "templates", **said}
        )
        app = App(settings, clock=lambda: self.now)
        app.sync(app.catalogue())
        return app

    @property
    def publisher(self) -> Publisher:
        settings = self.app.settings
        folders = self.template_folders or settings.template_folders
        return replace(
            self.app.publisher, renderer=Counting(folders, settings.public_url, self.drawn)
        )

    def store(self, *numbers: int, source_id: str = "blog", **said: Any) -> None:
        """Posts, the greater number the newer, as a visit stores them."""
        source = self.app.catalogue().source(source_id)
        assert source is not None
        found = []
        for number in numbers:
            raw = RawPost(
                guid=f"id-{number}",
                permalink=f"https://{source_id}.example/{number}",
                base=f"https://{source_id}.example/",
                title=RawText(f"Post {number}", is_html=False),
                body=RawText(f"<p>The words of {number}, of {source_id}.</p>", is_html=True),
                published=RawDate("", START - (100 - number) * HOUR),
            )
            post = post_from(replace(raw, **said), source, None, self.now)
            assert not isinstance(post, Dropped)
            found.append(post)
        state = visits.states(self.app.database)[source_id]
        after = replace(state, next_due=self.now + HOUR, outcome=Outcome.CHANGED)
        visit = Visit(source_id, self.now, Outcome.CHANGED, after, tuple(found))
        visits.save(self.app.database, [visit], self.now)

    def learn(self, profile: Profile) -> None:
        """What the source ``blog`` says of itself."""
        state = replace(visits.states(self.app.database)["blog"], profile=profile)
        visit = Visit("blog", self.now, Outcome.CHANGED, replace(state, next_due=self.now + HOUR))
        visits.save(self.app.database, [visit], self.now)

    def publish(self) -> Published:
        self.drawn.clear()
        published, *_ = self.publisher.publish_all(self.now)
        return published

    def rewrite(self, old: str, new: str) -> None:
        """Once: a key that stands twice would break the list."""
        said = self.config.read_text("utf-8")
        if new.replace(old, "") not in said:
            self.config.write_text(said.replace(old, new), "utf-8")

    def file(self, name: str = "latest.html") -> Path:
        return self.app.settings.public / "w" / name

    def files(self) -> dict[str, bytes]:
        room = self.app.settings.public
        return {str(path): path.read_bytes() for path in room.rglob("*") if path.is_file()}

    def remembered(self) -> publishes.PublishState:
        state = publishes.state(self.app.database, "latest")
        assert state is not None
        return state

    def decide(self, kind: VerdictKind, key: str, **said: Any) -> None:
        curate.decide(self.publisher, [key], kind, by="ann", now=self.now, **said)

    def take_down(self, key: str) -> None:
        take_down(self.publisher, key, by="ann", now=self.now)

    def template(self, name: str) -> Path:
        return self.folder / "templates" / "widgets" / name


class Counting(Renderer):
    """Notes which widgets are drawn."""

    def __init__(self, folders: Sequence[Path], public_url: str, drawn: list[str]) -> None:
        super().__init__(folders, public_url)
        self._drawn = drawn

    def render(self, widget: Widget) -> tuple[OutputFile, ...]:
        self._drawn.append(widget.spec.id)
        return super().render(widget)


def furnished(folder: Path) -> House:
    """A house whose widget is published."""
    made = House(folder)
    made.store(1, 2, 3)
    made.store(4, source_id="other")
    made.publish()
    return made


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = furnished(tmp_path)
    yield made
    made.app.close()


# --- nothing changed ---------------------------------------------------------------------------


def test_where_nothing_changed_nothing_is_drawn_or_written(house: House) -> None:
    files, before = house.files(), house.remembered()
    house.now += MINUTE
    published = house.publish()
    assert (house.drawn, published.changed, published.error) == ([], (), None)
    assert (house.files(), house.remembered()) == (files, before)


def test_a_new_program_finds_what_the_last_one_left(house: House) -> None:
    house.app.close()
    house.app = house.open()
    house.publish()
    assert house.drawn == []


def test_that_it_was_looked_at_is_written_down_now_and_then(house: House) -> None:
    house.now += 5 * MINUTE
    house.publish()
    assert house.drawn == []
    assert house.remembered() == replace(house.remembered(), checked=house.now, changed=START)


def test_another_end_of_the_answer_is_written_down_at_once(house: House) -> None:
    """A pin of a whole source changes no card of this layout."""
    end = START + HOUR
    pin = Verdict("blog", None, VerdictKind.PINNED, "Ana", START, until=end)
    verdicts.decide(house.app.database, pin)
    house.publish()
    assert (house.drawn, house.remembered().valid_until) == ([], end)


def test_posts_that_have_no_place_draw_nothing(house: House) -> None:
    house.store(*range(10, 90))
    house.publish()
    house.store(5)
    house.publish()
    assert house.drawn == []


def test_staff_are_told_of_the_cards_that_are_shown(house: House) -> None:
    """Also where a copy counts that lies deeper than the posts that they are told about."""
    house.store(*range(10, 90))
    house.store(90, source_id="other", permalink="https://blog.example/2")
    published = house.publish().selection
    catalogue = house.app.catalogue()
    told = house.publisher.select(catalogue, catalogue.widgets[0], house.now)
    assert published is not None
    assert (told.cards, told.more) == (published.cards, published.more)


# --- something changed -------------------------------------------------------------------------


def hide(house: House) -> None:
    house.decide(VerdictKind.HIDDEN, "https://blog.example/3")


CHANGES: dict[str, Callable[[House], object]] = {
    "a new post": lambda house: house.store(5),
    "an edited text": lambda house: house.store(3, body=RawText("Other words.", is_html=False)),
    "an edited link": lambda house: house.store(3, permalink="https://blog.example/new"),
    "a pin": lambda house: house.decide(VerdictKind.PINNED, "https://blog.example/1"),
    "a hidden post": hide,
    "a hidden source": lambda house: house.decide(VerdictKind.HIDDEN, "blog"),
    "another title": lambda house: house.rewrite("Latest posts", "Newest posts"),
    "another site": lambda house: house.rewrite("Example Institute", "Sample Institute"),
    "a named source": lambda house: house.rewrite("id: blog,", "id: blog, name: Our blog,"),
    "a source's own name": lambda house: house.learn(Profile("What it calls itself")),
    "a source that left": lambda house: house.rewrite("in: latest}", "in: []}"),
    "a post taken down": lambda house: house.take_down("https://blog.example/3"),
    "a source taken down": lambda house: house.take_down("blog"),
    "an approval that is needed": lambda house: house.rewrite(
        "id: blog,", "id: blog, review: always,"
    ),
    "a copy elsewhere": lambda house: house.store(
        9,
        source_id="other",
        permalink="https://blog.example/2",
        body=RawText("Short", is_html=False),
    ),
    "a template": lambda house: house.template("posts.html").write_text("<p>Ours.</p>"),
    "a part of templates": lambda house: house.template("_widget.html").write_text("<p>Ours.</p>"),
    "the stylesheet": lambda house: house.template("widget.css").write_text(".fw {}"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_on_the_page_with_the_next_publish(house: House, change: str) -> None:
    before = house.files()
    CHANGES[change](house)
    house.publish()
    found = house.files()
    assert found != before
    house.publish()
    assert house.drawn == []
    assert found == drawn_anew(house)


SHAPES = {"html", "shadow.html", "dsd.html", "frame.html", "json", "rss"}


def shapes_that_tell(house: House, words: bytes) -> set[str]:
    """The outputs of ``latest`` in which something stands; packed ones are their equals."""
    return {
        path.partition("/w/latest")[2].lstrip(".")
        for path, body in house.files().items()
        if words in body and not path.endswith((".br", ".gz")) and "/w/latest" in path
    }


def test_a_hidden_post_leaves_every_shape(house: House) -> None:
    assert shapes_that_tell(house, b"Post 3") == SHAPES | {"/index.html"}
    hide(house)
    assert shapes_that_tell(house, b"Post 3") == set()
    assert shapes_that_tell(house, b"Post 2") == SHAPES | {"/index.html"}


def test_a_hidden_post_leaves_every_shape_where_templates_are_broken(house: House) -> None:
    house.template("posts.html").write_text("{% broken")
    hide(house)
    assert shapes_that_tell(house, b"Post 3") == set()
    assert shapes_that_tell(house, b"Latest posts") >= SHAPES


def test_a_widget_that_lists_blogs_no_more_has_no_blogroll(house: House) -> None:
    house.rewrite("layout: posts", "layout: blogs")
    house.publish()
    assert "opml" in shapes_that_tell(house, b"https://other.example/feed")
    house.rewrite("layout: blogs", "layout: posts")
    house.publish()
    assert not [path for path in house.files() if ".opml" in path]


def test_style_and_scripts_of_three_versions_stand(house: House) -> None:
    for number in range(5):
        house.template("widget.css").write_text(f".fw {{ order: {number} }}")
        house.publish()
    found = [path for path in house.files() if re.search(r"/widget\.[0-9a-f]{12}\.css$", path)]
    assert len(found) == 3
    assert house.app.renderer.assets().stylesheet.path in {
        path.partition("public/")[2] for path in found
    }


def test_another_public_address_draws_anew(house: House) -> None:
    house.app.close()
    house.app = house.open(public_url="https://www.example.org/feeds")
    house.publish()
    assert b"https://www.example.org/feeds/w/latest/" in house.file().read_bytes()


def test_another_program_draws_anew(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an update the same posts may look different."""
    monkeypatch.setattr("babel.__version__", "0.0")
    house.publish()
    assert house.drawn == ["latest"]


# --- what only passes by -----------------------------------------------------------------------


def drawn_anew(house: House) -> dict[str, bytes]:
    """The files as they are where nothing is remembered of those before."""
    with house.app.database.writing() as connection:
        connection.execute(text("UPDATE publishes SET stamp = NULL"))
    house.publish()
    assert house.drawn
    return house.files()


def with_consent(house: House, dates: str) -> None:
    """In the place of the one that it may have: twice, the list would be broken."""
    consent = f"consent: {{reference: PF-1, basis: authorization, {dates}}}"
    without = re.sub(r" consent: \{[^}]*\},", "", house.config.read_text("utf-8"))
    house.config.write_text(without.replace("id: blog,", f"id: blog, {consent},"), "utf-8")


def pin_for_an_hour(house: House) -> None:
    house.decide(VerdictKind.PINNED, "https://blog.example/1", until=house.now + HOUR)


def outlive_a_pin(house: House) -> None:
    pin_for_an_hour(house)
    house.now += HOUR


AS_TIME_PASSES: dict[str, tuple[Callable[[House], object], timedelta]] = {
    "a consent that ends": (
        lambda house: with_consent(house, "given: 2026-01-01, expires: 2026-11-24"),
        DAY,
    ),
    "a consent that begins": (lambda house: with_consent(house, "given: 2026-11-24"), DAY),
    "a pin that ends": (pin_for_an_hour, HOUR),
    "a clock that was set back": (outlive_a_pin, -HOUR),
    "posts that grow too old": (
        lambda house: house.rewrite("show: 3", "show: 3, max_age: 98h"),
        HOUR,
    ),
    "blogs that take turns": (
        lambda house: house.rewrite("layout: posts, show: 3", "layout: blogs, show: 1"),
        DAY,
    ),
}


@pytest.mark.parametrize("case", AS_TIME_PASSES)
def test_what_time_alone_changes_is_on_the_page_with_the_next_publish(
    house: House, case: str
) -> None:
    prepare, passes = AS_TIME_PASSES[case]
    prepare(house)
    house.publish()
    before = house.files()
    house.now += passes
    house.publish()
    found = house.files()
    assert found != before
    assert found == drawn_anew(house)


def test_a_clock_that_was_set_back_is_written_down(house: House) -> None:
    """Else the widget would seem to be looked at until that hour comes again."""
    house.now -= HOUR
    house.publish()
    assert house.remembered().checked == house.now


def test_what_another_process_published_is_not_drawn_again(house: House) -> None:
    other = house.open()
    house.store(5)
    other.publisher.publish_all(house.now)
    other.close()
    house.publish()
    assert (house.drawn, named(house, b"The words of 5")) == ([], True)


@pytest.mark.parametrize("act", ["a new post", "a hidden post", "another title", "a pin"])
def test_after_an_old_database_is_put_back_the_files_tell_what_it_holds(
    house: House, act: str
) -> None:
    """The files are younger than the stamp, and name what it does not know."""
    backup(house.app.database, house.folder / "old.db")
    CHANGES[act](house)
    house.publish()
    house.app.close()
    for left in house.app.settings.data.glob("aggregator.db*"):
        left.unlink()
    shutil.copy(house.folder / "old.db", house.app.settings.data / "aggregator.db")
    house.app = house.open()
    house.publish()
    assert house.files() == drawn_anew(house)


# --- files that others touched -----------------------------------------------------------------


def lose(path: Path) -> None:
    path.unlink()


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def turn_a_bit(path: Path) -> None:
    """Damage that leaves the size, and the time as well."""
    times = path.stat()
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("damage", [lose, cut_short, turn_a_bit])
@pytest.mark.parametrize(
    "name", ["latest.html", "latest.html.br", "latest.json.gz", "latest.rss", "latest/index.html"]
)
def test_what_others_did_to_a_file_is_mended(
    house: House, name: str, damage: Callable[[Path], None]
) -> None:
    before = house.files()
    damage(house.file(name))
    house.publish()
    assert house.files() == before


def test_an_output_folder_that_is_gone_comes_back(house: House) -> None:
    before = house.files()
    shutil.rmtree(house.app.settings.public)
    house.publish()
    assert house.files() == before


# --- anything after anything -------------------------------------------------------------------


def approve_all(house: House) -> None:
    house.decide(VerdictKind.APPROVED, "blog")


def lose_some(house: House) -> None:
    for path in sorted(house.app.settings.public.rglob("*.br")):
        lose(path)


def damage_some(house: House) -> None:
    for path in house.app.settings.public.rglob("*.json"):
        turn_a_bit(path)


def take_back(house: House) -> None:
    key = "https://blog.example/3"
    curate.undo(house.publisher, [key], VerdictKind.HIDDEN, by="ann", now=house.now)


def pass_by(house: House, time: timedelta) -> None:
    house.now += time


ACTS: dict[str, Callable[[House], object]] = {
    **{change: act for change, act in CHANGES.items() if change != "a source taken down"},
    **{case: prepare for case, (prepare, _) in AS_TIME_PASSES.items()},
    "what was hidden comes back": take_back,
    "an approved source": approve_all,
    "lost files": lose_some,
    "damaged files": damage_some,
    "an hour": lambda house: pass_by(house, HOUR),
    "a day": lambda house: pass_by(house, DAY),
    "an hour back": lambda house: pass_by(house, -HOUR),
    "a publish": lambda house: house.publish(),
}


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(sorted(ACTS)), min_size=2, max_size=12))
def test_whatever_happened_the_files_are_as_drawn_anew(tmp_path: Path, acts: list[str]) -> None:
    """What the stamp lets stand is to the byte what drawing would make."""
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        house = furnished(Path(folder))
        for act in acts:
            with contextlib.suppress(AggregatorError):  # nothing to undo, gone, hidden already
                ACTS[act](house)
        house.publish()
        found = house.files()
        assert found == drawn_anew(house)
        house.app.close()


# --- withdrawals -------------------------------------------------------------------------------


def named(house: House, words: bytes) -> bool:
    plain = (body for path, body in house.files().items() if not path.endswith((".br", ".gz")))
    return any(words in body for body in plain)


def test_hidden_shown_and_hidden_again(house: House) -> None:
    """The stamp of a page that stood before never passes for that of the one that stands now."""
    for _ in range(2):
        hide(house)
        house.publish()
        assert not named(house, b"The words of 3")
        curate.undo(
            house.publisher, ["https://blog.example/3"], VerdictKind.HIDDEN, by="ann", now=house.now
        )
        house.publish()
        assert named(house, b"The words of 3")


def test_an_old_page_put_back_by_others_goes_again(house: House) -> None:
    """As a restored backup does, or a deployment that copies an older folder."""
    old = house.files()
    hide(house)
    for path, body in old.items():
        Path(path).write_bytes(body)
    house.publish()
    assert not named(house, b"The words of 3")


def break_template(house: House) -> None:
    house.template("posts.html").write_text("{% if %}")


def lose_templates(house: House) -> None:
    house.template_folders = (house.folder / "nowhere",)


@pytest.mark.parametrize("trouble", [break_template, lose_templates])
def test_a_withdrawal_wins_though_nothing_can_be_drawn(
    house: House, trouble: Callable[[House], None]
) -> None:
    trouble(house)
    hide(house)
    assert house.publish().error is not None
    assert not named(house, b"The words of 3")


def test_old_files_stay_while_nothing_can_be_drawn(house: House) -> None:
    before = house.files()
    break_template(house)
    house.store(5)
    assert house.publish().error is not None
    assert house.files() == before


def test_a_mended_template_that_leaves_the_page_as_it_stands_draws_nothing(house: House) -> None:
    whole = house.template("posts.html").read_text()
    break_template(house)
    house.publish()
    house.template("posts.html").write_text(whole)
    assert house.publish().error is None
    assert house.drawn == []


def test_the_page_is_whole_again_once_templates_are_mended(house: House) -> None:
    whole = house.template("posts.html").read_text()
    break_template(house)
    hide(house)
    house.publish()
    house.template("posts.html").write_text(whole)
    house.publish()
    assert named(house, b"The words of 2")
    assert not named(house, b"The words of 3")
