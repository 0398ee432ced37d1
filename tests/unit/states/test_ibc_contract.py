"""What the bridge's contract lets pass, and each way of cheating that it doesn't."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from corda_sim.core.contracts import StateRef, TransactionState
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import CordaError, DecodeError, IllegalArgumentError
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.channel.sending import SendPacket
from corda_sim.ibc.channel.types import Order
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.types import MsgCreateClient
from corda_sim.ibc.errors import ErrInvalidPort, ErrSequenceSendNotFound, FeatureLater
from corda_sim.ibc.host import paths
from corda_sim.ibc.lightclients.corda.outputs import IBC_CONTRACT
from corda_sim.ibc.lightclients.lcp.types import ClientState, ConsensusState
from corda_sim.ibc.numbers import u64
from states.cash import CashState
from states.ibc import Deliver, Genesis, GenesisCreate, Host, HostCreate, MsgMintTickets
from states.ibc.contract import initial_counters
from states.ibc.errors import BridgeStateMissing, TicketsExhausted
from tests.unit.ibc.enclave import MRENCLAVE
from tests.unit.states.bridge_ledger import (
    CHANNEL,
    GENESIS,
    HOST,
    PORT,
    SECOND,
    Bridge,
    channel,
    client,
    connection,
    consensus,
    counters,
    deliver,
    host,
    receive_ticket,
    sent,
    state,
)
from tests.unit.states.ledger import ALICE, BOB, NOTARY, OTHER_BANK, VALIDATOR, amount

FOREIGN = StateRef(SecureHash.sha256(b"another genesis"), 0)
NEVER = Height(0, 2**63)
SEND = SendPacket(PORT, CHANNEL, b"hello", NEVER)
BASIS = (HOST, channel(), connection(), client(), consensus())


def commitment(sequence: int = 1, data: bytes = b"hello") -> bytes:
    packet = Packet(sequence, PORT, CHANNEL, PORT, "channel-9", data, NEVER)
    return packet.commitment


def minting(sends: int = 2) -> Bridge:
    made = [counters(send=1 + sends), *(sent(number + 1) for number in range(sends))]
    message = deliver(MsgMintTickets(PORT, CHANNEL, sends))
    return Bridge([counters()], made, [message], (HOST, channel()))


def sending(number: int = 1) -> Bridge:
    return Bridge([sent(number)], [sent(number, commitment(number))], [deliver(SEND)], BASIS)


def creation() -> Bridge:
    genesis = Genesis(parties=HOST.parties)
    keys = (ALICE.owning_key, VALIDATOR.owning_key, SECOND.owning_key)
    made = [HOST, initial_counters(HOST)]
    return Bridge([genesis], made, [HostCreate()], (), keys)


def create_client() -> Bridge:
    before = initial_counters(HOST)
    after = state({**before.values, paths.NEXT_CLIENT_SEQUENCE: u64(1)})
    client_state = AnyMessage.pack(ClientState(MRENCLAVE, 10**9))
    message = MsgCreateClient(client_state, AnyMessage.pack(ConsensusState()))
    until = u64(1_767_225_630 * 10**9 - 1)
    first = {
        paths.consensus_state("lcp-client-0", "0-0"): message.consensus_state.encode(),
        paths.processed_time("lcp-client-0", "0-0"): until,
    }
    made = [after, state({paths.client_state("lcp-client-0"): client_state.encode()}), state(first)]
    return Bridge([before], made, [deliver(message)])


def refused(bridge: Bridge, match: str, error: type[CordaError] = IllegalArgumentError) -> None:
    with pytest.raises(error, match=match):
        bridge.verify()


# --- what holds ---


@pytest.mark.parametrize("bridge", [minting(), sending(), sending(7), creation(), create_client()])
def test_honest_transactions(bridge: Bridge) -> None:
    bridge.verify()


def test_several_packets_in_one_transaction_take_several_tickets() -> None:
    second = SendPacket(PORT, CHANNEL, b"again", NEVER)
    made = [sent(3, commitment(3)), sent(9, commitment(9, b"again"))]
    Bridge([sent(9), sent(3)], made, [deliver(SEND), deliver(second)], BASIS).verify()


def test_genesis() -> None:
    made = Bridge([], [Genesis(parties=HOST.parties)], [GenesisCreate()], ())
    made.verify()
    refused(made.but(outputs=[*made.outputs, *made.outputs]), "one genesis is made")
    refused(made.but(outputs=[HOST]), "one genesis is made")
    refused(made.but(inputs=[sent(1)]), "comes from nothing")


# --- the host ---


def test_a_host_needs_its_genesis_and_every_validator() -> None:
    made = creation()
    refused(made.but(inputs=[]), "a host consumes one genesis")
    refused(made.but(inputs=[*made.inputs, *made.inputs]), "a host consumes one genesis")
    refused(made.but(inputs=[*made.inputs, sent(1)]), "a host consumes one genesis")
    refused(made.but(signers=(ALICE.owning_key, VALIDATOR.owning_key)), "all validators sign")


def test_a_second_host_from_one_genesis() -> None:
    other = host(chain_id="another")
    outputs = [HOST, other, initial_counters(HOST)]
    refused(creation().but(outputs=outputs), "one host is made")


@pytest.mark.parametrize(
    ("changed", "match"),
    [
        (host(base_id=FOREIGN), "base id is its genesis"),
        (host(threshold=0), "a threshold of the validators"),
        (host(threshold=3), "a threshold of the validators"),
        (host(validators=HOST.config.validators * 2), "each validator is named once"),
        (host(ports=HOST.config.ports * 2), "each port is bound once"),
        (host(ports=(replace(HOST.config.ports[0], target="transfer"),)), "ports are bound to"),
        (host(chain_id=""), "has a chain id"),
        (HOST.model_copy(update={"parties": (ALICE, BOB)}), "the validators take part"),
        (HOST.model_copy(update={"parties": (ALICE, VALIDATOR, SECOND)}), "its genesis'"),
    ],
)
def test_hosts_that_are_wrong(changed: Host, match: str) -> None:
    refused(creation().but(outputs=[changed, initial_counters(changed)]), match)


def test_a_host_starts_with_nothing_but_counters_at_zero() -> None:
    ahead = state({**initial_counters(HOST).values, paths.NEXT_CLIENT_SEQUENCE: u64(5)})
    refused(creation().but(outputs=[HOST, ahead]), "starts with its counters")
    refused(creation().but(outputs=[HOST]), "starts with its counters")
    more = [HOST, initial_counters(HOST), sent(1, b"forged")]
    refused(creation().but(outputs=more), "starts with its counters")


def test_a_host_is_never_consumed() -> None:
    refused(minting().but(inputs=[HOST, counters()]), "neither genesis nor host")
    refused(minting().but(references=(channel(),)), "refers to its host")
    refused(minting().but(references=(HOST, HOST, channel())), "refers to its host")


# --- signatures, notary, window, base id ---


def test_validators_must_sign() -> None:
    refused(sending().but(signers=(ALICE.owning_key,)), "enough validators sign")
    two = host(threshold=2)
    one_of_two = sending().but(references=(two, *BASIS[1:]))
    refused(one_of_two, "enough validators sign")
    one_of_two.but(signers=(VALIDATOR.owning_key, SECOND.owning_key)).verify()


def test_outputs_stay_with_the_notary() -> None:
    refused(sending().but(output_notary=OTHER_BANK), "stay with the host's notary")


def test_a_window_with_both_ends() -> None:
    refused(sending().but(window=None), "has a time-window")


def test_states_of_another_host() -> None:
    foreign = [state(sent(1).values, FOREIGN)]
    refused(sending().but(inputs=foreign), "all states are of one host")
    references = (*BASIS[:-1], state(consensus().values, FOREIGN))
    refused(sending().but(references=references), "all states are of one host")
    written = [state(sent(1, commitment()).values, FOREIGN)]
    refused(sending().but(outputs=written), "the outputs are what the messages write")


# --- outputs ---


@pytest.mark.parametrize(
    "outputs",
    [
        [],
        [sent(1, b"\1" * 32)],
        [sent(2, commitment())],
        [sent(1, commitment()), sent(1, commitment())],
        [sent(1, commitment()), sent(5, commitment(5))],
        [sent(1, commitment()), receive_ticket(1)],
        [sent(1, commitment()).model_copy(update={"parties": (ALICE,)})],
    ],
)
def test_forged_outputs(outputs: list[Any]) -> None:
    refused(sending().but(outputs=outputs), "the outputs are what the messages write")


def test_a_destroyed_state() -> None:
    refused(sending().but(inputs=[sent(1), sent(2)]), "what changes is consumed")
    refused(sending().but(inputs=[sent(1), counters()]), "what changes is consumed")


def test_bridge_states_move_by_messages_alone() -> None:
    bare = sending().but(commands=[])
    refused(bare, "commands of one kind")
    refused(sending().but(commands=[deliver(SEND), HostCreate()]), "commands of one kind")
    refused(sending().but(commands=[deliver(SEND), GenesisCreate()]), "commands of one kind")


def test_a_state_twice() -> None:
    refused(sending().but(inputs=[sent(1), sent(1)]), "a state comes once")
    refused(sending().but(references=(*BASIS, sent(1))), "a state comes once")


def test_states_of_other_contracts_are_no_business_of_the_bridge() -> None:
    coin = TransactionState(CashState(amount=amount(5), owner=ALICE), "corda_sim.cash.Cash", NOTARY)
    sending().but(others=[coin]).verify()


# --- tickets ---


def test_a_packet_needs_its_ticket_consumed() -> None:
    refused(sending().but(inputs=[]), "port mock", ErrSequenceSendNotFound)
    drawn = sending().but(inputs=[counters()], outputs=[counters(2), sent(1, commitment())])
    refused(drawn, "no ticket", TicketsExhausted)
    kept = sending().but(references=(*BASIS, sent(1)), inputs=[])
    refused(kept, "port mock", ErrSequenceSendNotFound)


def test_a_ticket_that_was_used_is_none() -> None:
    used = sent(1, commitment(1, b"before"))
    refused(sending().but(inputs=[used]), "port mock", ErrSequenceSendNotFound)


def test_tickets_come_from_the_counters_alone() -> None:
    forged = [counters(send=3), sent(1), sent(2), sent(3)]
    refused(minting().but(outputs=forged), "the outputs are what the messages write")
    again = [counters(send=3), sent(5), sent(6)]
    refused(minting().but(outputs=again), "the outputs are what the messages write")
    refused(minting().but(inputs=[]), "no counters of tickets", BridgeStateMissing)


def test_tickets_are_for_unordered_channels() -> None:
    refused(minting().but(references=(HOST, channel(Order.ORDERED))), "ORDERED", FeatureLater)


@pytest.mark.parametrize("sends", [0, 1001])
def test_how_many_tickets_at_once(sends: int) -> None:
    message = deliver(MsgMintTickets(PORT, CHANNEL, sends))
    refused(minting().but(commands=[message]), "1 to 1000", CordaError)


# --- identifiers ---


def test_identifiers_are_drawn_from_the_host_and_nowhere_else() -> None:
    honest = create_client()
    without = honest.but(inputs=[], outputs=honest.outputs[1:])
    refused(without, "identifiers are drawn", BridgeStateMissing)
    refused(honest.but(outputs=honest.outputs[1:]), "the outputs are what the messages write")
    kept = [initial_counters(HOST), *honest.outputs[1:]]
    refused(honest.but(outputs=kept), "the outputs are what the messages write")


# --- messages ---


def test_messages_have_one_encoding_and_a_known_type() -> None:
    garbage = sending().but(commands=[Deliver(b"\xff")])
    refused(garbage, "varint", DecodeError)
    padded = Deliver(deliver(SEND).message + b"\x1a\x00")
    refused(sending().but(commands=[padded]), "canonical", DecodeError)
    unknown = Deliver(AnyMessage("/ibc.core.channel.v1.MsgChannelUpgradeInit", b"").encode())
    refused(sending().but(commands=[unknown]), "not supported", FeatureLater)


def test_only_nop_sends_what_anybody_says() -> None:
    forged = SendPacket("cross", CHANNEL, b"commit!", NEVER)
    refused(sending().but(commands=[deliver(forged)]), "only its module sends", ErrInvalidPort)


def test_a_contract_state_of_no_bridge_type() -> None:
    class Odd(CashState):
        belongs_to_contract = IBC_CONTRACT

    values: Mapping[str, Any] = {"amount": amount(1), "owner": ALICE}
    odd = TransactionState(Odd(**values), IBC_CONTRACT, NOTARY)
    refused(sending().but(others=[odd]), "the outputs are what the messages write")
    assert HOST.base_id == GENESIS
