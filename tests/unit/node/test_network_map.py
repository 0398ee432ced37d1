import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from corda_sim.core.crypto.crypto import load_private_key
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.network import (
    NetworkParameters,
    NodeInfo,
    NotaryInfo,
    SignedNetworkParameters,
    SignedNodeInfo,
)
from corda_sim.core.serialization import serialize
from corda_sim.core.write_batch import InsertIgnore, Row, Upsert, WriteBatch
from corda_sim.node.certificates import DevelopmentHierarchy, NodeCertificates
from corda_sim.node.identity_service import IdentityService
from corda_sim.node.key_stores import KeyEntry
from corda_sim.node.network_errors import NetworkParametersException, NodeInfoException
from corda_sim.node.network_map import NetworkMapCache
from corda_sim.node.network_parameters import (
    load_past_parameters,
    read_network_parameters,
    stage_network_parameters,
)
from corda_sim.node.node_infos import ADDITIONAL_NODE_INFOS, node_info_file_name

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ALICE = CordaX500Name.parse("O=Alice, L=London, C=GB")
BOB = CordaX500Name.parse("O=Bob, L=Paris, C=FR")
NOTARY = CordaX500Name.parse("O=Notary, L=Zurich, C=CH")
CLUSTER = CordaX500Name.parse("O=Notary Service, L=Zurich, C=CH")
HIERARCHY = DevelopmentHierarchy.create(NOW, os.urandom)
CERTIFICATES = {name: HIERARCHY.node(name, NOW) for name in (ALICE, BOB, NOTARY)}
SERVICE = HIERARCHY.service(CLUSTER, NOW)


def party(name: CordaX500Name, entry: KeyEntry) -> Party:
    return Party(name, load_private_key(entry.pkcs8).public)


def own(name: CordaX500Name) -> Party:
    return party(name, CERTIFICATES[name].identity)


def parameters(*notaries: Party) -> NetworkParameters:
    infos = tuple(NotaryInfo(notary, validating=True) for notary in notaries)
    return NetworkParameters(4, infos, 10_485_760, 10_485_760, NOW, 1)


