"""Alembic's entry: runs on the connection that ``twin.store.system`` hands over."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, version_table="alembic_version", version_table_schema="gov")
with context.begin_transaction():
    context.run_migrations()
