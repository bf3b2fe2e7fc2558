"""What a reader sees of a page and meets with the keyboard, measured; shadow roots included.

Each question is answered by a list of what is wrong, in words; empty where all is well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tests.browser.chromium import Visit

SEE = """
(() => {
  const every = root => [...root.querySelectorAll("*")]
    .flatMap(one => [one, ...(one.shadowRoot ? every(one.shadowRoot) : [])]);
  const up = one => one.assignedSlot || one.parentElement || one.getRootNode().host;
  const above = one => up(one) ? [up(one), ...above(up(one))] : [];
  const seen = one => one.checkVisibility({visibilityProperty: true})
    && !one.closest(".fw-vh, .unseen") && one.getClientRects().length > 0;
  const name = one => `${one.className || one.localName}: ${one.textContent.trim().slice(0, 40)}`;

  const paint = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const rgba = colour => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data].map(part => part / 255);
  };
  const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const canvas = one => {
    const patch = document.createElement("i");
    patch.style.color = "Canvas";
    document.documentElement.append(patch);
    const found = rgba(getComputedStyle(patch).color);
    patch.remove();
    return found;
  };
  const ground = one => [one, ...above(one)].reverse()
    .reduce((below, box) => over(rgba(getComputedStyle(box).backgroundColor), below), canvas());
  const light = colour => {
    const [r, g, b] = colour.map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (colour, under) => {
    const both = [light(over(rgba(colour), under)), light(under)].sort((a, b) => a - b);
    return (both[1] + 0.05) / (both[0] + 0.05);
  };

  const said = one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
  const texts = within => every(document).filter(one => said(one) && seen(one)
    && (!within || [one, ...above(one)].some(box => box.matches(within))));
  const words = one => [...one.childNodes].filter(node => node.nodeType === 3 && node.data.trim())
    .flatMap(node => { const range = document.createRange(); range.selectNodeContents(node);
                       return [...range.getClientRects()]; });
  const focusable = () => every(document).filter(one =>
    one.matches("a[href], button, input, select, textarea, summary, [tabindex]") && one.tabIndex >= 0 && seen(one));
  const focused = () => {
    let one = document.activeElement;
    while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
    return one;
  };
  window.eyes = {every, above, seen, name, ground, contrast, texts, words, focusable, focused};
})(), 1
"""
PALE = """
eyes.texts(WITHIN).map(one => [eyes.contrast(getComputedStyle(one).color, eyes.ground(one)), one])
  .filter(([ratio]) => ratio < 4.5).map(([ratio, one]) => `${ratio.toFixed(2)} ${eyes.name(one)}`)
"""
BORDERLESS = """
eyes.every(document).filter(one => one.matches(".fw:not(.fw-whole), .fw-item, .fw-quote, .fw-notice") && eyes.seen(one))
  .filter(one => {
    const style = getComputedStyle(one), under = eyes.ground(one.parentElement || one.getRootNode().host);
    return !["Top", "Left"].some(side => parseFloat(style[`border${side}Width`]) > 0
      && style[`border${side}Style`] === "solid"
      && eyes.contrast(style[`border${side}Color`], under) >= 3);
  }).map(eyes.name)
"""
SMALL = """
eyes.every(document).filter(one => one.matches(".fw a:not(.fw-inline), .fw summary, .fw-page-head a") && eyes.seen(one))
  .filter(one => { const box = one.getBoundingClientRect(); return box.width < 24 || box.height < 24; })
  .map(one => { const box = one.getBoundingClientRect(); return `${box.width}x${box.height} ${eyes.name(one)}`; })
