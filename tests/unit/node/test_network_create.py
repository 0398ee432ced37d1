import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from corda_sim.core.network import SignedNodeInfo
from corda_sim.core.serialization import deserialize
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.cordapp import CordApp
from corda_sim.node.assembly import load_identity
from corda_sim.node.attachments import load_trusted
from corda_sim.node.certificates import DevelopmentHierarchy
from corda_sim.node.config import load_config
from corda_sim.node.identity_service import IdentityService
from corda_sim.node.key_stores import read_trust_store
from corda_sim.node.manifest import read_manifest
from corda_sim.node.network_create import NetworkRequest, NotarySeat, create_network
from corda_sim.node.network_errors import (
    DirectoryNotEmptyException,
    NetworkCreationException,
    NetworkNotFoundException,
)
from corda_sim.node.network_map import NetworkMapCache
from corda_sim.node.network_parameters import (
    read_network_parameters,
    verify_network_parameters,
)
from corda_sim.node.storage.migrate import current

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CASH = CordApp("cash", contract_packages=("states.cash",), migrations=("cash",))
SEATS: list[NotarySeat] = []


def make(target: Path, parties: Sequence[str] = ("PartyA", "PartyB"), **options: object) -> None:
    request = NetworkRequest(parties, cordapps=[CASH], **options)  # type: ignore[arg-type]
    create_network(target, request, SEATS.append, now=NOW)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("networks") / "net"
    SEATS.clear()
    make(target)
    return target


def test_the_manifest_lists_the_nodes(network: Path) -> None:
    manifest = read_manifest(network)
    assert [node.name for node in manifest.nodes] == [
        "PartyA",
        "PartyB",
        "Validator",
        "Notary",
        "Outsider",
    ]
    assert len({node.rpc for node in manifest.nodes}) == 5
    assert (network / "network.toml").stat().st_mode & 0o777 == 0o600
    assert manifest.validating
    assert [path.name for path in network.parent.iterdir()] == ["net"], "no scratch left"


def test_every_node_sees_every_other(network: Path) -> None:
    for node in read_manifest(network).nodes:
        node_dir = network / node.dir
        root = read_trust_store(node_dir / "certificates" / "truststore.pem")
        signed = read_network_parameters(node_dir, root, NOW)
        parameters = verify_network_parameters(signed, root, NOW)
        identities = IdentityService()
        cache = NetworkMapCache(node_dir, root, parameters, identities, lambda: NOW)
        change = cache.poll(WriteBatch())
        assert change.rejected == []
        assert len(change.added) == 5
        notary = cache.notary_identities[0]
        assert str(notary.name) == "O=Notary Service, L=Zurich, C=CH"
        assert cache.is_validating_notary(notary)
        assert {str(p.name) for p in cache.service_members()[notary]} == {
            "O=Notary, L=Zurich, C=CH"
        }
        address = cache.address_of(identities.party_from_name("PartyB"))
        assert address is not None
        assert address.endpoint == f"unix:{network / 'PartyB' / 'p2p.sock'}"


def test_configurations_are_private_and_complete(network: Path) -> None:
    for node in read_manifest(network).nodes:
        file = network / node.dir / "node.toml"
        config = load_config(file.parent)
        assert file.stat().st_mode & 0o777 == 0o600
        assert config.my_legal_name == node.legal_name
        assert config.rpc_settings.address == node.rpc
        assert config.rpc_users[0].permissions == ("ALL",)
        assert len(config.rpc_users[0].password) == 32
        assert (config.notary is not None) == (node.role == "notary")
        assert (config.validator is not None) == (node.role == "validator")
    passwords = {load_config(network / n).key_store_password for n in ("PartyA", "PartyB")}
    assert len(passwords) == 2
    notary = load_config(network / "Notary").notary
    assert notary is not None
    assert [str(name) for name in notary.witnesses] == [
        "O=Validator, L=Zurich, C=CH",
        "O=PartyA, L=London, C=GB",
        "O=PartyB, L=London, C=GB",
    ], "the validator never asks for notarisations: parties see the heads"


def test_keys_open_with_the_configured_password(network: Path) -> None:
    for node in read_manifest(network).nodes:
        config = load_config(network / node.dir)
        found = load_identity(config, network / node.dir / "certificates")
        assert found.party.name == node.legal_name
        assert (found.service is not None) == (node.role == "notary")


def test_cordapps_are_installed_with_one_signer(network: Path) -> None:
    found = [load_trusted(network / node.dir / "cordapps") for node in read_manifest(network).nodes]
    assert len(found[0]) == 1
    assert found[0][0].contracts
    assert len({(a.id, a.signers) for archives in found for a in archives}) == 1


