"""The WordPress plugin in a real WordPress: its transients, its HTTP, its settings."""

import html
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integrations.service import PATH, Said, Service, widget
from tests.integrations.wordpress_site import SHIPPED, WordPress

pytestmark = [pytest.mark.program("php"), pytest.mark.xdist_group("wordpress")]

PLUGIN = "aggregator-widgets/aggregator-widgets.php"
PUBLIC = "https://www.example.org/feeds"
LINK = f'<p><a href="{PUBLIC}/w/latest-posts/">Latest posts</a></p>'


@pytest.fixture(scope="module")
def wordpress(integrations: Path) -> Iterator[WordPress]:
    """One for all tests, as installing takes seconds."""
    if not (SHIPPED / "wp-settings.php").exists():
        reason = "no WordPress was found (apt install mariadb-server-core php-mysql wordpress)"
        (pytest.fail if os.environ.get("REQUIRE_PROGRAMS") else pytest.skip)(reason)
    with tempfile.TemporaryDirectory() as home:
        made = WordPress(Path(home), integrations / "wordpress")
        yield made
        made.stop()


@pytest.fixture
def site(wordpress: WordPress, service: Service) -> Iterator[WordPress]:
    """As just installed: the plugin active, its addresses set, no copies; nothing may be complained about."""
    addresses = {"url": service.address, "public_url": PUBLIC}
    wordpress.run(
        "activate_plugin($said['plugin']); delete_transient('feed_widget_latest-posts');"
        "update_option('aggregator_widgets', $said['addresses']);",
        plugin=PLUGIN, addresses=addresses,
    )  # fmt: skip
    yield wordpress
    assert wordpress.complaints() == []


def let_pass(site: WordPress, seconds: int) -> None:
    """Make the copy so much older; nobody waits."""
    site.run(
        "$copy = get_transient('feed_widget_latest-posts'); $copy['at'] -= $said['seconds'];"
        "$copy['tried'] -= $said['seconds']; set_transient('feed_widget_latest-posts', $copy, 180);",
        seconds=seconds,
    )


def test_wordpress_takes_the_plugin(site: WordPress) -> None:
    """It checks what the plugin says that it needs."""
    assert site.run("$result = is_plugin_active($said['plugin']);", plugin=PLUGIN) is True
    assert site.run("$result = validate_plugin_requirements($said['plugin']);", plugin=PLUGIN)


def test_the_widget_stands_in_the_page_as_it_came(site: WordPress, service: Service) -> None:
    """Neither paragraphs nor typography are done to it by WordPress."""
    seen = site.visit()
    assert widget() in seen
    assert f"{PUBLIC}/w/widget.css" in seen
    assert len(service.asked) == 1


def test_a_copy_is_used_for_two_minutes(site: WordPress, service: Service) -> None:
    site.visit()
    let_pass(site, 100)
    site.visit()
    assert len(service.asked) == 1
    service.says[PATH] = Said(widget("Another."))
    let_pass(site, 20)
    assert widget("Another.") in site.visit()


def test_the_last_good_copy_then_the_link(site: WordPress, service: Service) -> None:
    site.visit()
    service.stop()
    let_pass(site, 130)
    assert widget() in site.visit()
    let_pass(site, 60)
    assert LINK in site.visit()


def test_after_a_failure_nobody_asks_for_a_minute(site: WordPress, service: Service) -> None:
    service.says[PATH] = Said("<h1>It broke</h1>", 503)
    for _ in range(2):
        assert LINK in site.visit()
    assert len(service.asked) == 1


def test_a_widget_that_could_run_something_is_refused(site: WordPress, service: Service) -> None:
    service.says[PATH] = Said(widget("<script>alert(1)</script>"))
    assert LINK in site.visit()


def test_an_administrator_saves_the_addresses(site: WordPress) -> None:
    """By the form of the settings page, with the token that WordPress puts into it."""
    site.sign_in()
    page = site.staff("wp-admin/options-general.php?page=aggregator_widgets")
    form = page.partition('action="options.php"')[2]
    hidden = dict(re.findall(r'type="hidden"[^>]*name="([^"]+)" value="([^"]*)"', form))
    hidden |= dict(re.findall(r"type='hidden' name='([^']+)' value='([^']*)'", form))
    sent = {key: html.unescape(value) for key, value in hidden.items()}
    sent["aggregator_widgets[url]"] = "http://10.0.0.5:8000"
    sent["aggregator_widgets[public_url]"] = "javascript:alert(1)"
    told = site.staff("wp-admin/options.php", **sent)
    assert "Address for visitors: write a whole address" in told
    kept = site.run("$result = get_option('aggregator_widgets');")
    assert kept == {"url": "http://10.0.0.5:8000", "public_url": ""}


def test_deleting_the_plugin_deletes_its_settings(site: WordPress) -> None:
    left = site.run(
        "deactivate_plugins($said['plugin']); uninstall_plugin($said['plugin']);"
        "$result = get_option('aggregator_widgets', 'nothing');",
        plugin=PLUGIN,
    )
    assert left == "nothing"
