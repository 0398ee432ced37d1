"""Reading ``BridgeOutput`` components: the third kind of format, in the registry of its types."""

from typing import Any, cast

from corda_sim.core.contracts import AttachmentConstraint, ContractState, TransactionState
from corda_sim.core.errors import DecodeError
from corda_sim.core.serialization import Registry, current_registry, deserialize, serialize
from corda_sim.ibc.lightclients.corda.outputs import OUTPUT_MAGIC, decode_output
from states.ibc.messages import party_of


def _decode(data: bytes, registry: Registry) -> object:
    output = decode_output(data)
    codec = registry.by_name(output.state.type_url.removeprefix("/"))
    if codec is None:
        raise DecodeError(f"no bridge state of type {output.state.type_url!r}")
    codec.prepare()
    state: TransactionState[Any] = TransactionState(
        cast("ContractState", codec.build([output.state.value])),
        output.contract,
        party_of(output.notary_name, output.notary_key),
        output.encumbrance,
        deserialize(output.constraint, AttachmentConstraint, registry),
    )
    if serialize(state) != data:
        raise DecodeError("not the canonical encoding of its output")
    return state


current_registry().add_format(OUTPUT_MAGIC, _decode)
