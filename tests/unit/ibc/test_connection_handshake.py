"""ibc-go's named cases of ICS-03 (03-connection/keeper/handshake_test.go), with our error names."""

from dataclasses import replace

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.commitment.prefix import IBC_PREFIX, MerklePrefix
from corda_sim.ibc.connection.types import (
    ConnectionState,
    Counterparty,
    MsgConnectionOpenConfirm,
    Version,
)
from corda_sim.ibc.connection.versions import COMPATIBLE_VERSIONS
from corda_sim.ibc.errors import (
    ErrClientFrozen,
    ErrClientNotActive,
    ErrClientNotFound,
    ErrConnectionNotFound,
    ErrFailedClientConsensusStateVerification,
    ErrFailedClientStateVerification,
    ErrFailedConnectionStateVerification,
    ErrInvalidClient,
    ErrInvalidConnection,
    ErrInvalidConnectionState,
    ErrInvalidCounterparty,
    ErrInvalidHeight,
    ErrInvalidID,
    ErrInvalidPrefix,
    ErrInvalidProof,
    ErrInvalidVersion,
    ErrSelfConsensusStateNotFound,
    ErrVersionNegotiationFailed,
    IbcError,
)
from corda_sim.ibc.host import paths
from tests.unit.ibc.chain import Chain, MockClientState

Pair = tuple[Chain, Chain]


def initialised(pair: Pair) -> Pair:
    a, b = pair
    a.connection_id = str(a.deliver(a.msg_conn_init()).value)
    return a, b


def tried(pair: Pair) -> Pair:
    a, b = initialised(pair)
    b.connection_id = str(b.deliver(b.msg_conn_try()).value)
    return a, b


def acked(pair: Pair) -> Pair:
    a, b = tried(pair)
    a.deliver(a.msg_conn_ack())
    return a, b


# --- OpenInit ---


def test_init_offers_all_versions_by_default(clients: Pair) -> None:
    a, _ = initialised(clients)
    assert a.connection_id == "connection-0"
    assert a.connection.versions == COMPATIBLE_VERSIONS
    assert a.connection.state is ConnectionState.INIT
    assert a.connection.counterparty == Counterparty("mock-client-0", "", IBC_PREFIX)


def test_init_success_with_non_empty_version(clients: Pair) -> None:
    a, _ = clients
    version = Version("1", ("ORDER_UNORDERED",))
    a.connection_id = str(a.deliver(replace(a.msg_conn_init(), version=version)).value)
    assert a.connection.versions == (version,)


def test_init_success_with_non_zero_delay_period(clients: Pair) -> None:
    a, _ = clients
    a.connection_id = str(a.deliver(replace(a.msg_conn_init(), delay_period=7)).value)
    assert a.connection.delay_period == 7


@pytest.mark.parametrize(
    "version", [Version("2", ("ORDER_UNORDERED",)), Version("1", ("DAG",)), Version("1", ())]
)
def test_init_invalid_version(clients: Pair, version: Version) -> None:
    a, _ = clients
    with pytest.raises(ErrInvalidVersion):
        a.deliver(replace(a.msg_conn_init(), version=version))


def test_init_counts_connections_and_tells_of_them(clients: Pair) -> None:
    a, _ = clients
    ids = [a.deliver(a.msg_conn_init()).value for _ in range(3)]
    assert ids == ["connection-0", "connection-1", "connection-2"]
    assert a.events[-1].type == "connection_open_init"
    assert a.events[-1].attributes == (
        ("connection_id", "connection-2"),
        ("client_id", "mock-client-0"),
        ("counterparty_client_id", "mock-client-0"),
        ("counterparty_connection_id", ""),
    )


def test_init_couldnt_add_connection_to_client(clients: Pair) -> None:
    a, _ = clients
    with pytest.raises(ErrClientNotFound):
        a.deliver(replace(a.msg_conn_init(), client_id="mock-client-9"))


