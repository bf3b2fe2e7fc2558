"""What others quote of posts that may not be shown themselves: it is left out.

In: what a widget shows. Out: the same, without the words of posts that are hidden, wait for a
person or lack consent, of sources that are hidden, and of those that are in no widget any more.
A quote is of a stored post by its link, else by its words as a whole.
Not here: what a takedown erases for good (``store/burial.py``).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from aggregator.model import Catalogue, Quote, Selection, SourceFacts, StoredPost
from aggregator.normalise.folding import content_key
from aggregator.normalise.urls import comparable
from aggregator.store import verdicts
from aggregator.store.candidates import look
from aggregator.store.database import Database
from aggregator.widgets.reasons import Rules


def withheld(
    database: Database, catalogue: Catalogue, quotes: Iterable[Quote], now: datetime
) -> dict[Quote, str]:
    """By each quote that may not be shown, why: a sentence for staff. Raises StoreError."""
    quoted = {quote: _quoted(database, quote) for quote in quotes}
    named = {stored.post.source_id for found in quoted.values() for stored in found}
    sources = [source for source in catalogue.sources if source.id in named]
    facts = verdicts.facts(database, sources, now)
    told: dict[Quote, str] = {}
    for quote, found in quoted.items():
        for stored in found:
            if words := _against(catalogue, facts, now, stored):
                told.setdefault(quote, words)
    return told


def _quoted(database: Database, quote: Quote) -> list[StoredPost]:
    """The stored posts that it may be of, wherever they stand."""
    with look(database, anywhere=True) as looking:
        ids = looking.sharing(links=[comparable(quote.permalink)]) if quote.permalink else set()
        words = content_key("", quote.text)
        if not ids and words is not None:
            ids = looking.sharing(texts=[words])
        return looking.read(ids)


def _against(
    catalogue: Catalogue, facts: Mapping[str, SourceFacts], now: datetime, stored: StoredPost
) -> str | None:
    """Why no widget at all may show a post, be there room for it or not; None: one may."""
    source = catalogue.source(stored.post.source_id)
    if source is None:
        return f"{stored.post.source_id} is not in feeds.yaml any more."
    words = f"{source.id} is in no widget."
    for spec in catalogue.widgets_of(source.id):
        reason = Rules.at(spec, facts, now, catalogue.site.timezone).withdrawn(source, stored)
        if reason is None:
            return None
        words = reason.words
    return words


def without_withheld(
    database: Database, catalogue: Catalogue, selection: Selection, now: datetime
) -> Selection:
    """The same selection, and no quote of what may not be shown. Raises StoreError."""
    cards = (*selection.cards, *selection.more)
    met = [one.stored for one in cards] + [one.stored for one in selection.left_out]
    quotes = {one.post.quote for one in met if one is not None and one.post.quote is not None}
    gone = withheld(database, catalogue, quotes, now) if quotes else {}
    if not gone:
        return selection
    return replace(
        selection,
        cards=tuple(replace(one, stored=_without(one.stored, gone)) for one in selection.cards),
        more=tuple(replace(one, stored=_without(one.stored, gone)) for one in selection.more),
        left_out=tuple(
            replace(one, stored=_without(one.stored, gone)) for one in selection.left_out
        ),
    )


def _without(stored: StoredPost | None, gone: Collection[Quote]) -> StoredPost | None:
    if stored is None or stored.post.quote not in gone:
        return stored
    return replace(stored, post=replace(stored.post, quote=None))
