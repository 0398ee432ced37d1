"""The check that a notary worker's database wasn't set back, and what an operator can do."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from corda_sim.flow.notary.errors import NotaryRollbackException
from corda_sim.flow.notary.heads import NotaryHead, SignedHead


@dataclass(frozen=True, slots=True)
class KnownHead:
    """A head and where it is known from: the anchor file, or a witness's name."""

    source: str
    signed: SignedHead


def check_rollback(
    database_head: NotaryHead,
    known: Iterable[KnownHead],
    contains: Callable[[NotaryHead], bool],
    waived: Sequence[NotaryHead] = (),
) -> None:
    """Refuse a database that lacks a head known elsewhere; `contains` looks a head up in it.

    Raises:
        NotaryRollbackException: with what is missing, who knows it, and the operator's options.
    """
    for item in known:
        head = item.signed.head
        if head.worker != database_head.worker or head in waived:
            continue
        if head.sequence and not contains(head):
            raise NotaryRollbackException(explain_rollback(database_head, item))


def explain_rollback(database_head: NotaryHead, missing: KnownHead) -> str:
    """What is wrong and what an operator can do."""
    head = missing.signed.head
    return (
        f"{missing.source} knows batch {head.sequence} (head {head.hash}) of notary worker "
        f"'{head.worker}', which is not in the database; its last batch is "
        f"{database_head.sequence} (head {database_head.hash}). The database was probably restored "
        "from an older copy: states consumed since could be spent twice.\n"
        + _options(database_head)
    )


def explain_missing_anchor(database_head: NotaryHead, path: str) -> str:
    """The same for a worker without its anchor file."""
    return (
        f"The head file {path} of notary worker '{database_head.worker}' is missing or unreadable, "
        "so nothing shows that the database is the one this worker last wrote; its last batch is "
        f"{database_head.sequence} (head {database_head.hash}).\n" + _options(database_head)
    )


def _options(database_head: NotaryHead) -> str:
    return (
        "Options: (1) point the worker at the current database or a complete replica; (2) restore "
        "the head file from beside the key's backup if only the file was lost; (3) if the batches "
        "are lost for good, collect from the parties every transaction notarised since and decide "
        f"together, then start with --accept-head {database_head.hash}; this is logged, and double "
        "spends of the lost batches can't be prevented any more."
    )
