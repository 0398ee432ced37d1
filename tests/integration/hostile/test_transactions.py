"""A member who lies, with and without a broker: typed errors, and nothing is recorded."""

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256

import pytest
from msgspec.msgpack import Ext

from tests.integration.hostile.broker import BrokerConnection, BrokerListener, options
from tests.integration.hostile.frames import Connection, Listener
from tests.integration.hostile.ledger import (
    ATTACHMENTS,
    INPUTS,
    OUTPUTS,
    PARAMETERS,
    SIGNERS,
    Coins,
    Transaction,
    digest,
    foreign_parameters,
    key,
    signature,
    state_ref,
)
from tests.integration.hostile.lies import LIES as ENVELOPES
from tests.integration.hostile.lies import lies
from tests.integration.hostile.network import PAYMENT, Network, running, until
from tests.integration.hostile.peer import blob, honest, sealed, session_init
from tests.integration.hostile.session import Ear, Line, Session

pytestmark = pytest.mark.integration
LIMIT = 10_485_760
UNKNOWN = sha256(b"nobody has this").digest()
ED25519 = bytes.fromhex("302a300506032b6570032100")
SMALL_ORDER, NOT_CANONICAL = bytes([1]) + bytes(31), (2**255 - 18).to_bytes(32, "little")
Make = Callable[[Coins], Transaction]


@dataclass(frozen=True)
class Liar:
    """Opens sessions with PartyA in Outsider's name."""

    network: Network
    line: Line
    listener: Ear

    @property
    def coins(self) -> Coins:
        return Coins(self.network.me, self.network.victim, self.network.member("Notary"))

    def send(self, transaction: Ext) -> Session:
        session = Session(self.network.me, self.network.victim, self.line, self.listener)
        session.open(PAYMENT, blob(transaction))
        return session

    @contextmanager
    def refused(self, error: str) -> Iterator[None]:
        """What is sent meanwhile ends in the hospital with this error; nothing is recorded."""
        failures, recorded = self.network.failures(), self.network.recorded()
        yield
        until(lambda: len(self.network.failures()) > len(failures))
        assert self.network.failures() == [*failures, error]
        assert self.network.recorded() == recorded


RIGS = ["embedded", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)]


@pytest.fixture(scope="module", params=RIGS)
def liar(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Liar]:
    broker = request.param == "rabbitmq"
    urls: dict[str, str] = request.getfixturevalue("rabbitmq_urls") if broker else {}
    with running(tmp_path_factory.mktemp("hostile") / "net", options(urls)) as network:
        made = _over_broker(network, urls) if broker else _embedded(network)
        yield made
        made.line.close()
        made.listener.close()


def _embedded(network: Network) -> Liar:
    return Liar(network, Connection(network.me, network.victim), Listener(network.me))


def _over_broker(network: Network, urls: dict[str, str]) -> Liar:
    line = BrokerConnection(network.victim, urls["A"])
    return Liar(network, line, BrokerListener(network.me, urls["OUTSIDER"]))


@pytest.fixture(scope="module", autouse=True)
def honest_coins(liar: Liar) -> None:
    """What follows would prove nothing if our mistakes alone were refused."""
    issued = liar.coins.issue()
    liar.send(issued.signed())
    until(lambda: liar.network.recorded() == {issued.id.hex().upper()})


def with_output(quantity: int) -> Make:
    return lambda coins: coins.issue().having({OUTPUTS: [coins.output(quantity)]})


def with_signer(point: bytes) -> Make:
    return lambda coins: coins.issue().having(
        {SIGNERS: [blob([key(coins.issuer.spki), key(ED25519 + point)])]}
    )


def with_inputs(*ids: bytes) -> Make:
    return lambda coins: coins.issue().having({INPUTS: [state_ref(one) for one in ids]})


