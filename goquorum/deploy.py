"""Deploys our contracts in their order and ties them together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from goquorum.artifacts import artifact
from goquorum.endpoint.abi import Interface
from goquorum.endpoint.account import Contract, Sender, TransactionReverted

LCP_CLIENT_TYPE: Final = "lcp-client"
CROSS_PORT: Final = "cross"
AUTH_PORT: Final = "cross-auth"
_LOGIC: Final = (
    "IBCClient",
    "IBCConnection",
    "IBCChannelHandshake",
    "IBCChannelPacketSendRecv",
    "IBCChannelPacketTimeout",
)


def deploy(
    sender: Sender, name: str, *arguments: object, libraries: Mapping[str, bytes] | None = None
) -> Contract:
    """Deploy one contract and wait for it.

    Raises:
        TransactionReverted: its constructor failed.
        UnlinkedLibrary: a library's address is missing.
    """
    made = artifact(name)
    interface = Interface(made.abi)
    data = made.linked(libraries or {}) + interface.constructor(*arguments)
    receipt = sender.wait(sender.send(None, data))
    if not receipt.succeeded or receipt.contract_address is None:
        raise TransactionReverted(f"constructor of {name}", None, b"")
    return Contract(sender.rpc, receipt.contract_address, interface)


@dataclass(frozen=True, slots=True)
class Deployment:
    """The contracts of the bridge on GoQuorum."""

    handler: Contract
    lcp_client: Contract
    cross: Contract
    auth: Contract
    transfers: Contract
    token: Contract


def deploy_handler(sender: Sender) -> Contract:
    """The IBC handler and the logic that it runs."""
    logic = [deploy(sender, name).address for name in _LOGIC]
    return deploy(sender, "OwnableIBCHandler", *logic)


def deploy_lcp_client(
    sender: Sender, handler: bytes, root_certificate: bytes, *, development: bool
) -> Contract:
    """The light client that believes LCP enclaves.

    `handler` is the handler's address, `root_certificate` the attestation service's, in DER.
    """
    libraries = {
        name: deploy(sender, name).address for name in ("AVRValidator", "LCPProtoMarshaler")
    }
    arguments = (handler, development, root_certificate)
    return deploy(sender, "LCPClientIAS", *arguments, libraries=libraries)


def deploy_bridge(sender: Sender, root_certificate: bytes, *, development: bool) -> Deployment:
    """Everything that use case 1 needs, registered and bound."""
    handler = deploy_handler(sender)
    lcp_client = deploy_lcp_client(
        sender, handler.address, root_certificate, development=development
    )
    auth = deploy(sender, "CrossAuthModule", handler.address)
    transfers = deploy(sender, "AssetTransferModule", auth.address)
    cross = deploy(sender, "CrossSimpleModule", handler.address, transfers.address)
    token = deploy(sender, "AssetToken", "Corda DvP asset", "ASSET")
    transfers.transact(sender, "bindCross", cross.address)
    handler.transact(sender, "registerClient", LCP_CLIENT_TYPE, lcp_client.address)
    handler.transact(sender, "bindPort", CROSS_PORT, cross.address)
    handler.transact(sender, "bindPort", AUTH_PORT, auth.address)
    return Deployment(handler, lcp_client, cross, auth, transfers, token)
