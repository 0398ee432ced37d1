"""Alembic's environment: runs on the connection that `corda_sim.node.storage.migrate` opened.

That connection is inside a transaction that covers every revision of every branch.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
