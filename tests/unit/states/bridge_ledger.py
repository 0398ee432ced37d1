"""Bridge transactions as the contract sees them: a host, and states that its handlers wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from corda_sim.core.contracts import (
    CommandData,
    CommandWithParties,
    ContractState,
    StateAndRef,
    StateRef,
    TimeWindow,
    TransactionState,
)
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.core.identity import Party
from corda_sim.core.transactions import LedgerTransaction
from corda_sim.ibc.any import pack
from corda_sim.ibc.channel.types import Channel, ChannelCounterparty, ChannelState, Order
from corda_sim.ibc.connection.types import ConnectionEnd, ConnectionState, Counterparty
from corda_sim.ibc.connection.versions import COMPATIBLE_VERSIONS
from corda_sim.ibc.host import paths
from corda_sim.ibc.lightclients.corda.outputs import IBC_CONTRACT
from corda_sim.ibc.lightclients.lcp.types import ClientState, ConsensusState
from corda_sim.ibc.numbers import u64
from corda_sim.ibc.protobuf import Message
from states.ibc import Binding, BridgeState, Deliver, Genesis, Host, HostConfig, Ibc
from states.ibc.messages import parties_to_messages
from tests.unit.ibc.enclave import MRENCLAVE, certificate
from tests.unit.states.ledger import ALICE, BOB, NOTARY, VALIDATOR, party

START = datetime(2026, 1, 1, tzinfo=UTC)
GENESIS = StateRef(SecureHash.sha256(b"genesis"), 0)
SECOND = party("Second Validator", 40)
PORT, CHANNEL, CONNECTION, CLIENT = "mock", "channel-0", "connection-0", "lcp-client-0"
WINDOW = TimeWindow.between(START, START + timedelta(seconds=30))


def host(threshold: int = 1, base_id: StateRef = GENESIS, **changes: Any) -> Host:  # noqa: ANN401
    config = HostConfig(
        "corda-test",
        parties_to_messages((VALIDATOR, SECOND)),
        threshold,
        MRENCLAVE,
        attestation_root=certificate("root", "root"),
        development_mode=True,
        ports=(Binding(PORT, "nop"), Binding("cross", "cross")),
    )
    parties = (ALICE, BOB, VALIDATOR, SECOND)
    return Host(base_id=base_id, parties=parties, config=replace(config, **changes))


HOST = host()


def state(values: Mapping[str, bytes], base_id: StateRef = GENESIS) -> BridgeState:
    return BridgeState.of(base_id, HOST.parties, values)


def client() -> BridgeState:
    return state({paths.client_state(CLIENT): pack(ClientState(MRENCLAVE, 10**9))})


def consensus(height: str = "0-5") -> BridgeState:
    return state(
        {
            paths.consensus_state(CLIENT, height): pack(ConsensusState(b"\1" * 32, 5)),
            paths.processed_time(CLIENT, height): u64(1),
        }
    )


def connection() -> BridgeState:
    end = ConnectionEnd(
        CLIENT, COMPATIBLE_VERSIONS, ConnectionState.OPEN, Counterparty("other-0", "connection-7")
    )
    return state({paths.connection(CONNECTION): end.encode()})


def channel(order: Order = Order.UNORDERED) -> BridgeState:
    end = Channel(
        ChannelState.OPEN, order, ChannelCounterparty(PORT, "channel-9"), (CONNECTION,), "mock-1"
    )
    return state({paths.channel(PORT, CHANNEL): end.encode()})


def counters(send: int = 1, receive: int = 1) -> BridgeState:
    numbers = {
        paths.next_sequence_send: send,
        paths.next_sequence_recv: receive,
        paths.next_sequence_ack: 1,
    }
    return state({path(PORT, CHANNEL): u64(number) for path, number in numbers.items()})


def sent(sequence: int, commitment: bytes = b"") -> BridgeState:
    """A packet sent; without its commitment, the ticket to send it with."""
    return state({paths.packet_commitment(PORT, CHANNEL, sequence): commitment})


def receive_ticket(sequence: int) -> BridgeState:
    return state({paths.packet_receipt(PORT, CHANNEL, sequence): b""})


def deliver(message: Message) -> Deliver:
    return Deliver(pack(message))


@dataclass
class Bridge:
    """One transaction; every part can be changed before it is judged."""

    inputs: Sequence[ContractState]
    outputs: Sequence[ContractState]
    commands: Sequence[CommandData]
    references: Sequence[ContractState] = (HOST,)
    signers: tuple[PublicKey, ...] = (ALICE.owning_key, VALIDATOR.owning_key)
    window: TimeWindow | None = WINDOW
    output_notary: Party = NOTARY
    others: Sequence[TransactionState[Any]] = field(default_factory=list)

    def ledger(self) -> LedgerTransaction:
        return LedgerTransaction(
            id=SecureHash.sha256(b"transaction"),
            inputs=_refs(self.inputs, b"input"),
            references=_refs(self.references, b"reference"),
            outputs=(*(_held(one, self.output_notary) for one in self.outputs), *self.others),
            commands=tuple(CommandWithParties(self.signers, one) for one in self.commands),
            notary=NOTARY,
            time_window=self.window,
        )

    def verify(self) -> None:
        Ibc().verify(self.ledger())

    def but(self, **changes: Any) -> "Bridge":  # noqa: ANN401 - any field
        return replace(self, **changes)


def _held(data: ContractState, notary: Party = NOTARY) -> TransactionState[Any]:
    return TransactionState(data, IBC_CONTRACT, notary)


def _refs(states: Sequence[ContractState], origin: bytes) -> tuple[StateAndRef[Any], ...]:
    return tuple(
        StateAndRef(
            _held(one),
            GENESIS if isinstance(one, Genesis) else StateRef(SecureHash.sha256(origin), index),
        )
        for index, one in enumerate(states)
    )
