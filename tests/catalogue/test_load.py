import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from aggregator.catalogue.load import MAX_BYTES, parse, read_bytes
from aggregator.errors import CatalogueError, Problem
from aggregator.model import Catalogue, Consent, HoldRule, Only, Platform, Review, SourceState

HERE = Path(__file__).parent
SITE = "site: {name: Example, url: https://www.example.org, language: de}\n"
Read = Callable[[str | bytes], Catalogue]
Problems = Callable[[str | bytes], tuple[Problem, ...]]


def _names(folder: str) -> list[str]:
    return sorted(path.name for path in (HERE / folder).glob("*.yaml"))


def _expected(text: str) -> list[tuple[int, int, str]]:
    """The first comment lines of a bad file: ``# LINE:COLUMN a piece of the message``."""
    told = [re.fullmatch(r"# (\d+):(\d+) (.+)", line) for line in text.splitlines()]
    return [(int(m[1]), int(m[2]), m[3]) for m in told if m]


@pytest.mark.parametrize("name", _names("good"))
def test_good_file(problems: Problems, name: str) -> None:
    assert problems((HERE / "good" / name).read_bytes()) == ()


@pytest.mark.parametrize("name", _names("bad"))
def test_bad_file(problems: Problems, name: str) -> None:
    """Exactly what its first lines say is reported, in that order and at those places."""
    text = (HERE / "bad" / name).read_text(encoding="utf-8")
    told = problems(text)
    expected = _expected(text)
    assert [(problem.line, problem.column) for problem in told] == [
        (line, column) for line, column, _ in expected
    ]
    for problem, (_, _, piece) in zip(told, expected, strict=True):
        assert piece in str(problem)


@pytest.mark.parametrize("name", _names("bad"))
def test_every_problem_is_a_sentence_and_says_what_to_do(problems: Problems, name: str) -> None:
    for problem in problems((HERE / "bad" / name).read_bytes()):
        assert problem.what.endswith(".")
        assert problem.hint


def test_every_key_arrives(read: Read) -> None:
    catalogue = read((HERE / "good" / "every_key.yaml").read_bytes())
    widget, source = catalogue.widgets[0], catalogue.sources[0]
    assert (catalogue.site.language, catalogue.site.contact) == ("en-US", "mailto:web@example.org")
    assert catalogue.site.trackers == ("ref_campaign", "cmp_*")
    assert {one.trackers for one in catalogue.sources} == {catalogue.site.trackers}
    assert (widget.intro, widget.notice) == ("Two lines of text.", "Ours: not others'")
    assert (widget.show, widget.per_source, widget.heading) == (50, 2, 5)
    assert (widget.max_age, widget.language) == (timedelta(weeks=2), "zh-Hant-HK")
    assert (widget.require_consent, widget.only) == (True, Only(("care",), ("trial",)))
    assert (source.widgets, source.tags) == (("news", "more"), ("care", "2026"))
    assert (source.state, source.review) == (SourceState.RESTING, Review.FIRST)
    assert (source.language, source.every) == ("no", timedelta(minutes=30))
    assert source.consent == Consent(
        reference="PF-2026-014",
        basis="authorization",
        given=date(2026, 5, 1),
        expires=date(2026, 5, 1),
        withdrawn=date(2026, 5, 2),
    )


def test_rules_arrive(read: Read) -> None:
    lawsuits, everywhere = read((HERE / "good" / "every_key.yaml").read_bytes()).rules
    assert lawsuits == HoldRule(
        id="lawsuits",
        within=("news", "one"),
        words=("Class action", "2026"),
        patterns=("ward [0-9]{1,50}", r"\bline"),
        languages=("de", "zh-Hant-HK"),
        links=("https-is-fine.example.org", "shop.example"),
    )
    assert (everywhere.id, everywhere.within) == ("everywhere", ("two",))


def test_an_address_in_place_of_a_domain_is_corrected(problems: Problems) -> None:
    rules = "widgets: []\nsources: []\nrules: [{id: a, links: ['https://www.shop.example/x']}]\n"
    assert [problem.hint for problem in problems(SITE + rules)] == ["Write shop.example"]


