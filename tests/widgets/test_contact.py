"""Where a family asks for removal: in each widget of posts or blogs, whatever its language.

Not in the layout ``notice``: it shows words of staff's own, with the links that they give it.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from aggregator.model import Widget, WidgetSpec
from aggregator.widgets.render import Renderer

CONTACT = 'href="mailto:web@example.org"'


@pytest.mark.parametrize("language", ["en", "es", "he", "fa"])
@pytest.mark.parametrize("layout", ["posts", "blogs", "cards", "list"])
def test_the_footer_leads_to_the_contact(
    renderer: Renderer,
    gallery: dict[str, Widget],
    spec: Callable[..., WidgetSpec],
    layout: str,
    language: str,
) -> None:
    about = spec("widget-1", layout, language=language)
    for widget in (gallery["posts"], gallery["empty"]):
        files = renderer.render(replace(widget, spec=about))
        pages = [file.body.decode() for file in files if file.path.endswith(".html")]
        assert len(pages) == 5
        assert all(page.count(CONTACT) == 1 for page in pages)


def test_there_is_one_for_every_layout(renderer: Renderer) -> None:
    assert renderer.layouts() == {"posts", "blogs", "cards", "list", "notice"}
