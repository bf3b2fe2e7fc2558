from html import escape

from hypothesis import given
from hypothesis import strategies as st

from aggregator.demo.words import WIDTH, as_text

POSTS = """\
<section class="fw" aria-labelledby="fw-latest-h" lang="en">
  <h2 class="fw-h" id="fw-latest-h">Latest posts</h2>
  <ul class="fw-list" role="list">
    <li class="fw-item"><article aria-labelledby="m">
      <p class="fw-meta" id="m"><span class="fw-src">The Long View</span>
        <time datetime="2026-11-23T03:20:19Z">November 23, 2026</time></p>
      <p class="fw-text">Soup &amp; bread</p>
      <p class="fw-more"><a href="http://a.example/1" rel="external noreferrer">Read it<span
        class="fw-vh">: Soup &amp; bread</span></a></p>
    </article></li>
  </ul>
  <p class="fw-foot"><a href="/w/latest/">All posts</a></p>
</section>
"""


def test_a_widget_of_posts() -> None:
    assert as_text(POSTS) == (
        "Latest posts\n"
        "============\n"
        "\n"
        "• The Long View November 23, 2026\n"
        "  Soup & bread\n"
        "  Read it\n"
        "  http://a.example/1\n"
        "\n"
        "All posts\n"
        "/w/latest/\n"
    )


def test_titles_of_items_are_bullets_and_only_the_first_heading_is_underlined() -> None:
    blogs = (
        "<section><h2>Blogs</h2><p>Some of them.</p><ul>"
        '<li><article><h3><a href="http://a.example/">One</a></h3><p>Blog A</p></article></li>'
        "<li><article><h3>Two</h3></article></li></ul></section>"
    )
    assert as_text(blogs) == (
        "Blogs\n=====\nSome of them.\n\n• One\n  http://a.example/\n  Blog A\n\n• Two\n"
    )


def test_long_text_is_wrapped_and_keeps_its_margin() -> None:
    lines = as_text(f"<ul><li><p>{'word ' * 60}</p></li></ul>").splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines[0].startswith("• word")
    assert all(line.startswith("  word") for line in lines[1:])


def test_an_address_is_never_cut() -> None:
    address = "http://a.example/" + "long-" * 30
    assert address in as_text(f'<p><a href="{address}">There</a></p>').splitlines()


def test_of_two_links_in_a_row_each_address_stands_below_its_own_words() -> None:
    assert (
        as_text('<p><a href="/a">All</a> <a href="/b">Ask</a> now</p>') == "All\n/a\nAsk now\n/b\n"
    )


def test_nothing_is_an_empty_line() -> None:
    assert as_text("") == "\n"


@given(st.text(max_size=300))
def test_all_words_of_a_text_come_through_in_order(text: str) -> None:
    assert as_text(f"<section><p>{escape(text)}</p></section>").split() == text.split()