def over_the_limit(coins: Coins) -> Transaction:
    """Together with its attachment: a message may be no larger than this one."""
    output = coins.output(1)
    return coins.issue().having({OUTPUTS: [output] * ((LIMIT - 1024) // (len(output) + 3))})


LIES: dict[str, tuple[Make, str]] = {
    "the same input twice": (with_inputs(UNKNOWN, UNKNOWN), "FlowPayloadException"),
    "a negative amount": (with_output(-1), "BrokenTransactionException"),
    "an overflowing amount": (with_output(2**63), "BrokenTransactionException"),
    "no amount": (with_output(0), "ContractRejection"),
    "a key of small order": (with_signer(SMALL_ORDER), "FlowPayloadException"),
    "a key in another form": (with_signer(NOT_CANONICAL), "FlowPayloadException"),
    "no parameters": (
        lambda coins: coins.issue().having({PARAMETERS: []}),
        "MissingNetworkParametersException",
    ),
    "another's signature": (
        lambda coins: replace(coins.issue(), signers=[coins.owner]),
        "SignaturesMissingException",
    ),
    "over the limit": (over_the_limit, "TransactionSizeException"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_transaction_that_lies_is_refused(liar: Liar, lie: str) -> None:
    make, error = LIES[lie]
    with liar.refused(error):
        liar.send(make(liar.coins).signed())


def test_a_signature_that_doesnt_hold_is_refused(liar: Liar) -> None:
    unsigned = replace(liar.coins.issue(), signers=[])
    with liar.refused("SignatureException"):
        liar.send(unsigned.signed(signature(liar.network.me.spki, bytes(64))))


@cache
def bomb() -> bytes:
    """16 MiB of a module in a few KiB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.py", b"#" * (16 << 20))
    return buffer.getvalue()


def attached(content: bytes) -> Make:
    own = blob(digest(sha256(content).digest()))
    return lambda coins: coins.issue().having({ATTACHMENTS: [own]})


def test_foreign_transactions_for_ids_are_refused(liar: Liar) -> None:
    with liar.refused("DownloadedVsRequestedDataMismatch"):
        session = liar.send(with_inputs(UNKNOWN)(liar.coins).signed())
        assert session.asked() == ("BATCH_TRANSACTION", [UNKNOWN])
        session.answer([liar.coins.issue(9).signed()])


@pytest.mark.parametrize(
    ("content", "answer", "error"),
    [
        (b"an archive", b"another one", "DownloadedVsRequestedDataMismatch"),
        (b"no archive", b"no archive", "DecodeError"),
        (bomb(), bomb(), "DecodeError"),
    ],
    ids=["another", "no archive", "a bomb"],
)
def test_attachments_that_lie_are_refused(
    liar: Liar, content: bytes, answer: bytes, error: str
) -> None:
    with liar.refused(error):
        session = liar.send(attached(content)(liar.coins).signed())
        assert session.asked() == ("ATTACHMENT", [sha256(content).digest()])
        session.answer([answer])


def test_foreign_network_parameters_are_refused(liar: Liar) -> None:
    named, signed = foreign_parameters(liar.network.me)
    with liar.refused("SignatureException"):
        lie = liar.coins.issue().having({PARAMETERS: [blob(digest(named))]})
        session = liar.send(lie.signed())
        assert session.asked() == ("PARAMETERS", [named])
        session.answer([signed])


@pytest.mark.parametrize("lie", ENVELOPES)
def test_a_pack_that_lies_is_refused_for_good(liar: Liar, lie: str) -> None:
    network = liar.network
    envelope, reason = lies(network.me, network.victim, network.member("PartyB"))[lie]
    before = network.refused().get(reason, 0)
    liar.line.pack(sealed(envelope.raw(), network.me.key))
    until(lambda: network.refused().get(reason, 0) == before + 1)
    assert network.rows("SELECT message_id FROM node_session_inits") == []


def test_a_replayed_pack_is_taken_once(liar: Liar) -> None:
    network, lie = liar.network, with_output(0)(liar.coins)
    init = session_init(PAYMENT, blob(lie.signed()), time.time_ns())
    pack = sealed(honest(network.me, network.victim, init).raw(), network.me.key)
    before = network.metrics()
    with liar.refused("ContractRejection"):
        for _ in range(4):
            liar.line.pack(pack)
    received, started = "corda_p2p_messages_received_total", "corda_flows_started_total"
    until(lambda: network.metrics()[received] >= before[received] + 4)
    assert network.metrics()[started] == before[started] + 1


def test_the_node_goes_on(liar: Liar) -> None:
    another = liar.coins.issue(11)
    liar.send(another.signed())
    until(lambda: another.id.hex().upper() in liar.network.recorded())
    assert liar.network.ask("vault", "balance") == {"JPY": "111"}
