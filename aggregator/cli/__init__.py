"""The command line: ``python3 run.py COMMAND`` and the console script ``aggregator``."""

from aggregator.cli.main import main

__all__ = ["main"]
