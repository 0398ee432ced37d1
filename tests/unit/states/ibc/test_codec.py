"""Bridge outputs: the third kind of component."""

from dataclasses import replace
from typing import Any

import pytest

from corda_sim.core.contracts import (
    SignatureAttachmentConstraint,
    StateAndRef,
    TransactionState,
)
from corda_sim.core.contracts.loader import ContractLoader
from corda_sim.core.errors import DecodeError
from corda_sim.core.serialization import MAGIC, PLATFORM, Registry, compact, deserialize, serialize
from corda_sim.core.transactions.component_groups import ComponentGroupEnum, create_component_groups
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.lightclients.corda.outputs import (
    IBC_CONTRACT,
    OUTPUT_MAGIC,
    decode_output,
    encode_output,
    head_of,
)
from corda_sim.ibc.lightclients.corda.types import Entry
from corda_sim.testing.mock_network import MockNetwork
from states.ibc import BridgeState, Genesis, Host
from states.ibc.messages import base_id_message
from tests.unit.states.bridge_ledger import GENESIS, HOST, channel, sent, state
from tests.unit.states.ledger import ALICE, NOTARY, key

CONSTRAINT = SignatureAttachmentConstraint(key(1))


def held(data: Any) -> TransactionState[Any]:  # noqa: ANN401 - any state
    return TransactionState(data, IBC_CONTRACT, NOTARY, None, CONSTRAINT)


@pytest.mark.parametrize("data", [HOST, channel(), sent(4), sent(4, b"\1" * 32)])
def test_outputs_are_protobuf_and_come_back(data: BridgeState | Host) -> None:
    output = held(data)
    component = serialize(output)
    assert component.startswith(OUTPUT_MAGIC)
    assert deserialize(component, TransactionState) == output
    read = decode_output(component)
    assert read.notary_key == NOTARY.owning_key.encoded
    assert head_of(read).base_id == base_id_message(GENESIS)
    groups = create_component_groups(outputs=[output], notary=NOTARY)
    assert groups[0].group_index == ComponentGroupEnum.OUTPUTS
    assert groups[0].components == (component,)


def test_a_light_client_reads_the_entries() -> None:
    entries = head_of(decode_output(serialize(held(sent(4))))).entries
    assert entries == (Entry("commitments/ports/mock/channels/channel-0/sequences/4", b""),)


def test_inside_other_values_they_are_objects() -> None:
    pair = StateAndRef(held(channel()), GENESIS)
    data = serialize(pair)
    assert data.startswith(MAGIC)
    assert deserialize(data, StateAndRef) == pair


def test_a_genesis_is_an_ordinary_state() -> None:
    genesis = held(Genesis(parties=(ALICE,)))
    assert serialize(genesis).startswith(MAGIC)
    assert deserialize(serialize(genesis), TransactionState) == genesis


def test_there_is_one_encoding() -> None:
    component = serialize(held(channel()))
    for altered in (component + b"\0", component[:-1], component + b"\x3a\x00"):
        with pytest.raises(DecodeError):
            deserialize(altered, TransactionState)
    output = decode_output(component)
    wrong = (
        replace(output, notary_name="L=London, O=Notary Service, C=GB"),
        replace(output, notary_key=b"\1"),
        replace(output, constraint=b""),
        replace(output, state=AnyMessage("/corda_sim.ibc.v1.Other", output.state.value)),
        replace(output, state=AnyMessage(output.state.type_url, output.state.value + b"\x58\x01")),
    )
    for one in wrong:
        with pytest.raises(DecodeError):
            deserialize(encode_output(one), TransactionState)


def test_a_reader_without_the_bridges_types_refuses() -> None:
    with pytest.raises(DecodeError):
        deserialize(serialize(held(channel())), TransactionState, Registry("empty", PLATFORM))


def test_a_compact_twin_of_a_bridge_output_is_refused() -> None:
    twin = MAGIC + compact._pack(compact._to_wire(held(channel()), 0))
    assert twin[len(MAGIC) :] in serialize((held(channel()),))
    with pytest.raises(DecodeError, match="not the canonical encoding"):
        deserialize(twin, TransactionState)


def test_entries_are_ordered_by_path() -> None:
    made = state({"cross/initiated/ff": b"2", "cross/auth/ff": b"1"})
    assert [entry.path for entry in made.entries] == ["cross/auth/ff", "cross/initiated/ff"]
    assert made.key == "cross/ff"


def test_each_archive_reads_them_as_its_own_classes() -> None:
    with MockNetwork(parties=()) as network:
        loader, found = ContractLoader(), network.site.attachments
        (archive,) = (one for one in found if IBC_CONTRACT in one.contracts)
        registry = loader.registry_for([archive])
        output = deserialize(serialize(held(channel())), TransactionState, registry)
    assert type(output.data) is not BridgeState
    assert type(output.data).__name__ == "BridgeState"
    assert output.data.key == channel().key
