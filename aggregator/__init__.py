"""Aggregator: an institute's newest posts and its families' blogs, as two quiet widgets.

The stream, left to right, is the folder list: ``catalogue`` → ``fetch`` → ``connectors`` →
``normalise`` → ``store`` → ``widgets``. ``actions`` join them into trips, ``app`` builds them once,
the faces (``cli``, ``clock``, ``web``, ``demo``) are what people touch.
"""

__version__ = "0.1.0"
