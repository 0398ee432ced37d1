"""What a validator demands of bridge transactions: one refusal for each way to cheat it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from corda_sim.core.contracts import (
    SignatureAttachmentConstraint,
    TimeWindow,
    TransactionState,
)
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.ibc.any import AnyMessage, pack
from corda_sim.ibc.client.types import MsgCreateClient
from corda_sim.ibc.lightclients.lcp.types import ClientState, ConsensusState
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import DATABASE, MockNode
from flows.ibc.building import Submitted
from flows.ibc.minting import MintTicketsFlow
from flows.ibc.submit import IbcSubmitFlow
from flows.ibc.validating import MAX_WINDOW, BridgeCase, check_bridge
from flows.refusals import (
    BridgeHostRefused,
    BridgeNotaryRefused,
    ForeignCodeRefused,
    ForeignConstraintRefused,
    NotarySignedFirstRefused,
    TimeWindowRefused,
    UnsignedOriginRefused,
    ValidationRefusedException,
)
from tests.unit.flows.ibc.host_side import ALLOW, HostBridge, make_host, opened_bridge
from tests.unit.ibc.chain import PORT
from tests.unit.ibc.enclave import MRENCLAVE

Change = Callable[[TransactionBuilder], object]
SALT = bytes(range(32))
NEW_CLIENT = pack(
    MsgCreateClient(
        AnyMessage.pack(ClientState(MRENCLAVE, 1000)), AnyMessage.pack(ConsensusState())
    )
)


@dataclass
class Judged:
    """An honest transaction of the bridge, as the validator is shown it."""

    network: MockNetwork
    stx: SignedTransaction

    @property
    def case(self) -> BridgeCase:
        validator = self.network["Validator"]
        return BridgeCase(validator.hub, self.unsigned, validator.party.owning_key, lambda ids: ids)

    @property
    def unsigned(self) -> SignedTransaction:
        """Without the notary's signature."""
        notary = self.network.notary_party.owning_key
        return SignedTransaction.of(self.stx.tx, [s for s in self.stx.sigs if s.by != notary])

    def changed(self, change: Change = lambda _: None, window: TimeWindow | None = None) -> Any:  # noqa: ANN401
        """The case of another transaction of the same states."""
        hub, tx = self.network["Validator"].hub, self.stx.tx
        builder = TransactionBuilder(tx.notary)
        for ref in tx.inputs:
            builder.add_input_state(hub.state_and_ref(ref))
        for ref in tx.references:
            builder.add_reference_state(hub.state_and_ref(ref))
        for output in tx.outputs:
            builder.add_output_state(output)
        for command in tx.commands:
            builder.add_command(command)
        builder.set_time_window(window or tx.time_window)  # type: ignore[arg-type]
        change(builder)
        wire = builder.to_wire_transaction(hub, SALT)
        return replace(self.case, stx=SignedTransaction.of(wire, self.stx.sigs[:1]))


@pytest.fixture(scope="module")
def opened(module_network: MockNetwork) -> HostBridge:
    return opened_bridge(module_network)


@pytest.fixture(scope="module")
def judged(opened: HostBridge) -> Judged:
    told = opened.host.node.run_flow(MintTicketsFlow(PORT, "channel-0", sends=1))
    found = opened.host.node.hub.load_verified(SecureHash.parse(told.transaction))
    assert found is not None
    return Judged(opened.host.network, found)


def refused(case: BridgeCase, error: type[ValidationRefusedException], match: str) -> None:
    with pytest.raises(error, match=match) as caught:
        check_bridge(case)
    assert type(caught.value) is error


def test_an_honest_transaction_passes(judged: Judged) -> None:
    check_bridge(judged.case)
    check_bridge(judged.changed())


def test_the_notary_signs_last(judged: Judged) -> None:
    refused(replace(judged.case, stx=judged.stx), NotarySignedFirstRefused, "signs before")


def test_states_out_of_transactions_that_it_never_signed(judged: Judged) -> None:
    forgotten = judged.stx.inputs[0].txhash
    case = replace(judged.case, signed=lambda ids: [one for one in ids if one != forgotten])
    refused(case, UnsignedOriginRefused, str(forgotten))
    references = {ref.txhash for ref in judged.stx.references}
    case = replace(judged.case, signed=lambda ids: set(ids) - references)
    refused(case, UnsignedOriginRefused, "hasn't signed")


def test_hosts_of_other_validators(judged: Judged) -> None:
    other = judged.network.party_of("PartyA").owning_key
    refused(replace(judged.case, ours=other), BridgeHostRefused, "isn't a validator")


class Services:
    """The validator's, but for what a test changes."""

    def __init__(self, services: object, **changed: object) -> None:
        self._services, self._changed = services, changed

    def __getattr__(self, name: str) -> object:
        return self._changed.get(name) or getattr(self._services, name)


