"""Deploys the bridge's contracts in their order and ties them together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from goquorum.artifacts import artifact
from goquorum.contract_set import CONTRACTS, OURS, ContractSet, GivenAddresses
from goquorum.endpoint.abi import Entry, Interface
from goquorum.endpoint.account import Contract, Sender
from goquorum.endpoint.json_rpc import JsonRpc
from goquorum.endpoint.pipeline import Pipeline
from goquorum.errors import ArtifactRefused

LCP_CLIENT_TYPE: Final = "lcp-client"
CROSS_PORT: Final = "cross"
AUTH_PORT: Final = "cross-auth"
ASSET_NAME: Final = "Corda DvP asset"
ASSET_SYMBOL: Final = "ASSET"
_GATE: Final = "CrossClientGate"
_LISTING: Final = "listClient"
"""By this function the owner of a Cross module says over which clients it takes channels."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The contracts of the bridge on GoQuorum; `cross` and `auth` are bound to their ports."""

    handler: Contract
    lcp_client: Contract
    cross: Contract
    auth: Contract
    transfers: Contract
    token: Contract


def deploy(
    sender: Sender, name: str, *arguments: object, libraries: Mapping[str, bytes] | None = None
) -> Contract:
    """Deploy one of our contracts and wait for it.

    Raises:
        TransactionReverted: its constructor failed.
        UnlinkedLibrary: a library's address is missing.
    """
    pipeline = Pipeline(sender)
    made = pipeline.deploy(artifact(name), *arguments, libraries=libraries)
    pipeline.settle()
    return made


def deploy_handler(sender: Sender) -> Contract:
    """Our IBC handler and the logic that it runs."""
    pipeline = Pipeline(sender)
    made = _handler(pipeline, OURS)
    pipeline.settle()
    return made


def deploy_lcp_client(
    sender: Sender, handler: bytes, root_certificate: bytes, *, development: bool
) -> Contract:
    """Our light client that believes LCP enclaves.

    `handler` is the handler's address, `root_certificate` the attestation service's, in DER;
    `development` admits simulated enclaves, and no others.
    """
    pipeline = Pipeline(sender)
    made = _lcp_client(pipeline, OURS, handler, development, root_certificate)
    pipeline.settle()
    return made


def deploy_bridge(
    sender: Sender, root_certificate: bytes, *, development: bool, contracts: ContractSet = OURS
) -> Deployment:
    """Everything that use case 1 needs, registered and bound, in as few blocks as the chain takes.

    Contracts whose addresses are given are used as they are, and tied to those that are new.

    Raises:
        TransactionReverted: a constructor failed, or the sender doesn't own a contract given.
        ArtifactMissing, ArtifactRefused, UnlinkedLibrary: contracts can't be deployed as they are.
    """
    pipeline = Pipeline(sender)
    made, caller = _place(pipeline, contracts, (development, root_certificate))
    _tie(pipeline, made, caller, contracts.given)
    pipeline.settle()
    return made


def admit_client(sender: Sender, bridge: Deployment, client_id: str) -> None:
    """Let both Cross modules take channels over connections of a client; their owner may.

    Raises:
        TransactionReverted: the sender isn't the owner.
    """
    _list_client(sender, bridge, client_id, listed=True)


def revoke_client(sender: Sender, bridge: Deployment, client_id: str) -> None:
    """Let them take neither channels nor calls over it any more. Raises TransactionReverted."""
    _list_client(sender, bridge, client_id, listed=False)


def _list_client(sender: Sender, bridge: Deployment, client_id: str, *, listed: bool) -> None:
    pipeline = Pipeline(sender)
    for module in (bridge.cross, bridge.auth):
        pipeline.transact(module, _LISTING, client_id, listed)
    pipeline.settle()


def contract_at(rpc: JsonRpc, part: str, address: bytes) -> Contract:
    """The contract that plays a part of the bridge, by our ABI, which is the originals' too."""
    return Contract(rpc, address, Interface(artifact(CONTRACTS[part]).abi))


