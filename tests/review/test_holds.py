"""The shipped holds, how well they do on labelled posts, and a file of the operator's."""

from collections.abc import Callable
from pathlib import Path

import pytest

from aggregator.catalogue.patterns import read_pattern
from aggregator.model import Post
from aggregator.review.holds import BEGINNING, HoldsError, shipped, with_own
from aggregator.review.rules import inspect
from benchmarks.holds import labelled, measure

MakePost = Callable[..., Post]


class TestShipped:
    def test_ids_are_those_of_holds(self) -> None:
        assert all(rule.id.startswith(BEGINNING) for rule in shipped())

    def test_each_says_what_and_then(self) -> None:
        assert all(rule.says and rule.then.endswith(".") for rule in shipped())


class TestLabelled:
    def test_there_are_enough_posts_and_half_are_innocent(self) -> None:
        posts = labelled()
        innocent = sum(not one.holds for one in posts)
        assert len(posts) >= 120
        assert innocent >= 0.4 * len(posts)

    def test_each_hold_is_asked_for_often_enough_to_tell(self) -> None:
        tallies = measure(labelled(), shipped())
        assert min(tally.right + tally.missed for tally in tallies.values()) >= 10

    def test_every_label_is_a_hold(self) -> None:
        known = {rule.id for rule in shipped()}
        assert set().union(*(one.holds for one in labelled())) == known

    def test_what_is_held_ought_to_be(self) -> None:
        assert measure(labelled(), shipped())["any"].precision >= 0.9

    def test_what_ought_to_be_held_is(self) -> None:
        """Of posts that the holds were changed for; docs/holds.md says how it is with others."""
        known = [one for one in labelled() if not one.fresh]
        assert measure(known, shipped())["any"].recall >= 0.9


class TestOwn:
    @pytest.fixture
    def own(self, tmp_path: Path) -> Callable[[str], Path]:
        def write(text: str) -> Path:
            path = tmp_path / "own.toml"
            path.write_text(text, "utf-8")
            return path

        return write

    def test_a_hold_of_ones_own(self, own: Callable[[str], Path], make_post: MakePost) -> None:
        path = own(
            '[[hold]]\nid = "health-bed"\nsays = "It may name a bed:"\n'
            "patterns = ['bed [0-9]+']\n[hold.words]\nen = [\"my ward\"]\n"
        )
        rules = with_own(path, read_pattern)
        assert len(rules) == len(shipped()) + 1
        [finding] = inspect(make_post("I lie in bed 12."), rules)
        assert (finding.rule, finding.words) == ("health-bed", "It may name a bed: “bed 12”.")

    def test_an_id_that_ships_adds_to_it(
        self, own: Callable[[str], Path], make_post: MakePost
    ) -> None:
        """Here: the institute's own number, which is nobody's secret."""
        path = own("[[hold]]\nid = \"health-telephone\"\nunless = ['617-555-01\\d\\d']\n")
        rules = with_own(path, read_pattern)
        assert len(rules) == len(shipped())
        assert inspect(make_post("Ask 617-555-0142."), shipped())
        assert not inspect(make_post("Ask 617-555-0142."), rules)
        assert inspect(make_post("Ask 781-555-0142."), rules)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("[[hold]", "line 1"),
            ("[[hold]]\nid = 'bed'", "number 1: id"),
            ("x = 1", "[[hold]]"),
            ("hold = 3", "[[hold]]"),
            ("hold = [3]", "number 1"),
            ("[[hold]]\nid = 'health-bed'", "(health-bed): says"),
            ("[[hold]]\nid = 'health-mail'\nsays = 3", "says: a text"),
            ("[[hold]]\nid = 'health-mail'\npatterns = 'x'", "patterns: a list"),
            ("[[hold]]\nid = 'health-mail'\npatterns = ['(a+)+b']", "too many ways"),
            ("[[hold]]\nid = 'health-mail'\npatterns = ['(']", "closes"),
            ("[[hold]]\nid = 'health-mail'\nlinks = ['no domain']", "no domain"),
            ("[[hold]]\nid = 'health-mail'\nwords = ['x']", "lists by language"),
            ("[[hold]]\nid = 'health-mail'\nwords = {en = 'x'}", "words.en: a list"),
            ("[[hold]]\nid = 'health-mail'\nword = {en = ['x']}", "word is not known"),
            ("[[hold]]\nid = 'health-mail'\n[[hold]]\nid = 'x'", "number 2"),
        ],
    )
    def test_what_is_wrong_says_file_and_entry(
        self, own: Callable[[str], Path], text: str, said: str
    ) -> None:
        path = own(text)
        with pytest.raises(HoldsError) as error:
            with_own(path, read_pattern)
        assert said in str(error.value)
        assert str(path) in str(error.value)

    def test_a_file_that_is_no_text(self, tmp_path: Path) -> None:
        path = tmp_path / "own.toml"
        path.write_bytes(b"\xff\xfe")
        with pytest.raises(HoldsError, match="UTF-8"):
            with_own(path, read_pattern)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(HoldsError, match="cannot be read"):
            with_own(tmp_path / "none.toml", read_pattern)