def test_lines_of_a_text_are_kept_by_variants_too(read: Read) -> None:
    catalogue = read((HERE / "good" / "every_key.yaml").read_bytes())
    for widget_id in ("call", "call-home"):
        widget = catalogue.widget(widget_id)
        assert widget is not None
        assert widget.text == "Adults: 212-555-0142\nChildren: 212-555-0187"


def test_account_with_at_is_the_account_without(read: Read) -> None:
    source = read((HERE / "good" / "every_key.yaml").read_bytes()).sources[1]
    assert (source.platform, source.address) == ("social", "two@social.example")


def test_a_token_is_named_by_its_variable(read: Read) -> None:
    assert (
        read((HERE / "good" / "every_key.yaml").read_bytes()).sources[1].token == "SOCIAL_TOKEN_2"
    )


def test_the_platform_names_the_variable_where_staff_do_not(read: Read) -> None:
    sources = read((HERE / "good" / "traps_avoided.yaml").read_bytes()).sources
    told = {source.platform: source.token for source in sources}
    assert told == {"feed": None, "social": "SOCIAL_TOKEN"}


def test_options_become_the_connectors_own(read: Read, platforms: Mapping[str, Platform]) -> None:
    source = read((HERE / "good" / "every_key.yaml").read_bytes()).sources[1]
    assert source.options == platforms["social"].options(include_reposts=True, limit=5)


def test_options_not_written_are_the_defaults(
    read: Read, platforms: Mapping[str, Platform]
) -> None:
    source = read((HERE / "good" / "traps_avoided.yaml").read_bytes()).sources[1]
    assert source.options == platforms["social"].options()


def test_yes_no_and_on_are_texts(read: Read) -> None:
    catalogue = read((HERE / "good" / "traps_avoided.yaml").read_bytes())
    said = (catalogue.site.language, catalogue.widgets[0].id, catalogue.sources[0].id)
    assert said == ("no", "on", "yes")


def test_what_is_not_written_has_its_default(read: Read) -> None:
    catalogue = read(SITE + "widgets:\n  - {id: a, title: A, layout: posts}\n")
    widget = catalogue.widgets[0]
    assert (widget.show, widget.heading, widget.language) == (5, 2, "de")
    assert (widget.feeds_from, widget.require_consent) == ("a", False)
    assert catalogue.site.timezone == "UTC"


CHAIN = """\
widgets:
  - {id: c, like: b, heading: 4}
  - {id: b, like: a, show: 9, title: Bee}
  - {id: a, title: A, layout: blogs, show: 2, intro: Hello, require: consent, only: {tags: [x]}}
sources:
  - {id: one, feed: "https://one.example.org/", in: a}
  - {id: two, feed: "https://two.example.org/", in: c}
"""


def test_variant_takes_over_all_that_it_does_not_say(read: Read) -> None:
    variant = read(SITE + CHAIN).widgets[0]
    assert (variant.id, variant.title, variant.layout) == ("c", "Bee", "blogs")
    assert (variant.show, variant.heading, variant.intro) == (9, 4, "Hello")
    assert (variant.require_consent, variant.only.tags) == (True, ("x",))


def test_variant_shows_the_sources_of_the_end_of_its_chain(read: Read) -> None:
    catalogue = read(SITE + CHAIN)
    assert [widget.feeds_from for widget in catalogue.widgets] == ["a", "a", "a"]
    shown = [source.id for source in catalogue.sources_of(catalogue.widgets[0])]
    assert shown == ["one", "two"]
    assert [source.id for source in catalogue.sources_of(catalogue.widgets[1])] == ["one"]


def test_variant_may_repeat_the_default(read: Read) -> None:
    """A key that is written counts, even if it says what the default says."""
    catalogue = read(
        SITE
        + "widgets:\n  - {id: a, title: A, layout: posts, show: 9}\n  - {id: b, like: a, show: 5}\n"
    )
    assert catalogue.widgets[1].show == 5


def test_digest_is_that_of_the_bytes(read: Read) -> None:
    assert read(SITE).digest == sha256(SITE.encode()).hexdigest()
    assert read(SITE.encode()).digest == read(SITE).digest


