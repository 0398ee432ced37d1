"""The log of commits with their epochs, which shows that no fenced process has committed."""

from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from corda_sim.node.storage.errors import FencedException
from corda_sim.node.storage.schema import node_commit_log, node_mutual_exclusion

MUTUAL_EXCLUSION_ID: Final = "1"
KEPT_COMMITS: Final = 10_000
PRUNE_EVERY: Final = 1_000

_LEASE_UNDER_MINE: Final = (
    select(node_mutual_exclusion.c.version)
    .where(
        node_mutual_exclusion.c.mutual_exclusion_id == MUTUAL_EXCLUSION_ID,
        node_mutual_exclusion.c.version == bindparam("mine"),
    )
    .with_for_update(read=True)
)
_ENTRY: Final = (
    insert(node_commit_log)
    .from_select(["epoch"], _LEASE_UNDER_MINE)
    .execution_options(preserve_rowcount=True)
)


class CommitLog:
    """Writes `node_commit_log`, of which the newest `KEPT_COMMITS` rows are kept, or some more."""

    def __init__(self) -> None:
        self._appended = 0

    def append(self, connection: Connection, epoch: int) -> None:
        """Log the commit under way.

        The lease row is held until the transaction ends, so that no successor can take it
        meanwhile: the order of the log is that of the epochs.

        Raises:
            FencedException: the lease has another epoch.
        """
        logged = connection.execute(_ENTRY, {"mine": epoch}).rowcount
        if logged != 1:
            raise FencedException(f"the lease is no longer held under epoch {epoch}")
        self._appended += 1
        if self._appended % PRUNE_EVERY == 0:
            _prune(connection)


def _prune(connection: Connection) -> None:
    sequence = node_commit_log.c.sequence
    newest = select(func.max(sequence)).scalar_subquery()
    connection.execute(delete(node_commit_log).where(sequence <= newest - KEPT_COMMITS))
