"""Rules that make posts wait: from a line in feeds.yaml to the page, and what people do about them."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.actions import curate
from aggregator.actions.explain import Explainer
from aggregator.actions.refresh import Delivered
from aggregator.actions.rules import HoldRules, InForce
from aggregator.actions.takedown import take_down
from aggregator.actions.why import Answer, WhyShown
from aggregator.app import App
from aggregator.errors import AggregatorError, SettingsError
from aggregator.model import Document, VerdictKind, public_id_of
from aggregator.model.audit_acts import AuditAct
from aggregator.store import audit, posts, visits
from tests.trip.stage import HEAD, Stage, item, rss

HOUR = timedelta(hours=1)
ONE, TWO, THREE = (public_id_of("blog", f"id-{number}") for number in (1, 2, 3))
SUED = item(2, text="They spoke of a lawsuit all evening.")
CONSENT = "in: patient-blogs, consent: {reference: A-1, basis: form, given: 2026-01-01}"


def rules(stage: Stage) -> HoldRules:
    return HoldRules(stage.app.publisher, stage.app.inspector)


def write(stage: Stage, *said: str, more: str = "in: latest-posts") -> None:
    """One blog, and these rules."""
    listed = "".join(f"  - {one}\n" for one in said)
    text = f"{HEAD}  - {stage.source('blog', more=more)}\n"
    stage.write(text + (f"rules:\n{listed}" if said else ""))


LAWSUITS = "{id: lawsuits, in: latest-posts, words: [lawsuit]}"


@pytest.fixture
def blog(stage: Stage) -> Stage:
    """Three posts of one blog, the second of which a rule holds."""
    stage.origin.bodies["/feed"] = rss(3, SUED, 1)
    write(stage, LAWSUITS)
    stage.refresh()
    return stage


@pytest.fixture
def before(stage: Stage) -> Stage:
    """The same, with a rule that was written only after the visit."""
    stage.origin.bodies["/feed"] = rss(3, SUED, 1)
    write(stage)
    stage.refresh()
    write(stage, LAWSUITS)
    return stage


def approve(stage: Stage, key: str) -> None:
    curate.decide(stage.app.publisher, [key], VerdictKind.APPROVED, by="ann", now=stage.now)


def why(stage: Stage, public_id: str) -> str:
    explainer = Explainer(
        stage.app.publisher, stage.app.catalogue(), stage.now, stage.app.inspector
    )
    (stored,) = posts.find(stage.app.database, public_id)
    return explainer.explain(stored).why


def chain(stage: Stage, key: str) -> Answer:
    asked = WhyShown(stage.app.publisher, stage.app.catalogue(), stage.app.inspector, stage.now)
    (answer,) = asked.asked(key)
    return answer


def of(stage: Stage, rule_id: str) -> InForce:
    (found,) = (one for one in rules(stage).in_force() if one.id == rule_id)
    return found


def edit(stage: Stage, text: str) -> None:
    stage.origin.bodies["/feed"] = rss(3, item(2, text=text), 1)
    stage.refresh(timedelta(days=1))


class TestNew:
    def test_what_a_rule_finds_is_in_no_file(self, blog: Stage) -> None:
        assert "lawsuit" not in blog.outputs()
        assert "post 1" in blog.outputs()

    def test_it_says_what_was_found(self, blog: Stage) -> None:
        assert "The rule lawsuits found: “lawsuit”." in why(blog, TWO)
        assert f"`approve {TWO}` shows it." in why(blog, TWO)

    def test_a_person_lets_it_in(self, blog: Stage) -> None:
        approve(blog, TWO)
        assert "lawsuit" in blog.outputs()

    def test_an_edit_of_what_was_approved_waits_again(self, blog: Stage) -> None:
        approve(blog, TWO)
        edit(blog, "Another lawsuit began.")
        assert "lawsuit" not in blog.outputs()
        assert "edited since it was approved" in why(blog, TWO)

    def test_an_edit_that_takes_it_out_lets_it_in(self, blog: Stage) -> None:
        edit(blog, "They spoke of the garden all evening.")
        assert "the garden" in blog.outputs()

    def test_an_edit_that_brings_it_in_takes_it_off_the_page(self, blog: Stage) -> None:
        edit(blog, "They spoke of the garden all evening.")
        edit(blog, "A lawsuit over the garden.")
        assert "the garden" not in blog.outputs()

    def test_what_a_rule_held_waits_through_edits_after_the_rule_left(self, blog: Stage) -> None:
        write(blog)
        blog.publish()
        assert "lawsuit" not in blog.outputs()
        edit(blog, "They spoke of a lawsuit all evening!")
        assert "lawsuit" not in blog.outputs()
        assert "Held by the rule lawsuits that is not in feeds.yaml any more." in why(blog, TWO)

    def test_it_waits_also_where_the_rule_looks_at_other_sources_by_now(self, blog: Stage) -> None:
        write(blog, "{id: lawsuits, in: patient-blogs, words: [lawsuit]}")
        edit(blog, "They spoke of a lawsuit all evening!")
        assert "lawsuit" not in blog.outputs()

    def test_a_rule_that_changed_lets_go_at_the_next_edit(self, blog: Stage) -> None:
        write(blog, "{id: lawsuits, in: latest-posts, words: [class action]}")
        edit(blog, "They spoke of a lawsuit all evening!")
        assert "lawsuit" in blog.outputs()

    def test_other_rules_let_go_of_nothing_but_their_own(self, blog: Stage) -> None:
        write(blog, "{id: evenings, in: latest-posts, words: [evening]}")
        edit(blog, "They spoke of a lawsuit all evening!")
        assert of(blog, "evenings").waiting == of(blog, "lawsuits").waiting == 1
        edit(blog, "They spoke of a lawsuit all day.")
        assert (of(blog, "evenings").waiting, of(blog, "lawsuits").waiting) == (0, 1)

    def test_what_a_person_let_in_is_not_held_again_by_a_rule_that_left(self, blog: Stage) -> None:
        approve(blog, TWO)
        write(blog)
        edit(blog, "They spoke of a lawsuit all evening!")
        assert "all evening!" in blog.outputs()

    def test_an_edit_that_nobody_saw_waits_though_its_rule_left_since(self, blog: Stage) -> None:
        approve(blog, TWO)
        edit(blog, "Another lawsuit began.")
        write(blog)
        edit(blog, "They spoke of a lawsuit all evening!")
        assert "lawsuit" not in blog.outputs()

    def test_a_person_lets_go_of_what_a_rule_held_that_left(self, blog: Stage) -> None:
        write(blog)
        edit(blog, "They spoke of a lawsuit all evening!")
        rules(blog).release("lawsuits", by="ann", now=blog.now)
        edit(blog, "They spoke of a lawsuit all day.")
        assert "all day" in blog.outputs()

    def test_what_the_author_wrote_as_a_summary_is_read(self, stage: Stage) -> None:
        """Blog layouts show it in place of the text."""
        stage.origin.bodies["/feed"] = rss(
            "<item><title>Day 1</title><link>https://family.example.org/1</link>"
            '<guid isPermaLink="false">id-1</guid>'
            "<pubDate>Fri, 20 Nov 2026 02:00:00 GMT</pubDate>"
            "<description>Our number is 617-555-0142, please call in the mornings.</description>"
            '<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">'
            f"{'A long walk in the park, with all of the dogs. ' * 8}</content:encoded></item>"
        )
        write(stage, more=CONSENT)
        stage.refresh()
        assert "617-555-0142" not in stage.outputs()

    def test_a_rule_looks_at_its_own_sources_only(self, stage: Stage) -> None:
        stage.origin.bodies["/feed"] = rss(SUED)
        write(stage, "{id: lawsuits, in: patient-blogs, words: [lawsuit]}")
        stage.refresh()
        assert "lawsuit" in stage.outputs()

    @pytest.mark.parametrize("within", ["in: blog, ", ""])
    def test_a_rule_looks_at_a_source_by_its_id_or_everywhere(
        self, stage: Stage, within: str
    ) -> None:
        stage.origin.bodies["/feed"] = rss(SUED)
        write(stage, f"{{id: lawsuits, {within}words: [lawsuit]}}")
        stage.refresh()
        assert "lawsuit" not in stage.outputs()


class TestHealth:
    @pytest.fixture
    def family(self, stage: Stage) -> Stage:
        call = item(2, title="Call me", text="My number: 617-555-0142. We leave at ten.")
        stage.origin.bodies["/feed"] = rss(call, 1)
        return stage

    def test_telephone_numbers_of_families_wait(self, family: Stage) -> None:
        write(family, more=CONSENT)
        family.refresh()
        assert "555-0142" not in family.outputs()
        assert "It may hold a telephone number: “617-555-0142”." in why(family, TWO)

    def test_those_of_other_sources_do_not(self, family: Stage) -> None:
        write(family)
        family.refresh()
        assert "555-0142" in family.outputs()

    def test_mail_addresses_of_the_institute_do_not(self, family: Stage) -> None:
        family.origin.bodies["/feed"] = rss(item(2, text="Ask care@example.org, they answer."))
        write(family, more=CONSENT)
        family.refresh()
        assert "rule" not in why(family, TWO)
        assert posts.find(family.app.database, TWO)[0].post.holds == ()

    def test_a_file_of_the_operators_adds_to_them(self, family: Stage, tmp_path: Path) -> None:
        own = tmp_path / "holds.toml"
        own.write_text('[[hold]]\nid = "health-trip"\nsays = "It says when they leave"\n'
                       "patterns = ['we leave at']\n", "utf-8")  # fmt: skip
        family.app.close()
        family.app = family.open(holds=own)
        write(family, more=CONSENT)
        family.refresh()
        held = posts.find(family.app.database, TWO)[0].post.holds
        assert held == ("health-telephone", "health-trip")

    def test_a_broken_file_of_theirs_refuses_the_start(self, family: Stage, tmp_path: Path) -> None:
        own = tmp_path / "holds.toml"
        own.write_text("[[hold]]\nid = 3\n", "utf-8")
        app: App = family.open(holds=own)
        with pytest.raises(SettingsError, match=r"holds.toml, \[\[hold\]\] number 1"):
            _ = app.inspector


class TestStored:
    def test_a_new_rule_leaves_what_is_there(self, before: Stage) -> None:
        before.refresh(timedelta(days=1))
        assert "lawsuit" in before.outputs()
        assert (of(before, "lawsuits").would_hold, of(before, "lawsuits").waiting) == (1, 0)

    def test_applied_it_holds_that_as_well(self, before: Stage) -> None:
        done = rules(before).apply(rules(before).named(["lawsuits"]), by="ann", now=before.now)
        assert done.posts == (TWO,)
        assert "lawsuit" not in before.outputs()
        assert (of(before, "lawsuits").would_hold, of(before, "lawsuits").waiting) == (0, 1)

    def test_the_count_is_told_before(self, before: Stage) -> None:
        told: list[dict[str, int]] = []

        def no(counts: dict[str, int]) -> bool:
            told.append(counts)
            return False

        done = rules(before).apply(rules(before).named([]), by="ann", now=before.now, may=no)
        assert (done.posts, told[0]["lawsuits"]) == ((), 1)
        assert "lawsuit" in before.outputs()

    def test_applied_again_it_changes_nothing(self, before: Stage) -> None:
        asked = rules(before)
        asked.apply(asked.named(["lawsuits"]), by="ann", now=before.now)
        acts = audit.newest(before.app.database)
        assert asked.apply(asked.named(["lawsuits"]), by="ann", now=before.now).posts == ()
        assert audit.newest(before.app.database) == acts

    def test_what_was_approved_stays(self, before: Stage) -> None:
        approve(before, TWO)
        asked = rules(before)
        assert asked.apply(asked.named(["lawsuits"]), by="ann", now=before.now).posts == ()
        assert of(before, "lawsuits").approved == 1

    def test_unless_that_is_asked_for(self, before: Stage) -> None:
        approve(before, TWO)
        asked = rules(before)
        named = asked.named(["lawsuits"])
        asked.apply(named, by="ann", now=before.now, approved_too=True)
        assert "lawsuit" not in before.outputs()

    @pytest.mark.parametrize("approved", [False, True])
    def test_undone_all_is_as_before(self, before: Stage, approved: bool) -> None:
        if approved:
            approve(before, TWO)
        asked = rules(before)
        named = asked.named(["lawsuits"])
        asked.apply(named, by="ann", now=before.now, approved_too=True)
        asked.undo("lawsuits", AuditAct.HOLD_BY_RULE, by="ann", now=before.now + HOUR)
        (stored,) = posts.find(before.app.database, TWO)
        assert (stored.post.holds, stored.verdict is not None) == ((), approved)
        assert "lawsuit" in before.outputs()

    @pytest.mark.parametrize("kind", [VerdictKind.APPROVED, VerdictKind.HIDDEN])
    def test_what_was_decided_and_undone_since_leaves_it_waiting(
        self, before: Stage, kind: VerdictKind
    ) -> None:
        """The approval that the rule ended must not come back by it."""
        approve(before, TWO)
        asked = rules(before)
        named = asked.named(["lawsuits"])
        asked.apply(named, by="ann", now=before.now, approved_too=True)
        later = before.now + HOUR
        curate.decide(before.app.publisher, [TWO], kind, by="ann", now=later)
        curate.undo(before.app.publisher, [TWO], kind, by="ann", now=later)
        assert "lawsuit" not in before.outputs()

    @pytest.mark.parametrize("order", [("lawsuits", "evenings"), ("evenings", "lawsuits")])
    def test_undoing_one_of_two_rules_leaves_what_the_other_holds(
        self, before: Stage, order: tuple[str, str]
    ) -> None:
        """The approval that one of them ended comes back once both are undone."""
        write(before, LAWSUITS, "{id: evenings, in: latest-posts, words: [evening]}")
        approve(before, TWO)
        asked = rules(before)
        asked.apply(
            asked.named(["lawsuits", "evenings"]), by="ann", now=before.now, approved_too=True
        )
        first, second = order
        asked.undo(first, AuditAct.HOLD_BY_RULE, by="ann", now=before.now + HOUR)
        (stored,) = posts.find(before.app.database, TWO)
        assert (stored.post.holds, stored.verdict) == ((second,), None)
        assert "lawsuit" not in before.outputs()
        asked.undo(second, AuditAct.HOLD_BY_RULE, by="ann", now=before.now + HOUR)
        (stored,) = posts.find(before.app.database, TWO)
        assert (stored.post.holds, stored.verdict is not None) == ((), True)
        assert "lawsuit" in before.outputs()

    def test_undone_twice_is_refused(self, before: Stage) -> None:
        asked = rules(before)
        asked.apply(asked.named(["lawsuits"]), by="ann", now=before.now)
        asked.undo("lawsuits", AuditAct.HOLD_BY_RULE, by="ann", now=before.now)
        with pytest.raises(AggregatorError, match="nothing to undo"):
            asked.undo("lawsuits", AuditAct.HOLD_BY_RULE, by="ann", now=before.now)

    def test_after_30_days_it_cannot_be_undone(self, before: Stage) -> None:
        asked = rules(before)
        asked.apply(asked.named(["lawsuits"]), by="ann", now=before.now)
        with pytest.raises(AggregatorError, match="nothing to undo"):
            asked.undo(
                "lawsuits", AuditAct.HOLD_BY_RULE, by="ann", now=before.now + timedelta(days=31)
            )

    def test_an_undo_leaves_what_the_rule_held_when_it_came(self, before: Stage) -> None:
        before.origin.bodies["/feed"] = rss(item(4, text="One more lawsuit."), 3, SUED, 1)
        before.refresh(timedelta(days=1))
        asked = rules(before)
        asked.apply(asked.named(["lawsuits"]), by="ann", now=before.now)
        asked.undo("lawsuits", AuditAct.HOLD_BY_RULE, by="ann", now=before.now)
        assert "a lawsuit" in before.outputs()
        assert "One more lawsuit" not in before.outputs()


class TestLeft:
    def test_what_a_rule_held_goes_on_waiting_without_it(self, blog: Stage) -> None:
        write(blog)
        blog.refresh(timedelta(days=1))
        assert "lawsuit" not in blog.outputs()
        assert "the rule lawsuits that is not in feeds.yaml any more" in why(blog, TWO)
        assert (of(blog, "lawsuits").left, of(blog, "lawsuits").waiting) == (True, 1)

    def test_until_a_person_lets_go(self, blog: Stage) -> None:
        write(blog)
        assert rules(blog).release("lawsuits", by="ann", now=blog.now).posts == (TWO,)
        assert "lawsuit" in blog.outputs()

    def test_letting_go_can_be_undone(self, blog: Stage) -> None:
        rules(blog).release("lawsuits", by="ann", now=blog.now)
        rules(blog).undo("lawsuits", AuditAct.LET_GO_OF_RULE, by="ann", now=blog.now)
        assert "lawsuit" not in blog.outputs()

    def test_another_rule_goes_on_holding(self, stage: Stage) -> None:
        stage.origin.bodies["/feed"] = rss(SUED)
        write(stage, LAWSUITS, "{id: evenings, words: [evening]}")
        stage.refresh()
        rules(stage).release("lawsuits", by="ann", now=stage.now)
        assert "lawsuit" not in stage.outputs()
        assert posts.find(stage.app.database, TWO)[0].post.holds == ("evenings",)

    def test_an_unknown_rule_is_told(self, blog: Stage) -> None:
        with pytest.raises(AggregatorError, match="no rule named lawsuit") as error:
            rules(blog).release("lawsuit", by="ann", now=blog.now)
        assert "lawsuits" in error.value.advice


def test_the_audit_holds_ids_and_no_words(blog: Stage) -> None:
    rules(blog).release("lawsuits", by="ann", now=blog.now)
    entry = audit.rows(blog.app.database)[0]
    assert (entry.who, entry.act, entry.public_id) == ("ann", AuditAct.LET_GO_OF_RULE, TWO)
    assert entry.after == "lawsuits"


class TestOverwhelming:
    def test_a_rule_that_would_hold_everything_is_told_with_the_count(self, stage: Stage) -> None:
        stage.origin.bodies["/feed"] = rss(3, 2, 1)
        write(stage)
        stage.refresh()
        write(stage, "{id: what, words: [what]}")
        [said] = stage.app.overwhelming(stage.app.catalogue())
        assert "The rule what finds something in 3 of the 3 posts that latest-posts shows" in said

    def test_one_that_holds_some_is_not(self, before: Stage) -> None:
        assert before.app.overwhelming(before.app.catalogue()) == []

    def test_nothing_is_said_or_made_before_anything_is_stored(self, stage: Stage) -> None:
        write(stage, LAWSUITS)
        assert stage.app.overwhelming(stage.app.catalogue()) == []
        assert not (stage.folder / "data" / "aggregator.db").exists()


def test_posts_of_unknown_language_are_passed_over_and_counted(stage: Stage) -> None:
    stage.origin.bodies["/feed"] = rss(3, 2, 1)
    write(stage, "{id: german, languages: [de]}")
    stage.refresh()
    assert "post 1" in stage.outputs()
    assert of(stage, "german").without_language == 3


class TestWhy:
    def names(self, answer: Answer) -> list[str]:
        return [step.name for step in answer.steps]

    def step(self, answer: Answer, name: str) -> tuple[bool | None, str]:
        (found,) = (step for step in answer.steps if step.name == name)
        return found.passes, found.words

    def test_the_whole_chain_of_a_shown_post(self, blog: Stage) -> None:
        answer = chain(blog, ONE)
        assert answer.shown == ("latest-posts",)
        assert self.names(answer) == [
            "stored",
            "source",
            "state",
            "consent",
            "decision on the post",
            "rules",
            "review: never",
            "widget latest-posts",
        ]
        assert all(step.passes is not False for step in answer.steps)
        assert "do not name it" not in answer.steps[-1].words

    def test_a_post_by_its_link(self, blog: Stage) -> None:
        assert chain(blog, "https://Family.example.org/1?utm_source=x").id == ONE

    def test_what_a_rule_holds(self, blog: Stage) -> None:
        answer = chain(blog, TWO)
        assert self.step(answer, "rules") == (False, "The rule lawsuits found: “lawsuit”.")
        assert answer.shown == ()

    def test_what_is_hidden(self, blog: Stage) -> None:
        curate.decide(
            blog.app.publisher, [ONE], VerdictKind.HIDDEN, by="ann", now=blog.now, reason="a face"
        )
        passes, words = self.step(chain(blog, ONE), "decision on the post")
        assert (passes, words) == (False, "Hidden by ann since 2026-11-23: a face")

    def test_a_source_without_consent(self, blog: Stage) -> None:
        write(blog, more="in: [latest-posts, patient-blogs]")
        passes, words = self.step(chain(blog, ONE), "consent")
        assert (passes, words) == (False, "None is recorded, and patient-blogs requires one.")

    def test_a_source_that_left_the_file(self, blog: Stage) -> None:
        blog.write(HEAD.replace("sources:\n", "sources: []\n"))
        blog.publish()
        answer = chain(blog, ONE)
        assert self.step(answer, "source")[0] is False
        assert answer.shown == ()

    @pytest.mark.parametrize("key", [TWO, "https://family.example.org/2"])
    def test_what_was_taken_down_tells_day_and_receipt(self, blog: Stage, key: str) -> None:
        done = take_down(blog.app.publisher, TWO, by="ann", now=blog.now)
        answer = chain(blog, key)
        assert answer.id is None
        passes, words = self.step(answer, "taken down")
        assert passes is False
        assert "2026-11-23" in words
        assert done.receipts[0].id in words

    def test_what_nobody_knows(self, blog: Stage) -> None:
        with pytest.raises(AggregatorError, match="none was taken down"):
            chain(blog, "abc")


def test_pushed_posts_are_looked_at_too(blog: Stage) -> None:
    """What a hub brings comes by another way than a visit."""
    (source,) = blog.app.catalogue().sources
    state = visits.states(blog.app.database, ["blog"])["blog"]
    body = rss(item(5, text="A lawsuit, pushed."), 3, SUED, 1)

    async def receive() -> None:
        await blog.app.refresher.receive(source, state, Delivered(Document(source.address, body)))
        await blog.app.close_fetching()

    asyncio.run(receive())
    (stored,) = posts.find(blog.app.database, public_id_of("blog", "id-5"))
    assert stored.post.holds == ("lawsuits",)