@pytest.mark.parametrize(
    ("change", "error"), [("frozen", ErrClientFrozen), ("expired", ErrClientNotActive)]
)
def test_init_client_status_is_not_active(
    clients: Pair, change: str, error: type[IbcError]
) -> None:
    a, _ = clients
    a.set_client(**{change: True})
    with pytest.raises(error):
        a.deliver(a.msg_conn_init())


@pytest.mark.parametrize(
    ("counterparty", "error"),
    [
        (Counterparty("mock-client-0", "connection-3", IBC_PREFIX), ErrInvalidCounterparty),
        (Counterparty("mock-client-0", "", MerklePrefix()), ErrInvalidPrefix),
        (Counterparty("short", "", IBC_PREFIX), ErrInvalidID),
        (Counterparty("mock/client-0", "", IBC_PREFIX), ErrInvalidID),
    ],
)
def test_init_refuses_a_malformed_counterparty(
    clients: Pair, counterparty: Counterparty, error: type[IbcError]
) -> None:
    a, _ = clients
    with pytest.raises(error):
        a.deliver(replace(a.msg_conn_init(), counterparty=counterparty))


def test_init_leaves_nothing_when_it_fails(clients: Pair) -> None:
    a, _ = clients
    before = dict(a.store.values)
    with pytest.raises(ErrInvalidVersion):
        a.deliver(replace(a.msg_conn_init(), version=Version("2", ("x",))))
    assert a.store.values == before


# --- OpenTry ---


def test_try_success(clients: Pair) -> None:
    a, b = tried(clients)
    end = b.connection
    assert end.state is ConnectionState.TRYOPEN
    assert end.counterparty == Counterparty("mock-client-0", a.connection_id, IBC_PREFIX)
    assert end.versions == COMPATIBLE_VERSIONS


def test_try_success_with_delay_period(clients: Pair) -> None:
    a, b = clients
    a.connection_id = str(a.deliver(replace(a.msg_conn_init(), delay_period=9)).value)
    with pytest.raises(ErrFailedConnectionStateVerification):
        b.deliver(b.msg_conn_try())
    b.connection_id = str(b.deliver(replace(b.msg_conn_try(), delay_period=9)).value)
    assert b.connection.delay_period == 9


def test_try_invalid_counterparty_client(clients: Pair) -> None:
    _, b = initialised(clients)
    msg = b.msg_conn_try()
    wrong = AnyMessage.pack(MockClientState("somebody else"))
    with pytest.raises(ErrInvalidClient):
        b.deliver(replace(msg, client_state=wrong))


@pytest.mark.parametrize("ahead", [0, 1])
def test_try_consensus_height_at_or_after_the_latest(clients: Pair, ahead: int) -> None:
    _, b = initialised(clients)
    msg = b.msg_conn_try()
    with pytest.raises(ErrInvalidHeight):
        b.deliver(replace(msg, consensus_height=Height(0, b.height + ahead)))


def test_try_self_consensus_state_not_found(clients: Pair) -> None:
    _, b = initialised(clients)
    with pytest.raises(ErrSelfConsensusStateNotFound):
        b.deliver(replace(b.msg_conn_try(), consensus_height=Height(0, 1)))


def test_try_zero_consensus_height(clients: Pair) -> None:
    _, b = initialised(clients)
    with pytest.raises(ErrInvalidHeight):
        b.deliver(replace(b.msg_conn_try(), consensus_height=Height()))


def test_try_counterparty_versions_is_empty(clients: Pair) -> None:
    _, b = initialised(clients)
    with pytest.raises(ErrInvalidVersion):
        b.deliver(replace(b.msg_conn_try(), counterparty_versions=()))


def test_try_counterparty_versions_dont_have_a_match(clients: Pair) -> None:
    _, b = initialised(clients)
    versions = (Version("9", ("ORDER_UNORDERED",)),)
    with pytest.raises(ErrVersionNegotiationFailed):
        b.deliver(replace(b.msg_conn_try(), counterparty_versions=versions))


