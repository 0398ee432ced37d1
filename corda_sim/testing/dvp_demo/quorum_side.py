"""The GoQuorum network of the demonstration: its contracts, its tokens and their owners."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from corda_sim.ibc.lightclients.ethereum.signatures import address_of
from corda_sim.local.files import write_private
from flows.dvp.terms import Terms
from goquorum.bridge_file import BridgeFile
from goquorum.contract_set import OURS, ContractSet
from goquorum.deploy import Deployment, admit_client, deploy_bridge
from goquorum.endpoint.account import Sender, SentCall
from goquorum.endpoint.addresses import show_address
from goquorum.endpoint.ibc_handler import IbcHandler
from goquorum.endpoint.json_rpc import JsonRpc
from goquorum.endpoint.pipeline import Pipeline
from goquorum.nft import Nft

BRIDGE_FILE: Final = "bridge.json"
ISSUER, SELLER, BUYER, RELAYER = "issuer", "seller", "buyer", "relayer"
_NOBODY: Final = bytes(20)


def key_file(name: str) -> str:
    """The file of somebody's key, in hexadecimal."""
    return f"{name}.key"


@dataclass(frozen=True, slots=True)
class QuorumSide:
    """The deployed bridge, who deployed it and mints, and the two end users.

    The bridge did nothing before `block`.
    """

    rpc: JsonRpc
    bridge: Deployment
    block: int
    issuer: Sender
    seller: Sender
    buyer: bytes

    @classmethod
    def deploy(cls, url: str, root: bytes, directory: Path, contracts: ContractSet = OURS) -> Self:
        """Deploy the bridge; its file and everybody's keys are left in `directory`.

        `root` is the attestation service's certificate, in DER.
        """
        rpc = JsonRpc(url)
        keys = {name: secrets.token_bytes(32) for name in (ISSUER, SELLER, BUYER, RELAYER)}
        for name, key in keys.items():
            write_private(directory / key_file(name), key.hex().encode())
        issuer, seller = (Sender(rpc, keys[name]) for name in (ISSUER, SELLER))
        block = int(rpc.call("eth_blockNumber"), 16)
        bridge = deploy_bridge(issuer, root, development=True, contracts=contracts)
        made = cls(rpc, bridge, block, issuer, seller, address_of(keys[BUYER]))
        made.file.write(directory / BRIDGE_FILE)
        return made

    @property
    def file(self) -> BridgeFile:
        """Where the contracts lie."""
        return BridgeFile.of(self.rpc, self.block, self.bridge)

    def admit(self, client_id: str) -> None:
        """Let the Cross modules take channels over a client."""
        admit_client(self.issuer, self.bridge, client_id)

    def give(self, tokens: Iterable[int]) -> None:
        """Mint tokens for the seller, who lets the bridge move them."""
        minting, approving = Pipeline(self.issuer), Pipeline(self.seller)
        numbers, asset = tuple(tokens), self.bridge.token
        for token in numbers:
            minting.transact(asset, "mint", self.seller.address, token)
        minting.settle()
        for token in numbers:
            approving.transact(asset, "approve", self.bridge.transfers.address, token)
        approving.settle()

    def withdraw_approval(self, token: int) -> None:
        """The bridge may no longer move the token."""
        Nft(self.bridge.token).approve(self.seller, token, _NOBODY)

    def sign(self, terms: Terms) -> int:
        """The seller agrees to terms: what `goquorum sign` sends. The block that it is in."""
        sent = self.send_signature(terms)
        return self.bridge.auth.settle(self.seller, sent).block_number

    def send_signature(self, terms: Terms) -> SentCall:
        """As `sign`, without waiting."""
        message = terms.signing_message(self.bridge.transfers.address)
        return self.bridge.auth.send(self.seller, "ibcSignTx", message)

    def owner(self, token: int) -> str:
        """Who has a token, by `ownerOf`."""
        names = {self.seller.address: SELLER, self.buyer: BUYER}
        owner = Nft(self.bridge.token).holding(token).owner
        return names.get(owner) or show_address(owner)

    def has_answered(self, port: str, sequence: int, since: int) -> bool:
        """Whether a packet was received and acknowledged, in block `since` or later."""
        head = int(self.rpc.call("eth_blockNumber"), 16)
        handler = IbcHandler(self.rpc, self.bridge.handler.address)
        answers = (
            told.event.arguments
            for told in handler.events(since, head)
            if told.event.name == "WriteAcknowledgement"
        )
        return any(
            (one["destinationPortId"], one["sequence"]) == (port, sequence) for one in answers
        )
