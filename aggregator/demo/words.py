"""A widget as plain text, for a terminal.

In: a fragment that we rendered ourselves (``widgets/``). Out: lines of at most 80 letters, apart
from addresses, which are never cut.
"""

import textwrap
from html.parser import HTMLParser

WIDTH = 80

_BLOCKS = frozenset({"p", "li", "article", "section", "ul", "ol", "div", "header", "footer"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_HIDDEN_CLASS = "fw-vh"
"""Words for screen readers that only repeat what stands beside them."""


def as_text(fragment_html: str) -> str:
    """Headings, items, dates and links of a widget, each on lines of their own."""
    reader = _Reader()
    reader.feed(fragment_html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    """Collects the words of a block and lays them out when the block ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._words: list[str] = []
        self._links: list[str] = []
        self._depth = 0
        self._hidden = 0
        self._bullet = False
        self._titled = False

    def text(self) -> str:
        self._flush()
        return "\n".join(self._lines).strip("\n") + "\n"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "span":
            hidden = self._hidden or _HIDDEN_CLASS in (given.get("class") or "").split()
            self._hidden += 1 if hidden else 0
        elif tag == "a":
            if self._links:  # a second link in one block: each address below its own words
                self._flush()
            self._links.append(given.get("href") or "")
        elif tag == "br":
            self._words.append(" ")
        elif tag in _BLOCKS or tag in _HEADINGS:
            self._flush()
            if tag == "li":
                self._lines.append("")
                self._depth += 1
                self._bullet = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "span":
            self._hidden -= 1 if self._hidden else 0
        elif tag in _HEADINGS or tag in _BLOCKS:
            self._flush()
        if tag in _HEADINGS and not self._titled and self._lines:
            self._lines.append("=" * len(self._lines[-1]))
            self._titled = True
        elif tag == "li":
            self._depth -= 1
            self._bullet = False
        elif tag in {"ul", "ol"}:
            self._lines.append("")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._words.append(data)

    def _flush(self) -> None:
        links, self._links = self._links, []
        words, self._words = "".join(self._words), []
        self._write(" ".join(words.split()))
        self._lines.extend(self._margin() + link for link in links if link)

    def _write(self, words: str) -> None:
        if not words:
            return
        first = self._margin()
        if self._bullet:
            first = first[:-2] + "• "
            self._bullet = False
        self._lines += textwrap.wrap(
            words,
            WIDTH,
            initial_indent=first,
            subsequent_indent=self._margin(),
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _margin(self) -> str:
        return "  " * self._depth
