"""What Alembic runs: the scripts, in the transaction that ``store/migrate.py`` has begun."""

from alembic import context

import aggregator.store.care_tables  # noqa: F401 - the other half of the metadata
from aggregator.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
