"""The validator's policy: `[validator] allow` of node.toml and the table `validator_locks`."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.instants import instant_of_micros
from corda_sim.flow import FlowLogic
from corda_sim.flow.cordapp import AppServiceHub
from corda_sim.flow.validator_policy import SignedAway, ValidatorPolicy
from flows.database import Rows, reader

_LOCKS = (
    "SELECT state_ref, transaction_id, until_time FROM validator_locks WHERE state_ref IN :refs"
)
_LOGGED = "SELECT DISTINCT transaction_id FROM validator_log WHERE transaction_id IN :transactions"


class ConfiguredValidatorPolicy(ValidatorPolicy):
    """Allows what is listed as `contract` (all its commands) or `contract:Command`.

    A contract's commands are those named beside it: `corda_sim.cash.Cash:Issue` is the command
    `corda_sim.cash.Issue`. Any other is listed by its full wire name.
    """

    def __init__(self, allow: Iterable[str], rows: Rows) -> None:
        self._allow = frozenset(allow)
        self._rows = rows

    def allows(self, contract: str, command: str) -> bool:
        """Whether the list has the contract, or the command with it."""
        beside, _, short = command.rpartition(".")
        entries = {f"{contract}:{command}"}
        if beside == contract.rpartition(".")[0]:
            entries.update((contract, f"{contract}:{short}"))
        return not self._allow.isdisjoint(entries)

    def signed_before(self, transactions: tuple[SecureHash, ...]) -> tuple[SecureHash, ...]:
        """Those of which `validator_log` has a row."""
        rows = self._rows(_LOGGED, transactions=tuple(map(str, transactions)))
        logged = {row.transaction_id for row in rows}
        return tuple(one for one in transactions if str(one) in logged)

    def signed_away(self, refs: tuple[StateRef, ...]) -> tuple[SignedAway, ...]:
        """The rows of `validator_locks` for these states."""
        return tuple(map(_signed_away, self._rows(_LOCKS, refs=tuple(map(str, refs)))))


def _signed_away(row: Row[Any]) -> SignedAway:
    until = instant_of_micros(row.until_time)
    return SignedAway(StateRef.parse(row.state_ref), SecureHash.parse(row.transaction_id), until)


def create_validator_policy(hub: AppServiceHub) -> ConfiguredValidatorPolicy | None:
    """The policy of a node that is a validator; None where node.toml has no `[validator]`."""
    settings = hub.settings.get("validator")
    if settings is None:
        return None
    return ConfiguredValidatorPolicy(settings.get("allow", ()), reader(hub.database_url))


def validator_policy(flow: FlowLogic[Any]) -> ValidatorPolicy:
    """The validator's settings and log, for a flow."""
    policy: ValidatorPolicy = flow.service_hub.cordapp_service(
        ValidatorPolicy  # type: ignore[type-abstract] # the node's own is found by it
    )
    return policy