"""
LOST = """
(() => {
  const cut = eyes.every(document).filter(eyes.seen).filter(one => {
    const style = getComputedStyle(one);
    return style.display !== "inline" && one !== document.documentElement && one !== document.body
      && (style.overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1
       || style.overflowY !== "visible" && one.scrollHeight > one.clientHeight + 1);
  }).map(one => `cut off: ${eyes.name(one)}`);
  const lines = eyes.texts("main, .fw").flatMap(one => eyes.words(one).map(box => [one, box]));
  const covered = lines.flatMap(([one, a], at) => lines.slice(at + 1).filter(([other, b]) => other !== one
      && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > Math.min(a.height, b.height) / 2)
    .map(([other]) => `covered: ${eyes.name(one)} by ${eyes.name(other)}`));
  return [...cut, ...covered];
})()
"""
STOP = """
(() => {
  const one = eyes.focused(), style = getComputedStyle(one), box = one.getBoundingClientRect();
  const width = parseFloat(style.outlineWidth), reach = width + parseFloat(style.outlineOffset);
  const cuts = eyes.above(one).filter(box => box !== document.body && box !== document.documentElement
      && (getComputedStyle(box).overflowX !== "visible" || /paint|content|strict/.test(getComputedStyle(box).contain)))
    .map(box => box.getBoundingClientRect())
    .filter(cut => box.left - reach < cut.left || box.right + reach > cut.right
                || box.top - reach < cut.top || box.bottom + reach > cut.bottom);
  return {
    at: eyes.focusable().indexOf(one), name: eyes.name(one),
    left: box.left + scrollX, top: box.top + scrollY, right: box.right + scrollX, bottom: box.bottom + scrollY,
    style: style.outlineStyle, width, offset: parseFloat(style.outlineOffset),
    contrast: eyes.contrast(style.outlineColor, eyes.ground(one.parentElement || one.getRootNode().host)),
    cut: cuts.length > 0,
    leftward: getComputedStyle(one.parentElement).direction === "rtl",
  };
})()
"""
SPACING = """
(sheet => {
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
                     p { margin-bottom: 2em !important }`);
  for (const one of eyes.every(document))
    if (one.shadowRoot) one.shadowRoot.adoptedStyleSheets.push(sheet);
})(new CSSStyleSheet()), 1
"""


def _ask(visit: Visit, question: str) -> Any:
    if not visit.value("'eyes' in window"):
        visit.value(SEE)
    return visit.value(question)


def pale(visit: Visit, within: str = "") -> list[str]:
    """Texts with a contrast below 4.5:1, by the colours that are in force (WCAG 2.2, 1.4.3)."""
    found: list[str] = _ask(visit, PALE.replace("WITHIN", repr(within)))
    return found


def borderless(visit: Visit) -> list[str]:
    """Boxes and items of widgets that no line of 3:1 sets apart."""
    found: list[str] = _ask(visit, BORDERLESS)
    return found


def small(visit: Visit) -> list[str]:
    """Targets below 24 by 24 pixels; links within a text may be (WCAG 2.2, 2.5.8)."""
    found: list[str] = _ask(visit, SMALL)
    return found


def lost(visit: Visit) -> list[str]:
    """Text that is cut off or covered by other text, and what makes the page scroll sideways."""
    found: list[str] = _ask(visit, LOST)
    return found + visit.overflow()


def space_out(visit: Visit) -> None:
    """As a reader's own style sheet does, which reaches into shadow roots (WCAG 2.2, 1.4.12)."""
    visit.space_out()
    _ask(visit, SPACING)


@dataclass(frozen=True)
class Stop:
    """Where the keyboard is after a press of Tab."""

    at: int
    """Its place among all that can be reached, in the order of the document."""
    name: str
    left: float
    top: float
    right: float
    bottom: float
    style: str
    width: float
    offset: float
    contrast: float
    """Of the ring to what is behind it."""
    cut: bool
    """Whether something cuts its ring off."""
    leftward: bool
    """Whether it is read from right to left there."""


def walk(visit: Visit) -> list[Stop]:
    """Every stop, from the top of the page."""
    count = _ask(visit, "eyes.focusable().length")
    return list(_stops(visit, count))


def _stops(visit: Visit, count: int) -> Iterator[Stop]:
    for _ in range(count):
        visit.press_tab()
        yield Stop(**_ask(visit, STOP))


def out_of_order(stops: list[Stop]) -> list[str]:
    """Stops that come before what stands before them, in the document or to the eye."""
    wrong = [f"{stop.at}: {stop.name}" for at, stop in enumerate(stops) if stop.at != at]
    for one, other in pairwise(stops):
        above, beside = other.bottom <= one.top, other.top < one.bottom - 1
        behind = other.left >= one.right if other.leftward else other.right <= one.left
        if above or (beside and behind):
            wrong.append(f"{other.name} stands before {one.name}")
    return wrong


def ringless(stops: list[Stop]) -> list[str]:
    """Stops without a ring of 3 pixels, at a distance, whole, and of 3:1 (WCAG 2.2, 1.4.11, 2.4.7)."""
    return [
        str(stop)
        for stop in stops
        if stop.style != "solid"
        or stop.width < 3
        or stop.offset < 1
        or stop.contrast < 3
        or stop.cut
    ]