def info(name: CordaX500Name, serial: int = 1, **changes: object) -> NodeInfo:
    entry = CERTIFICATES[name].identity
    base = NodeInfo(
        ("localhost:10000",),
        (own(name),),
        tuple(reversed(entry.path)),
        12,
        serial,
        endpoint=f"unix:/tmp/{name.organisation}.sock",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def signed(one: NodeInfo, certificates: NodeCertificates, *more: KeyEntry) -> SignedNodeInfo:
    entries = (certificates.identity, *more)
    return SignedNodeInfo.sign(one, *(load_private_key(entry.pkcs8) for entry in entries))


@dataclass
class Net:
    node_dir: Path
    cache: NetworkMapCache
    identities: IdentityService

    def put(self, content: SignedNodeInfo | bytes, name: str = "") -> Path:
        directory = self.node_dir / ADDITIONAL_NODE_INFOS
        directory.mkdir(exist_ok=True)
        raw = content if isinstance(content, bytes) else serialize(content)
        file = directory / (
            name or (node_info_file_name(content) if not isinstance(content, bytes) else "x")
        )
        file.write_bytes(raw)
        return file


def network(node_dir: Path, *notaries: Party) -> Net:
    identities = IdentityService()
    cache = NetworkMapCache(
        node_dir, HIERARCHY.trust_root, parameters(*notaries), identities, lambda: NOW
    )
    return Net(node_dir, cache, identities)


@pytest.fixture
def net(tmp_path: Path) -> Net:
    return network(tmp_path, own(NOTARY))


def stored(batch: WriteBatch) -> dict[str, list[Row]]:
    tables: defaultdict[str, list[Row]] = defaultdict(list)
    for op in batch.ops:
        if isinstance(op, InsertIgnore | Upsert):
            tables[op.table].append(op.row)
    return tables


def rejections(net: Net) -> list[str]:
    return [str(one) for one in net.cache.poll(WriteBatch()).rejected]


def test_a_good_node_info_is_taken(net: Net) -> None:
    net.put(signed(info(ALICE), CERTIFICATES[ALICE]))
    batch = WriteBatch()
    change = net.cache.poll(batch)
    assert [one.legal_identity.name for one in change.added] == [ALICE]
    assert net.identities.well_known_party_from_x500_name(ALICE) == own(ALICE)
    assert net.cache.key_of(str(ALICE)) == own(ALICE).owning_key
    assert net.cache.party_of(str(ALICE)) == own(ALICE)
    address = net.cache.address_of(own(ALICE))
    assert address is not None
    assert address.endpoint == "unix:/tmp/Alice.sock"
    assert address.inbox == "p2p.inbound." + own(ALICE).owning_key.to_string_short()
    host = net.cache.host_of(str(ALICE))
    assert host is not None
    assert host.identity_path == CERTIFICATES[ALICE].identity.path
    assert net.cache.host_of("O=Nobody, L=London, C=GB") is None
    assert {"node_infos", "node_info_hosts", "node_link_nodeinfo_party"} <= set(stored(batch))
    assert not net.cache.poll(WriteBatch()), "an unchanged file is looked at once"


def test_the_partys_own_broker_is_its_address(net: Net) -> None:
    url = "amqps://broker.example:5671/a"
    net.put(signed(info(ALICE, broker_url=url), CERTIFICATES[ALICE]))
    net.cache.poll(WriteBatch())
    address = net.cache.address_of(own(ALICE))
    assert address is not None
    assert address.endpoint == url


def test_unfinished_files_are_left_alone(net: Net) -> None:
    net.put(signed(info(ALICE), CERTIFICATES[ALICE]), "alice.tmp")
    assert not net.cache.poll(WriteBatch())


def test_a_bad_file_is_reported_once(net: Net) -> None:
    net.put(b"rubbish")
    first = net.cache.poll(WriteBatch()).rejected
    assert isinstance(first[0], NodeInfoException)
    assert first[0].file == net.node_dir / ADDITIONAL_NODE_INFOS / "x"
    assert rejections(net) == []


def test_a_foreign_signature_is_refused(net: Net) -> None:
    net.put(signed(info(ALICE), CERTIFICATES[BOB]))
    assert "Verification failed" in rejections(net)[0]
    assert net.cache.key_of(str(ALICE)) is None


def test_a_name_needs_its_certificate(net: Net) -> None:
    stolen = Party(ALICE, own(BOB).owning_key)
    net.put(signed(info(BOB, legal_identities=(stolen,)), CERTIFICATES[BOB]))
    assert "not for O=Alice" in rejections(net)[0]


def test_another_networks_nodes_are_refused(net: Net) -> None:
    other = DevelopmentHierarchy.create(NOW, os.urandom).node(ALICE, NOW)
    one = info(
        ALICE,
        legal_identities=(party(ALICE, other.identity),),
        cert_path=tuple(reversed(other.identity.path)),
    )
    net.put(signed(one, other))
    assert "another root" in rejections(net)[0]


def test_odd_endpoints_are_refused(net: Net) -> None:
    for changes in (
        {"endpoint": ""},
        {"endpoint": "http://x:1"},
        {"broker_url": "redis://x"},
        {"addresses": ("no port",)},
    ):
        net.put(signed(info(ALICE, **changes), CERTIFICATES[ALICE]))
    assert len(rejections(net)) == 4


def test_the_higher_serial_wins_whatever_the_order(net: Net) -> None:
    newer = info(ALICE, 5, endpoint="unix:/tmp/new.sock")
    net.put(signed(newer, CERTIFICATES[ALICE]), "a")
    net.put(signed(info(ALICE, 4), CERTIFICATES[ALICE]), "b")
    batch = WriteBatch()
    assert len(net.cache.poll(batch).added) == 1
    found = net.cache.node_by_legal_name(ALICE)
    assert found == newer
    net.put(signed(info(ALICE, 6), CERTIFICATES[ALICE]), "c")
    assert len(net.cache.poll(batch).modified) == 1
    net.put(signed(newer, CERTIFICATES[ALICE]), "d")
    assert not net.cache.poll(batch)
    net.put(signed(info(ALICE, 6, endpoint="unix:/x"), CERTIFICATES[ALICE]), "e")
    assert "one serial" in rejections(net)[0]


def test_a_removed_file_removes_the_node(net: Net) -> None:
    file = net.put(signed(info(ALICE), CERTIFICATES[ALICE]))
    net.cache.poll(WriteBatch())
    file.unlink()
    assert len(net.cache.poll(WriteBatch()).removed) == 1
    assert net.cache.all_nodes() == []
    assert net.cache.address_of(own(ALICE)) is None


def test_the_map_comes_back_from_the_rows(net: Net, tmp_path: Path) -> None:
    net.put(signed(info(ALICE), CERTIFICATES[ALICE]))
    batch = WriteBatch()
    net.cache.poll(batch)
    again = network(tmp_path / "other", own(NOTARY))
    assert again.cache.load(stored(batch)["node_infos"], WriteBatch()) == []
    assert again.cache.key_of(str(ALICE)) == own(ALICE).owning_key
    damaged = [{**stored(batch)["node_infos"][0], "signed_node_info": b"x"}]
    assert len(network(tmp_path, own(NOTARY)).cache.load(damaged, WriteBatch())) == 1


def test_a_service_identity_must_be_a_notary_of_the_parameters(tmp_path: Path) -> None:
    service = party(CLUSTER, SERVICE)
    worker = info(NOTARY, legal_identities=(own(NOTARY), service))
    claim = signed(worker, CERTIFICATES[NOTARY], SERVICE)
    honest = network(tmp_path, service)
    honest.put(claim)
    honest.cache.poll(WriteBatch())
    assert honest.cache.service_members() == {service: frozenset({own(NOTARY)})}
    assert honest.cache.address_of(service) is not None
    assert len(honest.cache.nodes_by_legal_identity_key(service.owning_key)) == 1
    other = network(tmp_path, own(BOB))
    assert "no notary" in rejections(other)[0]


def test_a_notarys_name_is_nobody_elses(tmp_path: Path) -> None:
    notary = Party(ALICE, own(BOB).owning_key)
    net = network(tmp_path, notary)
    net.put(signed(info(ALICE), CERTIFICATES[ALICE]))
    assert "notary's name" in rejections(net)[0]


def test_notaries(net: Net) -> None:
    assert net.cache.notary_identities == (own(NOTARY),)
    assert net.cache.is_notary(own(NOTARY))
    assert not net.cache.is_notary(own(ALICE))
    assert net.cache.is_validating_notary(own(NOTARY))
    assert net.cache.notary(NOTARY) == own(NOTARY)
    assert net.cache.notary(ALICE) is None


def write_parameters(node_dir: Path, entry: KeyEntry, path: Iterable[bytes]) -> None:
    content = SignedNetworkParameters.sign(
        parameters(own(NOTARY)), load_private_key(entry.pkcs8), tuple(path)
    )
    (node_dir / "network-parameters").write_bytes(serialize(content))


def test_parameters_are_verified_up_to_the_root(tmp_path: Path) -> None:
    signer = HIERARCHY.parameters
    write_parameters(tmp_path, signer, reversed(signer.path))
    found = read_network_parameters(tmp_path, HIERARCHY.trust_root, NOW)
    assert found.verified() == parameters(own(NOTARY))
    assert found.hash == parameters(own(NOTARY)).hash
    batch = WriteBatch()
    stage_network_parameters(batch, found)
    past = load_past_parameters(stored(batch)["node_network_parameters"])
    assert past == {found.hash: parameters(own(NOTARY))}


def test_parameters_signed_by_others_are_refused(tmp_path: Path) -> None:
    signer, alice = HIERARCHY.parameters, CERTIFICATES[ALICE].identity
    cases = [(alice, alice.path), (alice, signer.path), (signer, ()), (signer, alice.path)]
    for entry, path in cases:
        write_parameters(tmp_path, entry, reversed(path))
        with pytest.raises(NetworkParametersException):
            read_network_parameters(tmp_path, HIERARCHY.trust_root, NOW)
    write_parameters(tmp_path, signer, reversed(signer.path))
    with pytest.raises(NetworkParametersException, match="expired"):
        read_network_parameters(tmp_path, HIERARCHY.trust_root, NOW + timedelta(days=4000))


def test_missing_or_damaged_parameters(tmp_path: Path) -> None:
    with pytest.raises(NetworkParametersException, match="No such file"):
        read_network_parameters(tmp_path, HIERARCHY.trust_root, NOW)
    (tmp_path / "network-parameters").write_bytes(b"rubbish")
    with pytest.raises(NetworkParametersException, match="no signed parameters"):
        read_network_parameters(tmp_path, HIERARCHY.trust_root, NOW)
