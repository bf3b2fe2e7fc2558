"""Aggregator itself, whole: sync, claim, refresh, publish, all guards on."""

import asyncio
from datetime import timedelta
from pathlib import Path

from aggregator.app import App
from aggregator.connectors._reader import SyndicationReader
from aggregator.model import Document
from aggregator.settings import load_settings
from benchmarks.feeds import START
from benchmarks.measure import own_cpu
from benchmarks.passes import answer_passes, told

HEAD = """\
site: {name: Example Institute, url: "https://www.example.org", timezone: America/New_York}
widgets:
  - {id: latest-posts, title: Latest posts, layout: posts, show: 3}
  - {id: patient-blogs, title: Family blogs, layout: blogs, show: 8}
sources:
"""
NEWS = 10
"""So many sources fill the first widget, all others the second."""


def catalogue_text(urls: list[str], more: str = "") -> str:
    """A feeds.yaml that follows these feeds; ``more``: further keys of each."""
    lines = [
        f"  - {{id: source-{number}, feed: '{url}', name: Blog {number}, "
        f"in: {'latest-posts' if number < NEWS else 'patient-blogs'}{more}}}\n"
        for number, url in enumerate(urls)
    ]
    return HEAD + "".join(lines)


class Product:
    """One Aggregator that is asked for one pass after another, a good day apart."""

    def __init__(self, urls: list[str], folder: Path) -> None:
        config = folder / "feeds.yaml"
        config.write_text(catalogue_text(urls), "utf-8")
        port = urls[0].rpartition(":")[2].partition("/")[0]
        self.now = START
        settings = load_settings(
            sealed=True,
            config=config,
            data=folder / "data",
            allow_networks="127.0.0.0/8",
            allow_ports=port,
        )
        self.app = App(settings, clock=lambda: self.now)

    def one_pass(self) -> int:
        """What `refresh` does; how many posts are new."""
        self.now += timedelta(hours=27)  # longer than any feed here is left alone
        app, catalogue = self.app, self.app.catalogue()
        app.sync(catalogue)
        claim = app.claims.among(catalogue.sources)
        sources = {source.id: source for source in catalogue.sources}

        async def visit_all() -> int:
            try:
                reports = await app.refresher.refresh_all(sources, claim.states)
            finally:
                await app.close_fetching()
            return sum(report.written.new for report in reports if report.written)

        new = asyncio.run(visit_all())
        app.publisher.publish_all(self.now)
        return new


def _parser_start() -> float:
    """CPU-seconds to start and end the parser's process, which each pass that reads pays once."""

    async def read_nothing() -> None:
        reader = SyndicationReader()
        await reader.read(
            Document("http://a.example/", b"<rss><channel><title>A</title></channel></rss>", {}),
            frozenset(),
        )
        await reader.aclose()

    before = own_cpu()
    asyncio.run(read_nothing())
    return own_cpu() - before


def _main() -> None:
    urls, folder = told()
    product = Product(urls, folder)
    before = own_cpu()
    product.app.catalogue()
    catalogue = own_cpu() - before
    answer_passes(product.one_pass, catalogue=catalogue, parser=_parser_start())


if __name__ == "__main__":
    _main()