def test_hosts_without_a_genesis(judged: Judged) -> None:
    host = judged.case.host
    assert host is not None
    for ref, known in (
        (host.base_id, None),
        (host.base_id, judged.stx),
    ):
        services: Any = Services(judged.case.services, load_verified=lambda _, found=known: found)
        refused(replace(judged.case, services=services), BridgeHostRefused, str(ref.txhash))


def test_another_notary_than_the_genesis_has(judged: Judged) -> None:
    host = judged.case.host
    assert host is not None
    genesis = judged.network["Validator"].hub.load_verified(host.base_id.txhash)
    assert genesis is not None
    (output,) = genesis.outputs
    moved = msgspec.structs.replace(output, notary=judged.network.party_of("PartyB"))

    class Elsewhere:
        outputs = (moved,)

    services: Any = Services(judged.case.services, load_verified=lambda _: Elsewhere())
    refused(replace(judged.case, services=services), BridgeNotaryRefused, "is kept by")


def test_a_transaction_that_shows_no_host(judged: Judged) -> None:
    case = judged.case
    spent = tuple(one for one in case.spent if one.state.data is not case.host)
    stripped = replace(case)
    stripped.__dict__["spent"] = spent
    refused(stripped, BridgeHostRefused, "shows no host")


@pytest.mark.parametrize(
    ("length", "micros", "match"),
    [(MAX_WINDOW + timedelta(seconds=1), 0, "longer than"), (MAX_WINDOW, 1, "whole millisecond")],
)
def test_windows_that_no_bridge_has(
    judged: Judged, length: timedelta, micros: int, match: str
) -> None:
    window = judged.stx.time_window
    assert window is not None
    assert window.from_time is not None
    start = window.from_time + timedelta(microseconds=micros)
    refused(
        judged.changed(window=TimeWindow.between(start, start + length)), TimeWindowRefused, match
    )
    refused(judged.changed(window=TimeWindow.until_only(start)), TimeWindowRefused, "both ends")


def test_other_code_than_the_validators_own(judged: Judged) -> None:
    cash = judged.case.services.contract_attachment_id("corda_sim.cash.Cash")
    case = judged.changed(lambda builder: builder.add_attachment(cash))
    refused(case, ForeignCodeRefused, str(cash))


def test_another_constraint(judged: Judged) -> None:
    stranger = SignatureAttachmentConstraint(judged.network.party_of("PartyA").owning_key)
    output: TransactionState[Any] = judged.stx.tx.outputs[0]
    odd = msgspec.structs.replace(output, constraint=stranger)
    case = judged.changed(lambda builder: builder.add_output_state(odd))
    refused(case, ForeignConstraintRefused, "another constraint")


def test_what_is_no_bridge_transaction_passes(judged: Judged) -> None:
    case = replace(judged.case)
    case.__dict__.update(spent=(), made=())
    check_bridge(case)


def test_a_validator_that_lost_its_log_signs_nothing_more(network: MockNetwork) -> None:
    make_host(network)
    database = network["Validator"].spec.directory / DATABASE
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("DELETE FROM validator_log")
        connection.commit()
    with pytest.raises(UnsignedOriginRefused):
        network["PartyA"].run_flow(IbcSubmitFlow((NEW_CLIENT,)))


def signers_of(node: MockNode, told: Submitted) -> set[PublicKey]:
    found = node.hub.load_verified(SecureHash.parse(told.transaction))
    assert found is not None
    keys = [signature.by for signature in found.sigs]
    assert len(keys) == len(set(keys))
    return set(keys)


def test_validators_of_one_host_sign_one_after_the_other(network: MockNetwork) -> None:
    second = network["PartyB"]
    second.spec.settings["validator"] = {"allow": ALLOW}
    second.restart()
    make_host(network, ("Validator", "PartyB"))
    told = network["PartyA"].run_flow(IbcSubmitFlow((NEW_CLIENT,)))
    wanted = {network.party_of(name).owning_key for name in ("PartyA", "Validator", "PartyB")}
    signed = signers_of(network["PartyA"], told)
    assert signed == {*wanted, network.notary_party.owning_key}


def test_a_validator_that_submits_judges_and_logs_too(network: MockNetwork) -> None:
    make_host(network)
    validator = network["Validator"]
    first = validator.run_flow(IbcSubmitFlow((NEW_CLIENT,)))
    keys = {validator.party.owning_key, network.notary_party.owning_key}
    assert signers_of(validator, first) == keys
    again = network["PartyA"].run_flow(IbcSubmitFlow((NEW_CLIENT,)))
    assert again.results == ("SUCCESS",)
    assert validator.run_flow(IbcSubmitFlow((NEW_CLIENT,))).results == ("SUCCESS",)
