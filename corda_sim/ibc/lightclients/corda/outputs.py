"""The bytes of a bridge output: a magic of its own, then protobuf that any language reads."""

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.lightclients.corda.types import BridgeOutput, BridgeState

OUTPUT_MAGIC = b"cibc\x01\x00"
"""First bytes of an output component that holds a ``BridgeOutput``."""
IBC_CONTRACT = "corda_sim.ibc.Ibc"
"""Wire name of the one contract whose outputs a proof may show."""


def encode_output(output: BridgeOutput) -> bytes:
    """The component's bytes."""
    return OUTPUT_MAGIC + output.encode()


def decode_output(component: bytes) -> BridgeOutput:
    """The output. Raises: DecodeError for another kind of component, or bytes not canonical."""
    if not component.startswith(OUTPUT_MAGIC):
        raise DecodeError("not the output of a bridge transaction")
    return BridgeOutput.decode_strict(component[len(OUTPUT_MAGIC) :])


def head_of(output: BridgeOutput) -> BridgeState:
    """Base id and entries of the state, whatever its type. Raises: DecodeError."""
    return BridgeState.decode(output.state.value)
