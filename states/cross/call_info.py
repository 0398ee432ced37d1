"""The call infos of contracts on Corda."""

import dataclasses
from typing import Annotated

from corda_sim.ibc.protobuf import Field, Message


@dataclasses.dataclass(frozen=True, slots=True)
class CallInfo(Message):
    """A call to a contract, by the id that the Host gives it; the contract reads the arguments."""

    contract_id: Annotated[str, Field(1)]
    arguments: Annotated[bytes, Field(2)] = b""
