"""What a post says without what each network adds: its words, where its sentences begin, its links.

In: a ``Post``. Out: a ``Sketch``, by which ``likeness.py`` tells copies from look-alikes. Pure.
Addresses and emoji are no words; hashtags and mentions are marked as free, and those at either end
are left out, as is a call to read on before a link.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from aggregator.model import Post, SpanKind

_MOST_WORDS = 400
"""Of a post, so many are compared: a social post never has more, an article begins with them."""
_COMPARED = 8 * _MOST_WORDS
"""Code points that are looked at for them."""

_TOKEN = re.compile(
    r"(?P<url>(?:https?://|www\.)\S+|\w[\w-]{0,62}(?:\.[\w-]{1,63})*\.[^\W\d_]{2,63}/\S*)"
    r"|(?<!\w)@(?P<mention>\w(?:[\w.-]*\w)?(?:@\w(?:[\w.-]*\w)?)?)"
    r"|(?<!\w)#(?P<tag>\w+)"
    r"|(?P<cut>…|\.\.\.+)"
    r"|(?P<end>[.!?\u3002\uff01\uff1f\n])"
    r"|(?P<lead>[:|\u2013\u2014])"
    r"|(?P<number>\d+(?:[.,:]\d+)*)"
    r"|(?P<sign>[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])"
    r"|(?P<word>&|[^\W\d_]+(?:'[^\W\d_]+)*)"
)
"""After NFKC, which makes plain letters of styled ones, and ``#`` of its wide form."""
_PART_OF_TAG = re.compile(r"[A-Z]+(?![a-z])|[A-Z][^\WA-Z\d_]+|\d+|[^\WA-Z\d_]+")
_ADDRESS_LIKE = re.compile(r"\S*[./]\S*")
_SHORTENERS = """
bit.ly buff.ly cutt.ly dlvr.it fb.me goo.gl hubs.la hubs.li hubs.ly is.gd lnkd.in ow.ly rb.gy
rebrand.ly shorturl.at spr.ly t.co t.ly tinyurl.com trib.al
"""
"""Hosts whose addresses tell nothing of where they lead."""
_DAYS_AND_MONTHS = """
monday tuesday wednesday thursday friday saturday sunday
january february march april may june july august september october november december
"""
_CALLING = "more here link full details reading más aquí enlace completo completa"
_CALL = """
a about and article at below bio blog by click comment comments continue find for get in info
information it learn on our out post profile read see story the this to via visit watch website
artículo blog continúa el en la lea leer nuestra nuestro noticia sobre toda todo ver web
"""
"""Words that a call to read on is made of; one of the former is always among them."""

_NO_ADDRESS = frozenset(_SHORTENERS.split())
_WRITTEN_OUT = {
    "&": "and",
    **{name[:3]: name for name in _DAYS_AND_MONTHS.split()},
    "tues": "tuesday",
    "thur": "thursday",
    "thurs": "thursday",
    "sept": "september",
}
"""Words that are written in two ways."""
_CALLING_WORDS = frozenset(_CALLING.split())
_CALL_WORDS = _CALLING_WORDS.union(_CALL.split())


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a post says."""

    words: tuple[str, ...]
    """Folded; numbers are words, too."""
    free: tuple[bool, ...]
    """Of each word, whether it is a hashtag or a mention, which one network has and another not."""
    begins: frozenset[int]
    """Positions of words that begin a sentence, and the end."""
    leads: frozenset[int]
    """Positions of words that stand after a colon or dash."""
    links: frozenset[str]
    """Where it leads, in a form for comparing; without those that tell nothing."""
    page: str | None
    """Its own page, in the same form; None for notes, which nobody links to."""
    cut: bool
    """Whether it breaks off visibly."""
    runs: frozenset[tuple[str, ...]]
    """Each three words in a row, without the free ones."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    words: tuple[str, ...] = ()


