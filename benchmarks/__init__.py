"""How much work the program makes: figures and ratios for people, never a test.

Each runs by itself from the project's folder, for example ``python -m benchmarks.refresh``, and
takes ``--help``. Linux only: memory and CPU are read from ``/proc``. What the figures mean, and
the last ones taken: ``docs/performance.md``.
"""
