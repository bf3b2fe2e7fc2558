"""Quick starts, for the many tests of actions that open a database of their own."""

from tests.warm import compiled as compiled  # noqa: PLC0414 - a fixture, used by name
from tests.warm import tables as tables  # noqa: PLC0414 - the same
from tests.warm import warm as warm  # noqa: PLC0414 - the same