def test_problems_name_the_place_in_the_meaning(problems: Problems) -> None:
    told = problems((HERE / "bad" / "consent_dates.yaml").read_bytes())
    assert [problem.path for problem in told] == [
        "sources[0].consent.expires",
        "sources[0].consent.withdrawn",
    ]


@pytest.mark.parametrize("name", [name for name in _names("bad") if name.startswith("secret")])
def test_secrets_are_not_repeated(problems: Problems, name: str) -> None:
    told = " ".join(map(str, problems((HERE / "bad" / name).read_bytes())))
    assert not re.search(r"hunter2|ann:|=abc", told)


@pytest.mark.parametrize("name", [name for name in _names("bad") if name.startswith("consent")])
def test_notes_about_people_are_not_repeated(problems: Problems, name: str) -> None:
    """Messages are logged; what was written in place of a file number must not be."""
    told = " ".join(map(str, problems((HERE / "bad" / name).read_bytes())))
    assert not re.search(r"sister|stage|illness|she agreed|May,", told)


def _told_of(
    path: Path, platforms: Mapping[str, Platform], layouts: frozenset[str]
) -> CatalogueError:
    with pytest.raises(CatalogueError) as caught:
        parse(read_bytes(path), path, platforms, layouts)
    return caught.value


def test_load_reads_a_file(
    tmp_path: Path, platforms: Mapping[str, Platform], layouts: frozenset[str]
) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(SITE)
    assert parse(read_bytes(path), path, platforms, layouts).site.name == "Example"


def test_missing_file(
    tmp_path: Path, platforms: Mapping[str, Platform], layouts: frozenset[str]
) -> None:
    error = _told_of(tmp_path / "none.yaml", platforms, layouts)
    assert "none.yaml: There is no such file." in str(error)
    assert "--config" in str(error)


def test_folder_instead_of_a_file(
    tmp_path: Path, platforms: Mapping[str, Platform], layouts: frozenset[str]
) -> None:
    assert "not a file" in str(_told_of(tmp_path, platforms, layouts))


def test_unreadable_file(
    tmp_path: Path, platforms: Mapping[str, Platform], layouts: frozenset[str]
) -> None:
    """A link that leads to itself cannot be opened by anybody, not even by root."""
    path = tmp_path / "feeds.yaml"
    path.symlink_to(path)
    assert "cannot be read" in str(_told_of(path, platforms, layouts))


def test_impossible_name(platforms: Mapping[str, Platform], layouts: frozenset[str]) -> None:
    assert "cannot be read" in str(_told_of(Path("a\0b"), platforms, layouts))


def test_too_large(problems: Problems) -> None:
    told = problems(SITE + "#" * MAX_BYTES)
    assert [problem.what for problem in told] == ["The file is larger than 2 megabytes."]


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\xef\xbb\xbf"], ids=["nothing", "lines", "mark"])
def test_empty_file(problems: Problems, raw: bytes) -> None:
    assert [problem.what for problem in problems(raw)] == ["The file is empty."]


def test_only_comments(problems: Problems) -> None:
    told = problems("# sources:\n#  - id: blog\n")
    assert [problem.what for problem in told] == ["The file holds nothing but comments."]


def test_latin_1_is_told_with_its_place(problems: Problems) -> None:
    (problem,) = problems("site:\n  name: Institut für\n".encode("latin-1"))
    assert (problem.line, problem.column) == (2, 19)
    assert "UTF-8" in problem.hint


def test_lone_surrogate_is_told(problems: Problems) -> None:
    """A text that no file can hold may still come from a form."""
    (problem,) = problems("site: \ud800")
    assert (problem.line, problem.column) == (1, 7)


def test_utf_16_is_told(problems: Problems) -> None:
    (problem,) = problems(SITE.encode("utf-16"))
    assert "UTF-8" in problem.hint


def test_control_character_is_told_with_its_place(problems: Problems) -> None:
    (problem,) = problems("site:\n  name: a\x07b\n")
    assert (problem.line, problem.column) == (2, 10)
    assert "Delete it" in problem.hint


def test_problems_come_in_the_order_of_the_file(problems: Problems) -> None:
    told = problems((HERE / "bad" / "everything_at_once.yaml").read_bytes())
    assert [problem.line for problem in told] == sorted(problem.line for problem in told)
