"""No block of code in the document that nothing runs."""

import re
from pathlib import Path

import pytest

from tests.integrations import apache, nginx
from tests.integrations.document import block, blocks
from tests.integrations.test_servers import TABLE

RUN = [
    ("The style", "test_document", "test_the_style_is_a_file_that_is_served"),
    ("nginx", "test_document", "test_the_lines_for_a_server_are_those_of_the_tests"),
    ("Apache", "test_document", "test_the_lines_for_a_server_are_those_of_the_tests"),
    ("Plain PHP", "test_php", "test_the_documented_line_for_files_on_the_same_machine"),
    ("Plain PHP", "test_php", "test_the_documented_lines_for_another_machine"),
    ("WordPress", "test_wordpress_site", "test_the_widget_stands_in_the_page_as_it_came"),
    ("Drupal", "test_drupal", "test_the_documented_settings_are_understood"),
    ("Static sites", "test_static", "test_the_documented_comments_are_filled"),
    ("Static sites", "test_static", "test_the_documented_command_fills_pages"),
    ("Static sites", "test_static", "test_the_documented_timer_fills_pages"),
    ("Static sites", "test_static", "test_the_documented_line_of_curl_takes_the_widget"),
    ("By the loader", "test_below", "test_the_front_page_shows_what_the_document_shows"),
    ("In an iframe", "test_below", "test_the_front_page_shows_what_the_document_shows"),
    ("Content Security Policy", "test_document", "test_the_policy_names_one_origin_only"),
]
"""Heading, and the test that runs the block or compares it with what is run; in the document's order."""
PAGES = {"nginx": nginx.PAGE, "Apache": apache.PAGE}


def test_every_block_is_run() -> None:
    assert [heading for heading, _ in blocks()] == [heading for heading, _, _ in RUN]
    for _, file, name in RUN:
        text = Path(__file__).with_name(f"{file}.py").read_text("utf-8")
        assert f"def {name}(" in text


def test_every_file_that_is_named_is_there(integrations: Path) -> None:
    text = (integrations.parent / "docs" / "embedding.md").read_text("utf-8")
    named = set(re.findall(r"\bintegrations/[\w./-]*\w", text))
    assert len(named) > 6
    assert [name for name in named if not (integrations.parent / name).exists()] == []


def test_every_way_that_is_shipped_is_told(integrations: Path) -> None:
    docs = integrations.parent / "docs"
    text = "".join((docs / f"{name}.md").read_text("utf-8") for name in ("embedding", "operating"))
    assert {folder.name for folder in integrations.iterdir()} <= set(
        re.findall(r"integrations/(\w+)", text)
    )


def test_the_style_is_a_file_that_is_served() -> None:
    (path,) = re.findall('href="https://www.example.org/feeds([^"]+)"', block("The style"))
    assert path in TABLE


@pytest.mark.parametrize("server", PAGES)
def test_the_lines_for_a_server_are_those_of_the_tests(server: str) -> None:
    assert block(server).replace("\n", "") in PAGES[server]


def test_the_policy_names_one_origin_only() -> None:
    assert set(re.findall(r"'[^']+'|https://\S+?(?=;|\s|$)", block("Content Security Policy"))) == {
        "'self'", "https://feeds.example.org",
    }  # fmt: skip
