"""Alembic's entry: runs the steps on the connection that it is handed, in the transaction that is open on it."""

from alembic import context

from autograder.gradebook.tables import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
