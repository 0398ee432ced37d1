"""Node processes that reach each other over TCP, each showing its certificate to the other."""

import os
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from corda_sim.core.contracts import Amount
from corda_sim.core.identity import CordaX500Name
from corda_sim.node import tls
from corda_sim.node.certificates import DevelopmentHierarchy
from corda_sim.node.config import load_config
from corda_sim.node.network_create import NetworkRequest
from corda_sim.node.node_files import CERTIFICATES
from corda_sim.testing.driver import Driver
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow

pytestmark = pytest.mark.integration
REQUEST = NetworkRequest(p2p=["tcp"], validator=False, outsider=False)
NAME = CordaX500Name("PartyA", "London", "GB")
PASSWORD = "a password"
TIMEOUT_SECONDS = 10
REFUSED = bytes([3])


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    with Driver(REQUEST, environment={"PYTHONHASHSEED": "random"}) as made:
        made.start()
        made.run("PartyA", CashIssueFlow(Amount.parse("100 JPY")), "issue")
        yield made


def address_of(driver: Driver, name: str) -> tuple[str, int]:
    config = load_config(driver.network / name)
    host, _, port = config.p2p_address.rpartition(":")
    return host, int(port)


def pay(driver: Driver, client_id: str) -> None:
    recipient = driver.party("PartyB")
    driver.run("PartyA", CashPaymentFlow(Amount.parse("10 JPY"), recipient), client_id)


def test_payments_go_over_tcp_and_survive_a_peer_that_dies(driver: Driver) -> None:
    pay(driver, "first")
    driver.kill("PartyB")
    driver.start(["PartyB"])
    pay(driver, "second")
    assert driver.await_quiet()
    assert driver.check() == []
    assert not list(driver.network.glob("*/*.sock"))


def shake_hands(driver: Driver, context: ssl.SSLContext) -> bytes:
    """The kind of frame that PartyB answers to a PACK without a HELLO; none to who isn't let in."""
    try:
        with (
            socket.create_connection(address_of(driver, "PartyB"), TIMEOUT_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=tls.server_name(NAME)) as wrapped,
        ):
            wrapped.sendall(b"\0\0\0\1\1")
            return wrapped.recv(5)[4:]
    except (ssl.SSLError, ConnectionError):
        return b""


def test_a_certificate_of_the_network_is_let_in(driver: Driver) -> None:
    config = load_config(driver.network / "PartyA")
    folder = driver.network / "PartyA" / CERTIFICATES
    assert shake_hands(driver, tls.client_context(folder, config.key_store_password)) == REFUSED


def test_a_certificate_of_another_network_is_not_let_in(driver: Driver, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    foreign = DevelopmentHierarchy.create(now, os.urandom)
    foreign.node(NAME, now).store(tmp_path, PASSWORD)
    assert shake_hands(driver, tls.client_context(tmp_path, PASSWORD)) == b""
    pay(driver, "after a stranger")


def test_nobody_is_let_in_without_a_certificate_or_without_tls(driver: Driver) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    assert shake_hands(driver, context) == b""
    with socket.create_connection(address_of(driver, "PartyB"), TIMEOUT_SECONDS) as plain:
        plain.sendall(b"\0\0\0\1\1")
        assert plain.recv(64)[4:5] != REFUSED
    pay(driver, "after nobody")
