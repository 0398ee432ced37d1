"""What a validator demands of bridge transactions beside what it demands of all.

A proof is worth what the validator's signature is worth: it signs what its own code finds right, of
hosts that it is a validator of, and what grows out of transactions that it has signed itself.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from corda_sim.core.contracts import StateAndRef, TransactionState
from corda_sim.core.contracts.constraints import signature_constraint_for
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction
from corda_sim.core.transactions.services import resolve_attachment
from corda_sim.flow.services import NodeServices
from corda_sim.ibc.lightclients.corda.outputs import IBC_CONTRACT
from corda_sim.ibc.moment import Moment
from flows.ibc.proofs import known_output
from flows.refusals import (
    BridgeHostRefused,
    BridgeNotaryRefused,
    ForeignCodeRefused,
    ForeignConstraintRefused,
    NotarySignedFirstRefused,
    TimeWindowRefused,
    UnsignedOriginRefused,
)
from states.ibc import BridgeState, Genesis, Host
from states.ibc.partition import CROSS_KEYS

MAX_WINDOW = timedelta(minutes=5)
"""Longer ones would hold bridge states back, and date a proof too far from its notarisation."""
SignedBefore = Callable[[Collection[SecureHash]], Collection[SecureHash]]


@dataclass(frozen=True)
class BridgeCase:
    """A transaction before the validator with key ``ours``, all it depends on being verified.

    ``signed`` tells which of the given transactions the validator's log has.
    """

    services: NodeServices
    stx: SignedTransaction
    ours: PublicKey
    signed: SignedBefore

    @cached_property
    def _before(self) -> tuple[StateAndRef[Any], ...]:
        refs = (*self.stx.inputs, *self.stx.references)
        return tuple(map(self.services.state_and_ref, refs))

    @cached_property
    def spent(self) -> tuple[StateAndRef[Any], ...]:
        """Bridge states among inputs and references."""
        return tuple(one for one in self._before if one.state.contract == IBC_CONTRACT)

    @cached_property
    def made(self) -> tuple[TransactionState[Any], ...]:
        """Bridge states among the outputs."""
        return tuple(one for one in self.stx.outputs if one.contract == IBC_CONTRACT)

    @property
    def contracts(self) -> frozenset[str]:
        """All contracts that the transaction concerns."""
        states = (*(one.state for one in self._before), *self.stx.outputs)
        return frozenset(one.contract for one in states)

    @property
    def host(self) -> Host | None:
        """The host that the transaction is of."""
        states = (*(one.state for one in self.spent), *self.made)
        return next((one.data for one in states if isinstance(one.data, Host)), None)

    @property
    def begun(self) -> tuple[str, ...]:
        """Keys of Cross's states that the transaction makes without consuming a former one.

        Nothing on the ledger proves that there is none: only whoever holds all of them knows.
        """
        before = {one.state.data.key for one in self.spent if _is_state(one.state)}
        made = (one.data.key for one in self.made if _is_state(one))
        return tuple(key for key in made if key.startswith(CROSS_KEYS) and key not in before)

    @property
    def fellows(self) -> frozenset[PublicKey]:
        """The host's validators, who sign in any order."""
        validators = () if self.host is None else self.host.validators
        return frozenset(one.owning_key for one in validators)


def _is_state(state: TransactionState[Any]) -> bool:
    return isinstance(state.data, BridgeState)


def check_bridge(case: BridgeCase) -> None:
    """Judge a bridge transaction; any other passes.

    Raises: ForeignCodeRefused, ForeignConstraintRefused, BridgeHostRefused, BridgeNotaryRefused,
    TimeWindowRefused, UnsignedOriginRefused, NotarySignedFirstRefused.
    """
    if not case.spent and not case.made:
        return
    _check_code(case)
    _check_host(case)
    _check_window(case)
    _check_origins(case)
    notary = case.stx.notary
    keys = frozenset() if notary is None else notary.owning_key.keys
    if any(one.by in keys for one in case.stx.sigs):
        raise NotarySignedFirstRefused(f"{case.stx.id} is notarised: the validator signs before")


def _check_code(case: BridgeCase) -> None:
    own = {name: case.services.contract_attachment_id(name) for name in case.contracts}
    foreign = sorted(set(case.stx.attachments) - set(own.values()))
    if foreign:
        raise ForeignCodeRefused(f"attachments that aren't this node's: {_listed(foreign)}")
    signers = resolve_attachment(own[IBC_CONTRACT], case.services).signers
    wanted = signature_constraint_for(signers)
    states = (*(one.state for one in case.spent), *case.made)
    if any(state.constraint != wanted for state in states):
        raise ForeignConstraintRefused(f"a bridge state of {case.stx.id} under another constraint")


def _check_host(case: BridgeCase) -> None:
    host = case.host
    if host is None:
        raise BridgeHostRefused(f"{case.stx.id} shows no host")
    if case.ours not in {one.owning_key for one in host.validators}:
        raise BridgeHostRefused(f"this node isn't a validator of host {host.base_id}")
    genesis = known_output(case.services, host.base_id)
    if genesis is None or not isinstance(genesis.data, Genesis):
        raise BridgeHostRefused(f"{host.base_id} is no genesis that this node knows")
    notary: Party = genesis.notary
    if case.stx.notary != notary or any(one.notary != notary for one in case.made):
        raise BridgeNotaryRefused(f"host {host.base_id} is kept by {notary}")


def _check_window(case: BridgeCase) -> None:
    window = case.stx.time_window
    try:
        if window is None:
            raise TimeWindowRefused("a bridge transaction has a time-window")
        moment = Moment.of_window(window)
    except IllegalArgumentError as error:
        raise TimeWindowRefused(str(error)) from error
    length = timedelta(microseconds=(moment.latest - moment.earliest) // 1000)
    if length > MAX_WINDOW:
        raise TimeWindowRefused(f"a time-window of {length}, longer than {MAX_WINDOW}")


def _check_origins(case: BridgeCase) -> None:
    origins = {one.ref.txhash for one in case.spent if not isinstance(one.state.data, Genesis)}
    unsigned = sorted(origins - set(case.signed(origins)))
    if unsigned:
        raise UnsignedOriginRefused(
            f"transactions that this node hasn't signed: {_listed(unsigned)}"
        )


def _listed(hashes: Iterable[SecureHash]) -> str:
    return ", ".join(map(str, hashes))