def test_try_picks_the_features_in_common(clients: Pair) -> None:
    a, b = clients
    few = Version("1", ("ORDER_UNORDERED",))
    a.connection_id = str(a.deliver(replace(a.msg_conn_init(), version=few)).value)
    msg = replace(b.msg_conn_try(), counterparty_versions=(few,))
    b.connection_id = str(b.deliver(msg).value)
    assert b.connection.versions == (few,)


@pytest.mark.parametrize(
    ("field", "error"),
    [
        ("proof_init", ErrFailedConnectionStateVerification),
        ("proof_client", ErrFailedClientStateVerification),
        ("proof_consensus", ErrFailedClientConsensusStateVerification),
    ],
)
def test_try_verification_failed(clients: Pair, field: str, error: type[IbcError]) -> None:
    _, b = initialised(clients)
    msg = b.msg_conn_try()
    with pytest.raises(error):
        b.deliver(replace(msg, **{field: b"another proof"}))  # type: ignore[arg-type]
    with pytest.raises(ErrInvalidProof):
        b.deliver(replace(msg, **{field: b""}))  # type: ignore[arg-type]


def test_try_proofs_at_a_height_that_the_client_doesnt_have(clients: Pair) -> None:
    _, b = initialised(clients)
    with pytest.raises(ErrFailedConnectionStateVerification):
        b.deliver(replace(b.msg_conn_try(), proof_height=Height(0, 9999)))


def test_try_refuses_crossing_hellos(clients: Pair) -> None:
    _, b = initialised(clients)
    with pytest.raises(ErrInvalidConnection):
        b.deliver(replace(b.msg_conn_try(), previous_connection_id="connection-0"))


def test_try_connection_state_verification_needs_init(connected: Pair) -> None:
    _, b = connected
    with pytest.raises(ErrFailedConnectionStateVerification):
        b.deliver(b.msg_conn_try())


# --- OpenAck ---


def test_ack_success(clients: Pair) -> None:
    a, b = acked(clients)
    assert a.connection.state is ConnectionState.OPEN
    assert a.connection.counterparty.connection_id == b.connection_id
    assert a.connection.versions == COMPATIBLE_VERSIONS
    assert a.events[-1].type == "connection_open_ack"


def test_ack_connection_not_found(clients: Pair) -> None:
    a, _ = tried(clients)
    with pytest.raises(ErrConnectionNotFound):
        a.deliver(replace(a.msg_conn_ack(), connection_id="connection-7"))


def test_ack_connection_state_is_not_init(connected: Pair) -> None:
    a, b = connected
    with pytest.raises(ErrInvalidConnectionState):
        a.deliver(a.msg_conn_ack())
    b.set_connection(state=ConnectionState.TRYOPEN)
    with pytest.raises(ErrInvalidConnectionState):
        b.deliver(b.msg_conn_ack())


@pytest.mark.parametrize(
    ("version", "error"),
    [
        (Version("2", ("ORDER_UNORDERED",)), ErrVersionNegotiationFailed),
        (Version("1", ("ORDER_UNORDERED", "ORDER_DAG")), ErrVersionNegotiationFailed),
        (Version("1", ()), ErrVersionNegotiationFailed),
        (Version("", ()), ErrInvalidVersion),
        (Version("1", (" ",)), ErrInvalidVersion),
    ],
)
def test_ack_in_init_but_the_proposed_version_is_invalid(
    clients: Pair, version: Version, error: type[IbcError]
) -> None:
    a, _ = tried(clients)
    with pytest.raises(error):
        a.deliver(replace(a.msg_conn_ack(), version=version))


def test_ack_consensus_height_in_the_future(clients: Pair) -> None:
    a, _ = tried(clients)
    with pytest.raises(ErrInvalidHeight):
        a.deliver(replace(a.msg_conn_ack(), consensus_height=Height(1, 0)))


