"""Every real feed of the corpus goes through the whole stream and agrees with the manifest."""

from pathlib import Path

import pytest

from tests.corpus.stream import Verdict, manifest, share, take_through


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    corpus = Path(__file__).resolve().parents[3] / "shared" / "corpus"
    feeds = [feed for feed in manifest(corpus / "feeds") if feed.kind == "real"]
    return take_through(corpus, feeds)


def listed(verdicts: list[Verdict]) -> str:
    return "\n".join(
        f"{verdict.feed.file}: {difference}"
        for verdict in verdicts
        for difference in verdict.differs
    )


@pytest.mark.corpus
@pytest.mark.xdist_group("corpus")
def test_well_formed_feeds_agree(verdicts: list[Verdict]) -> None:
    """Title, link and date of the first entry, for 99 of 100 at least."""
    chosen = [verdict for verdict in verdicts if verdict.feed.wellformed]
    assert share(chosen) >= 0.99, listed(chosen)


@pytest.mark.corpus
@pytest.mark.xdist_group("corpus")
def test_other_feeds_agree(verdicts: list[Verdict]) -> None:
    chosen = [verdict for verdict in verdicts if not verdict.feed.wellformed]
    assert share(chosen) >= 0.95, listed(chosen)


@pytest.mark.corpus
@pytest.mark.xdist_group("corpus")
def test_no_feed_stumbles_over_a_bug_of_ours(verdicts: list[Verdict]) -> None:
    stumbled = [
        verdict.feed.file for verdict in verdicts if "stumbled" in str(verdict.report.error or "")
    ]
    assert not stumbled


@pytest.mark.corpus
@pytest.mark.xdist_group("corpus")
def test_no_entry_stumbles_over_a_bug_of_ours(verdicts: list[Verdict]) -> None:
    dropped = [
        f"{verdict.feed.file}: {one.reason}"
        for verdict in verdicts
        for one in verdict.report.visit.dropped
        if "could not be read" in one.reason
    ]
    assert not dropped