def sketch_of(post: Post) -> Sketch:
    """What a post says."""
    tokens = list(_tokens(post))
    cut = _strip(tokens)
    words: list[str] = []
    free: list[bool] = []
    begins, leads = {0}, set()
    for token in tokens:
        if token.kind in {"end", "cut"}:
            begins.add(len(words))
        elif token.kind == "lead":
            leads.add(len(words))
        words += token.words
        free += [token.kind in {"tag", "mention"}] * len(token.words)
    words, free = words[:_MOST_WORDS], free[:_MOST_WORDS]
    plain = [word for word, extra in zip(words, free, strict=True) if not extra]
    return Sketch(
        tuple(words),
        tuple(free),
        frozenset({*begins, len(words)}),
        frozenset(leads),
        frozenset(_links(post)),
        _key(post.permalink) if post.title and post.permalink else None,
        cut,
        frozenset(zip(plain, plain[1:], plain[2:], strict=False)),
    )


def _tokens(post: Post) -> Iterator[_Token]:
    if post.title:
        yield from _read(post.title)
        yield _Token("end")
    at = 0
    for span in post.spans:
        shown = post.text[span.start : span.end]
        if span.kind is SpanKind.LINK and shown[:1] not in "#@" and _ADDRESS_LIKE.fullmatch(shown):
            yield from _read(post.text[at : span.start])
            yield _Token("url")
            at = span.end
        if at > _COMPARED:
            return
    yield from _read(post.text[at : at + _COMPARED])


def _read(text: str) -> Iterator[_Token]:
    plain = unicodedata.normalize("NFKC", text).replace("\u2019", "'")
    for found in _TOKEN.finditer(plain):
        kind, said = found.lastgroup or "", found[0]
        if kind == "tag":
            parts = _PART_OF_TAG.findall(found["tag"])
            yield _Token(kind, tuple(part.casefold() for part in parts))
        elif kind == "mention":
            yield _Token(kind, ("@" + found["mention"].casefold(),))
        elif kind == "number":
            yield _Token(kind, (said.replace(",", ".").replace(":", "."),))
        elif kind in {"word", "sign"}:
            folded = said.casefold()
            yield _Token(kind, (_WRITTEN_OUT.get(folded, folded),))
        else:
            yield _Token(kind)


def _strip(tokens: list[_Token]) -> bool:
    """Take away what surrounds the words; whether these break off visibly."""
    while tokens and tokens[0].kind in {"tag", "mention", "url", "end", "lead"}:
        del tokens[0]
    cut = False
    while tokens:
        length = _call(tokens)
        if length:
            del tokens[-length:]
        elif tokens[-1].kind in {"tag", "mention", "url", "end", "lead", "cut"}:
            cut = tokens.pop().kind == "cut"
            if cut:
                break
        else:
            break
    return cut


def _call(tokens: list[_Token]) -> int:
    """How many of the last tokens are a call to read on, such as "Read the full story"."""
    length = 0
    calling = False
    for token in reversed(tokens):
        if token.kind != "word" or token.words[0] not in _CALL_WORDS:
            break
        length += 1
        calling = calling or token.words[0] in _CALLING_WORDS
    # A sentence ends before it, or it is no call: "We would love to see you here".
    begins = length < len(tokens) and tokens[-length - 1].kind in {"end", "cut", "lead", "url"}
    return length if calling and begins else 0


def _links(post: Post) -> Iterator[str]:
    targets = [span.target for span in post.spans if span.kind is SpanKind.LINK]
    targets += [found["url"] for found in _TOKEN.finditer(post.text[:_COMPARED]) if found["url"]]
    for target in targets:
        if target and (key := _key(target)):
            yield key


def _key(target: str) -> str | None:
    """An address for comparing; None where it leads to a home page or nobody knows where."""
    if target.endswith("…"):
        return None
    try:
        parts = urlsplit(target if "://" in target else f"https://{target}")
    except ValueError:
        return None
    host = (parts.netloc or "").lower().removeprefix("www.")
    path = parts.path.rstrip("/.,;:!?)")
    if host == "youtu.be" and path:
        return f"youtube.com/watch?v={path[1:]}"
    if host in {"youtube.com", "m.youtube.com"} and (video := parse_qs(parts.query).get("v")):
        return f"youtube.com/watch?v={video[0]}"
    if host in _NO_ADDRESS or not (path or parts.query):
        return None
    return f"{host}{path}{'?' + parts.query if parts.query else ''}"