def test_ack_self_consensus_state_not_found(clients: Pair) -> None:
    a, _ = tried(clients)
    with pytest.raises(ErrSelfConsensusStateNotFound):
        a.deliver(replace(a.msg_conn_ack(), consensus_height=Height(0, 2)))


@pytest.mark.parametrize(
    ("field", "error"),
    [
        ("proof_try", ErrFailedConnectionStateVerification),
        ("proof_client", ErrFailedClientStateVerification),
        ("proof_consensus", ErrFailedClientConsensusStateVerification),
    ],
)
def test_ack_verification_failed(clients: Pair, field: str, error: type[IbcError]) -> None:
    a, _ = tried(clients)
    msg = a.msg_conn_ack()
    with pytest.raises(error):
        a.deliver(replace(msg, **{field: b"another proof"}))  # type: ignore[arg-type]
    with pytest.raises(ErrInvalidProof):
        a.deliver(replace(msg, **{field: b""}))  # type: ignore[arg-type]


def test_ack_of_another_connection_of_theirs(clients: Pair) -> None:
    a, b = tried(clients)
    other = str(b.deliver(b.msg_conn_init()).value)
    b.connection_id = other
    with pytest.raises(ErrFailedConnectionStateVerification):
        a.deliver(a.msg_conn_ack())


# --- OpenConfirm ---


def test_confirm_success(connected: Pair) -> None:
    a, b = connected
    assert (a.connection.state, b.connection.state) == (ConnectionState.OPEN,) * 2
    assert b.events[-1]["counterparty_connection_id"] == a.connection_id


def test_confirm_keeps_the_delay_period(clients: Pair) -> None:
    a, b = clients
    a.connection_id = str(a.deliver(replace(a.msg_conn_init(), delay_period=9)).value)
    b.connection_id = str(b.deliver(replace(b.msg_conn_try(), delay_period=9)).value)
    a.deliver(a.msg_conn_ack())
    b.deliver(b.msg_conn_confirm())
    assert b.connection.delay_period == 9


def test_confirm_connection_not_found(clients: Pair) -> None:
    _, b = acked(clients)
    with pytest.raises(ErrConnectionNotFound):
        b.deliver(replace(b.msg_conn_confirm(), connection_id="connection-7"))


def test_confirm_chain_bs_connection_state_is_not_tryopen(connected: Pair) -> None:
    _, b = connected
    with pytest.raises(ErrInvalidConnectionState):
        b.deliver(b.msg_conn_confirm())


def test_confirm_connection_state_verification_failed(clients: Pair) -> None:
    _, b = tried(clients)
    with pytest.raises(ErrFailedConnectionStateVerification):
        b.deliver(b.msg_conn_confirm())


def test_confirm_wants_a_proof(clients: Pair) -> None:
    _, b = acked(clients)
    with pytest.raises(ErrInvalidProof):
        b.deliver(replace(b.msg_conn_confirm(), proof_ack=b""))


def test_confirm_wants_an_identifier_of_ours(clients: Pair) -> None:
    _, b = acked(clients)
    proof, height = b.other.prove(paths.connection(b.other.connection_id))
    with pytest.raises(ErrInvalidID):
        b.deliver(MsgConnectionOpenConfirm("connexion-1", proof, height))


def test_stored_end_is_what_yui_stores(connected: Pair) -> None:
    # bytes after Confirm, as the real contracts were seen to store them, with our client's names
    _, b = connected
    b.set_connection(
        client_id="lcp-client-0",
        counterparty=Counterparty("corda-client-0", "connection-0", IBC_PREFIX),
    )
    assert b.store.get(paths.connection(b.connection_id)) == bytes.fromhex(
        "0a0c6c63702d636c69656e742d3012230a0131120d4f524445525f4f524445524544120f4f524445525f554e4f"
        "52444552454418032225"
        "0a0e636f7264612d636c69656e742d30120c636f6e6e656374696f6e2d301a050a03696263"
    )
