"""Our contracts' outside: the selectors, topics and sizes that others rely on."""

import pytest

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from goquorum.artifacts import Artifact, artifact, names
from goquorum.endpoint.abi import signature_of
from goquorum.errors import ArtifactMissing, UnlinkedLibrary
from tests.unit.goquorum.originals import ORIGINALS

LARGEST_CONTRACT = 24_576


def prefixes(made: Artifact, kind: str) -> dict[str, str]:
    entries = (entry for entry in made.abi if entry["type"] == kind)
    return {e["name"]: keccak256(signature_of(e).encode())[:4].hex() for e in entries}


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name, kinds in ORIGINALS.items() for kind in kinds]
)
def test_others_find_what_the_originals_have(name: str, kind: str) -> None:
    wanted, found = ORIGINALS[name][kind], prefixes(artifact(name), kind)
    assert {one: found.get(one) for one in wanted} == wanted


def test_a_contract_module_is_called_as_by_cross_solidity() -> None:
    assert prefixes(artifact("AssetTransferModule"), "function")["onContractCall"] == "7376ec87"


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
