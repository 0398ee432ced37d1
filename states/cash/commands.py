"""What can be done with cash (Cash.Commands)."""

from dataclasses import dataclass

from corda_sim.core.contracts import (
    Amount,
    CommandData,
    Currency,
    Issued,
    StateRef,
    TypeOnlyCommandData,
)
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.serialization import serializable


@serializable("corda_sim.cash.Issue")
@dataclass(frozen=True, eq=False)
class Issue(TypeOnlyCommandData):
    """Put new cash on the ledger; signed by issuer and validator."""


@serializable("corda_sim.cash.Move")
@dataclass(frozen=True, eq=False)
class Move(TypeOnlyCommandData):
    """Change the owners of cash; signed by the owners of the inputs."""


@serializable("corda_sim.cash.Lock")
@dataclass(frozen=True, eq=False)
class Lock(TypeOnlyCommandData):
    """Lock cash for cross-chain transactions; signed by the owners of the inputs and validators."""


@serializable("corda_sim.cash.Release")
@dataclass(frozen=True, eq=False)
class Release(TypeOnlyCommandData):
    """Release locks as their transactions were decided; signed by validators alone."""


@serializable("corda_sim.cash.Restore")
@dataclass(frozen=True, slots=True)
class Restore(CommandData):
    """Put the lock `burnt` on the ledger again; signed by issuer and validators.

    It was consumed at its notary by a transaction that the validators never signed.
    """

    burnt: StateRef


@serializable("corda_sim.cash.Exit")
@dataclass(frozen=True, slots=True)
class Exit(CommandData):
    """Take `amount` off the ledger; signed by owners, issuer and validator.

    `validator_key` tells which validator's cash it is; None for cash without one.
    """

    amount: Amount[Issued[Currency]]
    validator_key: PublicKey | None = None
