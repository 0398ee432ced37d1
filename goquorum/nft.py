"""An ERC-721 of the GoQuorum side, as its owners use it."""

from dataclasses import dataclass
from typing import Self

from goquorum.artifacts import artifact
from goquorum.endpoint.abi import Interface
from goquorum.endpoint.account import Contract, Receipt, Sender
from goquorum.endpoint.json_rpc import JsonRpc

_NOBODY = bytes(20)


@dataclass(frozen=True, slots=True)
class Holding:
    """A token's owner, and who else may move it (by address)."""

    owner: bytes
    approved: bytes | None


@dataclass(frozen=True, slots=True)
class Nft:
    """A token contract. Everything raises TransactionReverted where the contract refuses."""

    contract: Contract

    @classmethod
    def at(cls, rpc: JsonRpc, address: bytes) -> Self:
        """The contract at an address, by the interface of our own."""
        return cls(Contract(rpc, address, Interface(artifact("AssetToken").abi)))

    def holding(self, token_id: int) -> Holding:
        """Who has a token now."""
        owner, approved = (
            bytes.fromhex(self.contract.view(name, token_id)[0][2:])
            for name in ("ownerOf", "getApproved")
        )
        return Holding(owner, None if approved == _NOBODY else approved)

    def mint(self, minter: Sender, token_id: int, to: bytes) -> Receipt:
        """Make a token; our contract lets its owner do so."""
        return self.contract.transact(minter, "mint", to, token_id)

    def approve(self, owner: Sender, token_id: int, operator: bytes) -> Receipt:
        """Let another address move a token once; no bytes but zeros take that back."""
        return self.contract.transact(owner, "approve", operator, token_id)
