"""The Alembic environment: runs migrations on the connection passed by `evaluation.store.schema`."""

from alembic import context

from evaluation.store.revisions import VERSION_TABLE
from evaluation.store.tables import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()