def test_databases_have_their_tables(network: Path) -> None:
    for node in read_manifest(network).nodes:
        node_dir = network / node.dir
        url = load_config(node_dir).database_url(node_dir)
        versions = {version.branch: version for version in current(url)}
        assert versions["node"].up_to_date
        assert versions["cash"].up_to_date
        assert versions["notary"].revision is None
    ledger = {v.branch: v for v in current(f"sqlite:///{network / 'Notary' / 'notary.db'}")}
    assert ledger["notary"].up_to_date


@pytest.mark.usefixtures("network")
def test_the_notary_is_set_up() -> None:
    assert [seat.worker for seat in SEATS] == ["O=Notary, L=Zurich, C=CH"]
    assert SEATS[0].node_dir.name == "Notary"


def test_the_hierarchy_can_certify_more_nodes(network: Path) -> None:
    authority = network / "development-ca"
    password = (authority / "password").read_text()
    hierarchy = DevelopmentHierarchy.load(authority, password, os.urandom)
    assert hierarchy.trust_root == read_trust_store(
        network / "PartyA" / "certificates" / "truststore.pem"
    )


def test_a_directory_in_use_is_refused(network: Path, tmp_path: Path) -> None:
    with pytest.raises(DirectoryNotEmptyException):
        make(network)
    (tmp_path / "file").write_text("x")
    for taken in (tmp_path, tmp_path / "file"):
        with pytest.raises(DirectoryNotEmptyException):
            make(taken)


def test_an_empty_directory_is_taken(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    make(tmp_path / "net", ("PartyA",), validator=False, outsider=False, notary="non-validating")
    manifest = read_manifest(tmp_path / "net")
    assert [node.name for node in manifest.nodes] == ["PartyA", "Notary"]
    assert not manifest.validating
    notary = load_config(tmp_path / "net" / "Notary").notary
    assert notary is not None
    assert [str(name) for name in notary.witnesses] == ["O=PartyA, L=London, C=GB"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(_seat: NotarySeat) -> None:
        raise NetworkCreationException("the notary refuses")

    with pytest.raises(NetworkCreationException, match="refuses"):
        create_network(
            tmp_path / "net",
            NetworkRequest(["PartyA"], outsider=False, validator=False, cordapps=[]),
            fail,
        )
    with pytest.raises(NetworkCreationException):
        make(tmp_path / "net", ["PartyA", "PartyA"])
    assert list(tmp_path.iterdir()) == []


def test_brokers_of_their_own(tmp_path: Path) -> None:
    brokers = ["amqp://g:g@localhost:5672/dev", "PartyA=amqps://u:p@a.example/v"]
    make(tmp_path / "net", brokers=brokers)
    manifest = read_manifest(tmp_path / "net")
    assert manifest.shared_broker
    config = load_config(tmp_path / "net" / "PartyA")
    assert config.messaging_server_address == "amqps://u:p@a.example/v"
    assert config.p2p_address == "a.example:5671"
    infos = [p.read_bytes() for p in (tmp_path / "net/PartyB/additional-node-infos").iterdir()]
    assert any(b"amqps://a.example/v" in info for info in infos)


def test_nodes_that_listen_on_tcp(tmp_path: Path) -> None:
    brokers = ["Notary=amqps://u:p@broker.example/v"]
    make(tmp_path / "net", brokers=brokers, p2p=["tcp", "PartyB=tcp:b.example", "Outsider=unix"])
    folder = tmp_path / "net" / "PartyA" / "additional-node-infos"
    infos = [deserialize(file.read_bytes(), SignedNodeInfo).verified() for file in folder.iterdir()]
    by_name = {info.legal_identity.name.organisation: info for info in infos}
    ports = set()
    for node in read_manifest(tmp_path / "net").nodes:
        address, info = load_config(tmp_path / "net" / node.dir).p2p_address, by_name[node.name]
        host, _, port = address.rpartition(":")
        ports |= {port, node.rpc.rpartition(":")[2]}
        match node.name:
            case "Outsider":
                assert (info.addresses, info.endpoint) == ((), address)
                assert host == "unix"
            case "Notary":
                assert (info.addresses, info.endpoint) == (("broker.example:5671",), "")
            case _:
                assert host == ("b.example" if node.name == "PartyB" else "127.0.0.1")
                assert (info.addresses, info.endpoint) == ((address,), f"tls://{address}")
    assert len(ports) == 5 + 3 + 2, "RPC of all, P2P of those on TCP, the broker, the socket"


def test_a_damaged_manifest(tmp_path: Path) -> None:
    with pytest.raises(NetworkNotFoundException, match="no network"):
        read_manifest(tmp_path)
    (tmp_path / "network.toml").write_text(json.dumps({"x": 1}))
    with pytest.raises(NetworkNotFoundException, match="damaged"):
        read_manifest(tmp_path)
