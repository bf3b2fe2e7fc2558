"""From real visits to messages to staff: what is told, when, once, and nothing personal."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from aggregator.actions.alarm import LOOK_EVERY, Alarm
from aggregator.actions.curate import decide
from aggregator.actions.outbox import Handed, undelivered
from aggregator.actions.takedown import take_down
from aggregator.alerts.message import Message
from aggregator.app import App
from aggregator.errors import NotSent
from aggregator.model import VerdictKind
from aggregator.store import alerts, conditions
from tests.trip.stage import Stage, item, rss

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass
class Heard:
    """A channel that remembers; and is down where a test wants it."""

    name: str = "mail"
    place: str = "here"
    down: bool = False
    messages: list[Message] = field(default_factory=list)

    async def send(self, message: Message) -> str:
        if self.down:
            raise NotSent("mail.example.org could not be reached.")
        self.messages.append(message)
        return ""

    @property
    def subjects(self) -> list[str]:
        return [message.subject for message in self.messages]


def alarm_of(app: App, *channels: Heard) -> Alarm:
    return Alarm(app.settings, app.publisher, app.current, app.token_ends, app.clock, channels)


def hide(stage: Stage, key: str, reason: str) -> None:
    hidden = VerdictKind.HIDDEN
    decide(stage.app.publisher, [key], hidden, by="Bob Muster", now=stage.now, reason=reason)


@dataclass
class Told:
    """Staff, and what tells them."""

    stage: Stage
    heard: Heard
    alarm: Alarm

    def tell(self, after: timedelta = timedelta(0)) -> list[Handed]:
        """A round, ``after`` the last act."""
        self.stage.now += after
        return asyncio.run(self.alarm.tell())

    def lasting(self) -> None:
        """What is so now is noticed, and goes on being so for an hour."""
        self.publish_and_tell(LOOK_EVERY)
        self.publish_and_tell(HOUR)

    def publish_and_tell(self, after: timedelta) -> None:
        self.stage.now += after
        self.stage.publish()
        self.tell()


@pytest.fixture
def open_told(stage: Stage) -> Callable[..., Told]:
    """Staff of an app with these settings; without a digest where none is asked for."""

    def open_one(**settings: Any) -> Told:
        stage.app.close()
        stage.app = stage.open(**({"digest_at": ""} | settings))
        heard = Heard()
        return Told(stage, heard, alarm_of(stage.app, heard))

    return open_one


@pytest.fixture
def told(open_told: Callable[..., Told], stage: Stage) -> Told:
    stage.origin.bodies["/feed"] = rss(2, 1)
    stage.follow(stage.source("blog"), stage.source("lost", "/nothing"))
    told = open_told()
    stage.refresh()
    return told


def test_trouble_is_told_after_an_hour_and_once(told: Told) -> None:
    told.tell()
    told.publish_and_tell(59 * MINUTE)
    assert told.heard.subjects == []
    told.publish_and_tell(6 * MINUTE)
    told.publish_and_tell(DAY)
    assert told.heard.subjects == ["lost: not found"]
    assert "`status lost`" in told.heard.messages[0].body


def test_that_it_works_again_is_told_too(told: Told, stage: Stage) -> None:
    told.lasting()
    stage.origin.bodies["/nothing"] = rss(1)
    stage.refresh(DAY)
    told.lasting()
    assert told.heard.subjects == ["lost: not found", "lost: works again"]


def test_several_changes_are_one_message(told: Told, stage: Stage) -> None:
    stage.follow(*[stage.source(f"lost-{n}", f"/nothing-{n}") for n in range(3)])
    stage.refresh()
    told.lasting()
    (message,) = told.heard.messages
    assert message.subject == "3 changes: lost-0: not found, …"
    assert all(f"lost-{n}: not found" in message.body for n in range(3))


def test_a_restart_in_the_middle_loses_nothing_and_doubles_nothing(
    told: Told, stage: Stage
) -> None:
    told.tell()
    stage.now += 65 * MINUTE
    told.heard.down = True
    stage.publish()
    told.tell()
    told.heard.down = False
    told.alarm = alarm_of(stage.app, told.heard)
    told.tell(2 * MINUTE)
    told.alarm = alarm_of(stage.app, told.heard)
    told.tell(10 * MINUTE)
    assert told.heard.subjects == ["lost: not found"]


def test_who_rests_is_never_spoken_of(told: Told, stage: Stage) -> None:
    stage.follow(stage.source("lost", "/nothing", "in: latest-posts, state: resting"))
    stage.refresh()
    told.lasting()
    assert told.heard.subjects == []


def test_a_broken_list_is_told(told: Told, stage: Stage) -> None:
    told.tell()
    stage.write("sources: [")
    told.lasting()
    assert "feeds.yaml: cannot be used as it is" in told.heard.messages[0].body


def test_a_widget_that_is_not_brought_up_to_date_is_told(told: Told, stage: Stage) -> None:
    stage.follow(stage.source("blog"))
    told.tell()
    told.tell(3 * HOUR)
    told.tell(HOUR)
    (message,) = told.heard.messages
    assert "widget latest-posts: not brought up to date" in message.body


def test_quiet_hours_are_kept(open_told: Callable[..., Told], stage: Stage) -> None:
    """At noon in London it is seven in New York."""
    stage.follow(stage.source("lost", "/nothing"))
    told = open_told(quiet_hours="5-10:30")
    stage.refresh()
    told.lasting()  # eight
    told.publish_and_tell(HOUR)
    assert told.heard.subjects == []
    told.publish_and_tell(90 * MINUTE)
    assert told.heard.subjects == ["lost: not found"]


def test_a_channel_that_is_down_is_tried_with_growing_pauses(told: Told, stage: Stage) -> None:
    told.lasting()
    told.heard.down = True
    stage.follow(stage.source("other", "/nowhere"))
    stage.refresh(DAY)
    told.lasting()
    tried = []
    for minute in range(1, 140):
        told.stage.now += MINUTE
        if told.tell():
            tried.append(minute)
    assert tried == [1, 3, 7, 15, 31, 63, 123]
    words, step = undelivered(stage.app.database, stage.now, "UTC")
    assert words.startswith("No mail can be sent: 1 alert waits since")
    assert "alerts test" in step


def test_after_three_days_it_is_given_up(
    told: Told, stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    told.heard.down = True
    told.lasting()
    for _ in range(40):
        told.publish_and_tell(2 * HOUR)
    assert alerts.waiting(stage.app.database) == []
    assert "outcome=given-up" in caplog.text
    assert "1 alert was given up" in undelivered(stage.app.database, stage.now, "UTC")[0]


def test_one_channel_that_is_down_keeps_nothing_from_the_other(told: Told, stage: Stage) -> None:
    down, up = Heard("mail", down=True), Heard("webhook")
    told.alarm = alarm_of(stage.app, down, up)
    told.lasting()
    assert (down.subjects, up.subjects) == ([], ["lost: not found"])


def test_without_channels_nothing_is_followed(told: Told, stage: Stage) -> None:
    told.alarm = alarm_of(stage.app)
    told.lasting()
    assert conditions.all_of(stage.app.database) == {}


def test_a_takedown_ends_what_was_to_be_told(told: Told, stage: Stage) -> None:
    told.heard.down = True
    told.lasting()
    take_down(stage.app.publisher, "lost", by="a person", now=stage.now)
    told.heard.down = False
    told.lasting()
    assert told.heard.subjects == []


# --- the digest ------------------------------------------------------------------------------


@pytest.fixture
def daily(open_told: Callable[..., Told], stage: Stage) -> Told:
    """It is Monday, seven in the morning in New York, and digests are due at eight."""
    stage.origin.bodies["/feed"] = rss(2, 1)
    stage.follow(stage.source("blog"))
    told = open_told(digest_at="08:00")
    stage.refresh()
    return told


def test_once_a_week_it_says_that_all_is_well(daily: Told, stage: Stage) -> None:
    daily.tell()
    assert daily.heard.subjects == []
    for _ in range(8 * 6):
        stage.now += 4 * HOUR
        stage.publish()
        daily.tell()
    assert daily.heard.subjects == ["2026-11-23: all is well", "2026-11-30: all is well"]


def test_it_counts_what_happened_and_lists_what_waits(daily: Told, stage: Stage) -> None:
    more = "in: latest-posts, review: always"
    stage.origin.bodies["/other"] = rss(4, 3)
    stage.follow(
        stage.source("blog"),
        stage.source("lost", "/nothing"),
        stage.source("seen-first", "/other", more),
    )
    daily.tell(HOUR)
    stage.now += 3 * HOUR
    hide(stage, "https://family.example.org/1", "Anna asked")
    stage.refresh(22 * HOUR)
    daily.tell()
    message = daily.heard.messages[-1]
    assert message.subject == "2026-11-24: 2 things for a person"
    assert "- lost: not found." in message.body
    assert "- seen-first: " in message.body
    assert "for review. `posts seen-first --waiting`" in " ".join(message.body.split())
    assert "- hidden: " in message.body
    assert "- latest-posts: brought up to date a moment ago." in message.body


def test_one_a_day_whoever_looks(daily: Told, stage: Stage) -> None:
    for _ in range(3):
        daily.alarm = alarm_of(stage.app, daily.heard)
        daily.tell(HOUR)
    assert daily.heard.subjects == ["2026-11-23: all is well"]


# --- nothing personal ------------------------------------------------------------------------

PRIVATE = (
    "Anna", "Beispiel", "year", "PF-2026", "authorization", "family.example.org", "127.0.0.1",
    "secret", "What happened", "Post 1", "Sisters", "Muster", "asked for it",
)  # fmt: skip


def test_no_message_holds_anything_personal(open_told: Callable[..., Told], stage: Stage) -> None:
    """Trouble of many kinds, of sources that have names, titles, references and secrets."""
    stage.origin.bodies["/good"] = rss(item(1, title="Anna Beispiel writes"), title="Anna's year")
    stage.origin.bodies["/page"] = b"<html><title>Anna's year</title></html>"
    stage.origin.statuses |= {"/refused?for=secret": 403, "/gone": 410, "/broken": 500}
    private = (
        "in: patient-blogs, name: Anna's year, about: 'Told by Sisters', review: always, "
        "consent: {reference: PF-2026-014, basis: authorization, given: 2026-01-01, "
        "expires: 2026-12-01}"
    )
    paths = ["/good", "/page", "/refused?for=secret", "/gone", "/broken", "/nothing"]
    stage.follow(*[stage.source(f"s-{n}", path, private) for n, path in enumerate(paths)])
    told = open_told(digest_at="08:00")
    for _ in range(6):
        stage.refresh(DAY, force=True)
        told.lasting()
    key = stage.app.publisher.database
    hide(stage, "s-0", "asked for it")
    stage.write("site: {name: Anna")
    told.lasting()
    told.tell(DAY)
    kinds = {alert.key.split(":")[1] for alert in alerts.newest(key, 500)}
    assert {"not found", "refused", "unreadable", "failing", "broken", "consent"} <= kinds
    everything = repr(alerts.newest(key, 500)) + repr(told.heard.messages)
    everything += repr(conditions.all_of(key))
    assert not [word for word in PRIVATE if word in everything]
