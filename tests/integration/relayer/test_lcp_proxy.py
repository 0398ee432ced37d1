"""The relayer over a real proxy: gRPC, an enclave process, an attestation service."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import MsgRecvPacket
from corda_sim.ibc.client.height import Height
from corda_sim.lcp._pb.enclave_pb2 import IASEnclaveKeyInfo
from corda_sim.lcp.attestation.client import AttestationClient
from corda_sim.lcp.attestation.server import start_attestation
from corda_sim.lcp.attestation.service import register_platform
from corda_sim.lcp.client import LcpConnection
from corda_sim.lcp.elc_client import ElcConnection, Question
from corda_sim.lcp.endpoints import Endpoint
from corda_sim.lcp.errors import LcpRefusedException, LcpUnreachableException
from corda_sim.lcp.node.server import LcpNode, open_platform
from goquorum.endpoint.json_rpc import JsonRpc
from tests.integration.relayer.conftest import Site, Trust, new_site
from tests.integration.relayer.test_quick_chain import eventually, relaying
from tests.unit.relayer.bridge import is_done

pytestmark = pytest.mark.integration
ANY_PORT = Endpoint("127.0.0.1:0")


class Connected(ElcConnection):
    """Both services of one proxy."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.keys = LcpConnection(address)

    def enclave_keys(self) -> list[IASEnclaveKeyInfo]:
        return self.keys.enclave_keys()

    def attest(self) -> IASEnclaveKeyInfo:
        return self.keys.attest()

    def close(self) -> None:
        super().close()
        self.keys.close()


@dataclass
class Attestation:
    """A service that attests the enclaves of each host that is set up here."""

    directory: Path
    client: AttestationClient

    @property
    def root(self) -> bytes:
        return (self.directory / "root.der").read_bytes()

    @contextmanager
    def host(self, directory: Path) -> Iterator[LcpNode]:
        register_platform(self.directory, open_platform(directory).platform)
        node = LcpNode(directory, ANY_PORT, self.client)
        yield node
        node.stop()


@pytest.fixture(scope="module")
def attestation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attestation]:
    directory = tmp_path_factory.mktemp("attestation")
    server, address = start_attestation(directory, ANY_PORT)
    client = AttestationClient(address)
    yield Attestation(directory, client)
    client.close()
    server.stop(None)


@pytest.fixture(scope="module")
def lcp(
    attestation: Attestation, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LcpNode, bytes]]:
    with attestation.host(tmp_path_factory.mktemp("lcp")) as node:
        yield node, attestation.root


@pytest.fixture
def proxy(lcp: tuple[LcpNode, bytes]) -> Iterator[Connected]:
    made = Connected(lcp[0].address)
    yield made
    made.close()


def test_packets_go_both_ways_though_the_enclave_is_killed(
    rpc: JsonRpc, lcp: tuple[LcpNode, bytes], proxy: Connected
) -> None:
    node, root = lcp
    site: Site = new_site(rpc, Trust(proxy, node.host.mrenclave, root))
    quorum = site.quorum()
    site.open(quorum)
    with relaying(site, quorum):
        there = [site.corda.send("channel-0", b"%d" % number) for number in range(3)]
        site.send(b"back")
        eventually(lambda: all(is_done(site.corda, one) for one in there))
        os.kill(node.host.pid, signal.SIGKILL)
        site.send(b"back again")
        last = site.corda.send("channel-0", b"last")
        eventually(lambda: is_done(site.corda, last))
        eventually(lambda: site.module.view("acknowledged") == (2,))
    quorum.close()
    assert site.module.view("received") == (4,)
    assert site.corda.count(MsgRecvPacket) == 2


def test_another_hosts_enclave_takes_over(
    rpc: JsonRpc, attestation: Attestation, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nothing of the first host is left; clients, connection and channel stay."""
    first, second = (tmp_path_factory.mktemp(name) for name in ("first", "second"))
    with attestation.host(first) as node, closing(Connected(node.address)) as proxy:
        site = new_site(rpc, Trust(proxy, node.host.mrenclave, attestation.root))
        quorum = site.quorum()
        opened = site.open(quorum).show()
    for _ in range(3):
        rpc.call("quick_mine")
        site.corda.make_block()
    with attestation.host(second) as node, closing(Connected(node.address)) as proxy:
        site.trust.proxy = proxy
        assert site.open(quorum).show() == opened
        with relaying(site, quorum):
            packet = site.corda.send("channel-0", b"there")
            site.send(b"back")
            eventually(lambda: is_done(site.corda, packet))
            eventually(lambda: site.module.view("acknowledged") == (1,))
    quorum.close()
    assert site.corda.client_ids() == ("lcp-client-0",)


def test_a_client_that_is_not_there_is_none(proxy: Connected) -> None:
    assert proxy.find_client("hb-qbft-99") is None


def test_the_enclaves_refusals_keep_their_names(proxy: Connected) -> None:
    key = proxy.enclave_keys()[0].enclave_key_address
    with pytest.raises(LcpRefusedException) as caught:
        proxy.update_client("hb-qbft-99", AnyMessage("/nothing"), key)
    assert caught.value.type_name == "ErrClientNotFound"
    for value in (b"value", None):
        question = Question(b"ibc", "some/path", value, Height(0, 1), b"proof")
        with pytest.raises(LcpRefusedException) as caught:
            proxy.verify("hb-qbft-99", question, key)
        assert caught.value.type_name == "ErrClientNotFound"


def test_a_proxy_that_is_away_is_unreachable() -> None:
    proxy = Connected("127.0.0.1:9")
    with pytest.raises(LcpUnreachableException, match=r"127\.0\.0\.1:9"):
        proxy.find_client("hb-qbft-0")
    proxy.close()
