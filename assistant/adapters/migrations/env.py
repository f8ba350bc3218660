"""Alembic's entry point: runs the migrations over the connection that `assistant.adapters.database` hands in."""

from alembic import context

import assistant.adapters.sql  # noqa: F401  its tables join the metadata
from knowledge.adapters.sql import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
