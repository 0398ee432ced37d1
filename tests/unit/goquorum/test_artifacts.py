"""Our contracts' outside: the selectors, topics and sizes that others rely on."""

import pytest

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from goquorum.artifacts import Artifact, artifact, names
from goquorum.endpoint.abi import signature_of
from goquorum.errors import ArtifactMissing, UnlinkedLibrary

LARGEST_CONTRACT = 24_576

HANDLER = {
    "connectionOpenInit": "d3c68ba0",
    "connectionOpenTry": "314d55c3",
    "connectionOpenAck": "8c145a93",
    "connectionOpenConfirm": "6a728f2c",
    "channelOpenInit": "2d5386df",
    "channelOpenTry": "314c3c1c",
    "channelOpenAck": "256c4199",
    "channelOpenConfirm": "5bd51b62",
    "channelCloseInit": "a06cb3a2",
    "channelCloseConfirm": "25cbc3a6",
    "sendPacket": "ae4cd201",
    "recvPacket": "236ebd70",
    "writeAcknowledgement": "b56e79de",
    "acknowledgePacket": "59f37976",
    "timeoutPacket": "aa18c8b1",
    "timeoutOnClose": "2e5e6d74",
    "getCommitment": "7795820c",
    "getCommitmentsSlot": "6ecd6d48",
    "getCommitmentPrefix": "b5ad7134",
}
LIGHT_CLIENT = {
    "initializeClient": "fe66819f",
    "routeUpdateClient": "f13a62f9",
    "updateClient": "a97c61d6",
    "registerEnclaveKey": "6ac73aa0",
    "updateOperators": "9f021667",
}
TOPICS = {
    "GeneratedClientIdentifier": "601bfcc4",
    "GeneratedConnectionIdentifier": "bcf8ae1e",
    "GeneratedChannelIdentifier": "01fb9b87",
    "SendPacket": "2a89ca0e",
    "RecvPacket": "346f4351",
    "WriteAcknowledgement": "39b14668",
    "AcknowledgePacket": "47471450",
    "TimeoutPacket": "a6ccdfd0",
    "TimeoutOnClose": "904f5d43",
}


def prefixes(made: Artifact, kind: str) -> dict[str, str]:
    entries = (entry for entry in made.abi if entry["type"] == kind)
    return {e["name"]: keccak256(signature_of(e).encode())[:4].hex() for e in entries}


def test_the_handler_has_the_selectors_of_yui_ibc_solidity() -> None:
    found = prefixes(artifact("OwnableIBCHandler"), "function")
    assert {name: found[name] for name in HANDLER} == HANDLER


def test_its_events_have_the_topics_of_yui_ibc_solidity() -> None:
    found = prefixes(artifact("OwnableIBCHandler"), "event")
    assert {name: found[name] for name in TOPICS} == TOPICS


def test_the_light_client_has_the_selectors_of_lcp_solidity() -> None:
    found = prefixes(artifact("LCPClientIAS"), "function")
    assert {name: found[name] for name in LIGHT_CLIENT} == LIGHT_CLIENT
    assert prefixes(artifact("LCPClientIAS"), "event")["RegisteredEnclaveKey"] == "e2bc653f"


def test_cross_has_the_selectors_of_cross_solidity() -> None:
    assert prefixes(artifact("AssetTransferModule"), "function")["onContractCall"] == "7376ec87"
    errors = prefixes(artifact("CrossSimpleModule"), "error")
    assert (errors["UnexpectedTypeURL"], errors["NotImplemented"]) == ("7c5b7409", "d6234725")


@pytest.mark.parametrize("name", sorted(names()))
def test_every_contract_fits_into_a_berlin_chain(name: str) -> None:
    assert 0 < artifact(name).deployed_size < LARGEST_CONTRACT


def test_linking_puts_each_librarys_address_in_its_places() -> None:
    made = Artifact("C", (), "60" * 2 + "__placeholder".ljust(40, "_") + "61", 23, {"L": (2,)})
    assert made.linked({"L": b"\xab" * 20}).hex() == "6060" + "ab" * 20 + "61"
    with pytest.raises(UnlinkedLibrary, match="needs the library L"):
        made.linked({})


def test_the_light_client_names_its_libraries() -> None:
    assert set(artifact("LCPClientIAS").links) == {"AVRValidator", "LCPProtoMarshaler"}


def test_an_unknown_contract_lists_the_known_ones() -> None:
    with pytest.raises(ArtifactMissing, match="OwnableIBCHandler"):
        artifact("Handler")