def _place(
    pipeline: Pipeline, contracts: ContractSet, trust: tuple[bool, bytes]
) -> tuple[Deployment, Contract]:
    """The bridge, and the module that calls contracts."""

    def place(part: str, make: Callable[[], Contract]) -> Contract:
        address = getattr(contracts.given, part)
        return make() if address is None else contract_at(pipeline.rpc, part, address)

    def new(part: str, *arguments: object) -> Callable[[], Contract]:
        return lambda: pipeline.deploy(contracts.artifact(CONTRACTS[part]), *arguments)

    handler = place("handler", lambda: _handler(pipeline, contracts))
    client = place("lcp_client", lambda: _lcp_client(pipeline, contracts, handler.address, *trust))
    auth = place("auth", new("auth", handler.address))
    transfers = place("transfers", new("transfers", auth.address))
    gate = _gate(pipeline, contracts, handler.address)
    receives_from = (gate or handler).address
    caller = place("cross", lambda: _cross(pipeline, contracts, receives_from, transfers.address))
    token = place("token", new("token", ASSET_NAME, ASSET_SYMBOL))
    return Deployment(handler, client, gate or caller, auth, transfers, token), caller


def _tie(pipeline: Pipeline, made: Deployment, caller: Contract, given: GivenAddresses) -> None:
    """What is new has to be tied; what was given is tied already, as whoever gave it says."""
    handler = made.handler
    if made.cross is not caller:
        pipeline.transact(made.cross, "bindModule", caller.address)
    if given.transfers is None:
        pipeline.transact(made.transfers, "bindCross", caller.address)
    if None in {given.handler, given.lcp_client}:
        pipeline.transact(handler, "registerClient", LCP_CLIENT_TYPE, made.lcp_client.address)
    if None in {given.handler, given.cross}:
        pipeline.transact(handler, "bindPort", CROSS_PORT, made.cross.address)
    if None in {given.handler, given.auth}:
        pipeline.transact(handler, "bindPort", AUTH_PORT, made.auth.address)


def _handler(pipeline: Pipeline, contracts: ContractSet) -> Contract:
    """The handler, and the logic that its constructor names by interface: five of ours."""
    origin = contracts.origin(CONTRACTS["handler"])
    made = origin(CONTRACTS["handler"])
    interfaces = [_interface(entry) for entry in Interface(made.abi).constructor_inputs()]
    logic = [pipeline.deploy(origin(name.removeprefix("I"))).address for name in interfaces]
    return pipeline.deploy(made, *logic)


def _lcp_client(
    pipeline: Pipeline,
    contracts: ContractSet,
    handler: bytes,
    development: bool,
    root_certificate: bytes,
) -> Contract:
    origin = contracts.origin(CONTRACTS["lcp_client"])
    made = origin(CONTRACTS["lcp_client"])
    libraries = {name: pipeline.deploy(origin(name)).address for name in made.links}
    return pipeline.deploy(made, handler, development, root_certificate, libraries=libraries)


def _gate(pipeline: Pipeline, contracts: ContractSet, handler: bytes) -> Contract | None:
    """What stands before a Cross module that takes channels over anybody's client.

    Whoever made such a client could forge calls: that of a token whose owner has signed, too.
    """
    if contracts.given.cross is not None:
        return None
    made = contracts.artifact(CONTRACTS["cross"])
    keeps_list = any(entry.get("name") == _LISTING for entry in made.abi)
    return None if keeps_list else pipeline.deploy(artifact(_GATE), handler)


def _cross(pipeline: Pipeline, contracts: ContractSet, handler: bytes, module: bytes) -> Contract:
    """Ours, or cross-solidity's of its main branch, which wants a debug mode: it stays off."""
    made = contracts.artifact(CONTRACTS["cross"])
    known = {"IIBCHandler": handler, "IContractModule": module, "bool": False}
    wanted = [_interface(entry) for entry in Interface(made.abi).constructor_inputs()]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise ArtifactRefused(
            f"{made.name} is constructed from {', '.join(unknown)}: deploy it and give its address"
        )
    return pipeline.deploy(made, *(known[name] for name in wanted))


def _interface(entry: Entry) -> str:
    """The interface that a constructor's argument has, else its type."""
    return str(entry.get("internalType", entry["type"])).removeprefix("contract ")
