"""The commitment prefix of a chain (ICS-23, ibc.core.commitment.v1.MerklePrefix)."""

import dataclasses
from typing import Annotated

from corda_sim.ibc.protobuf import Field, Message


@dataclasses.dataclass(frozen=True, slots=True)
class MerklePrefix(Message):
    """``{1 key_prefix}``; light clients get it beside the path, it isn't joined to it."""

    key_prefix: Annotated[bytes, Field(1)] = b""


NO_PREFIX = MerklePrefix()
IBC_PREFIX = MerklePrefix(b"ibc")
"""The prefix of this chain, and of yui-ibc-solidity."""
