"""Where a bridge's contracts lie: a JSON file that one process writes and the others read."""

from dataclasses import fields
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from goquorum.deploy import Deployment, contract_at
from goquorum.endpoint.addresses import Address, show_address
from goquorum.endpoint.json_rpc import JsonRpc
from goquorum.errors import WrongUse


class BridgeFileRefused(WrongUse):
    """A bridge's file can't be read or written, or the chain isn't the one that it names."""


class BridgeFile(BaseModel):
    """The bridge's contracts on one chain; `block`: none of them did anything before it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    chain_id: Annotated[int, Field(gt=0)]
    block: Annotated[int, Field(ge=0)]
    handler: Address
    lcp_client: Address
    cross: Address
    auth: Address
    transfers: Address
    token: Address

    @classmethod
    def of(cls, rpc: JsonRpc, block: int, deployment: Deployment) -> Self:
        """What is to be known of a deployment."""
        parts = (field.name for field in fields(Deployment))
        found = {part: show_address(getattr(deployment, part).address) for part in parts}
        return cls.model_validate({"chain_id": chain_id(rpc), "block": block, **found})

    @classmethod
    def read(cls, file: Path) -> Self:
        """The bridge of a file. Raises BridgeFileRefused."""
        try:
            return cls.model_validate_json(file.read_bytes())
        except (OSError, ValidationError) as error:
            raise BridgeFileRefused(f"{file}: {error}") from error

    def write(self, file: Path) -> None:
        """Keep it in a new file. Raises BridgeFileRefused."""
        try:
            with file.open("x", encoding="utf-8") as opened:
                opened.write(self.model_dump_json(indent=2) + "\n")
        except OSError as error:
            raise BridgeFileRefused(f"{file}: {error}") from error

    def connect(self, rpc: JsonRpc) -> Deployment:
        """The contracts, seen to lie there. Raises BridgeFileRefused, EndpointUnreachable."""
        if chain_id(rpc) != self.chain_id:
            raise BridgeFileRefused(f"{rpc.url} is chain {chain_id(rpc)}, not {self.chain_id}")
        parts = [field.name for field in fields(Deployment)]
        asked = [("eth_getCode", (show_address(getattr(self, part)), "latest")) for part in parts]
        empty = [part for part, code in zip(parts, rpc.batch(asked), strict=True) if code == "0x"]
        if empty:
            raise BridgeFileRefused(f"{rpc.url} has no contract for {', '.join(empty)}")
        return Deployment(**{part: contract_at(rpc, part, getattr(self, part)) for part in parts})


def chain_id(rpc: JsonRpc) -> int:
    """The chain that an endpoint answers for."""
    return int(rpc.call("eth_chainId"), 16)
