from dataclasses import replace

import pytest

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.client.light_client import Status
from corda_sim.ibc.errors import ErrConsensusStateNotFound, IbcError
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import address_of, sign_digest
from corda_sim.ibc.lightclients.lcp import errors
from corda_sim.ibc.lightclients.lcp.context import TrustingPeriod
from corda_sim.ibc.lightclients.lcp.eip712 import UNIVERSAL, update_operators_digest
from corda_sim.ibc.lightclients.lcp.errors import (
    LCPClientClientStateFrozen,
    LCPClientClientStateInvalid,
    LCPClientConsensusStateInvalidStateId,
    LCPClientEnclaveKeyExpired,
    LCPClientEnclaveKeyNotExist,
    LCPClientInvalidSignatures,
    LCPClientMembershipMismatch,
    LCPClientUnknownProtoTypeUrl,
    LCPClientUnknownProxyMessageHeader,
    LCPClientUpdateOperatorsInvalid,
    LCPClientUpdateStateEmittedStatesMustNotEmpty,
    LCPClientUpdateStateInvalidPostState,
    LCPClientUpdateStateUnexpectedPrevStateId,
    LCPCommitmentHeaderFromFuture,
    LCPCommitmentOutOfTrustingPeriod,
)
from corda_sim.ibc.lightclients.lcp.messages import (
    CommitmentProofs,
    Misbehaviour,
    PrevState,
    encode_message,
)
from corda_sim.ibc.lightclients.lcp.states import client_state_of, consensus_state_of
from corda_sim.ibc.lightclients.lcp.types import (
    ClientState,
    ConsensusState,
    UpdateClientMessage,
    UpdateOperatorsMessage,
)
from corda_sim.ibc.moment import NANOS_PER_SECOND
from tests.unit.ibc.enclave import (
    DOMAIN,
    EXPIRATION,
    FRESH,
    MRENCLAVE,
    NOW,
    Client,
    Enclave,
    quote_body,
    registration,
    report,
    state_id,
    step,
)

THRESHOLD = errors.LCPClientClientStateInvalidOperatorsThreshold
OPERATORS = sorted((keccak256(b"operator %d" % number) for number in range(3)), key=address_of)


@pytest.fixture
def client() -> Client:
    return Client().activate()


# --- the first states ---


def test_first_height_is_none() -> None:
    fresh = Client()
    assert fresh.initialise(FRESH, ConsensusState()) == ZERO_HEIGHT
    assert fresh.client.status(fresh.store, fresh.now) is Status.ACTIVE
    assert fresh.store.heights() == (ZERO_HEIGHT,)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"frozen": True}, errors.LCPClientClientStateInvalid),
        ({"latest_height": Height(0, 1)}, errors.LCPClientClientStateInvalidLatestHeight),
        ({"operators_nonce": 1}, errors.LCPClientClientStateInvalidOperatorsNonce),
        ({"mrenclave": b"\1" * 31}, errors.LCPClientClientStateInvalidMrenclaveLength),
        ({"key_expiration": 0}, errors.LCPClientClientStateInvalidKeyExpiration),
        (
            {"allowed_quote_statuses": ("",)},
            errors.LCPClientClientStateInvalidAllowedQuoteStatus,
        ),
        (
            {"allowed_advisory_ids": ("INTEL-SA-1", "")},
            errors.LCPClientClientStateInvalidAllowedAdvisoryId,
        ),
        ({"operators": (b"\1" * 19,)}, errors.LCPClientClientStateInvalidOperatorAddress),
        ({"operators": (bytes(20),)}, errors.LCPClientClientStateInvalidOperatorAddress),
        ({"operators": (b"\2" * 20, b"\1" * 20)}, errors.LCPClientOperatorsInvalidOrder),
        ({"operators": (b"\1" * 20, b"\1" * 20)}, errors.LCPClientOperatorsInvalidOrder),
        ({"operators_threshold_numerator": 0}, THRESHOLD),
        ({"operators_threshold_denominator": 0}, THRESHOLD),
        ({"operators_threshold_numerator": 3}, THRESHOLD),
    ],
)
def test_first_state_against_the_rules(change: dict[str, object], error: type[IbcError]) -> None:
    good = replace(
        FRESH,
        operators=(b"\1" * 20,),
        operators_threshold_numerator=1,
        operators_threshold_denominator=2,
    )
    with pytest.raises(error):
        Client().initialise(replace(good, **change), ConsensusState())  # type: ignore[arg-type]


@pytest.mark.parametrize("consensus", [ConsensusState(b"\1" * 32), ConsensusState(b"", 1)])
def test_first_consensus_state_is_empty(consensus: ConsensusState) -> None:
    with pytest.raises(LCPClientConsensusStateInvalidStateId):
        Client().initialise(FRESH, consensus)


def test_first_state_with_fields_that_arent_known() -> None:
    fresh = Client()
    states = AnyMessage(ClientState.TYPE_URL, FRESH.encode() + b"\x58\x01"), AnyMessage()
    with pytest.raises(LCPClientClientStateInvalid):
        fresh.client.initialise(fresh.store, *states, fresh.now)
    with pytest.raises(LCPClientClientStateInvalid):
        fresh.client.initialise(fresh.store, AnyMessage("/x"), AnyMessage(), fresh.now)


# --- activation and updates ---


def test_activation_doesnt_check_where_it_comes_from() -> None:
    fresh = Client()
    fresh.register()
    assert fresh.take(step(7, 8, emitted=True)) == (Height(0, 8),)
    assert client_state_of(fresh.store).latest_height == Height(0, 8)


def test_activation_shows_its_state() -> None:
    fresh = Client()
    fresh.register()
    with pytest.raises(LCPClientUpdateStateEmittedStatesMustNotEmpty):
        fresh.take(step(0, 1))


def test_update_stores_state_and_time(client: Client) -> None:
    assert client.take(step(1, 5)) == (Height(0, 5),)
    stored = consensus_state_of(client.store, Height(0, 5))
    assert stored == ConsensusState(state_id(5), (NOW - 5) * NANOS_PER_SECOND)
    assert client.client.timestamp_at(client.store, Height(0, 5)) == stored.timestamp
    assert client.client.latest_height(client.store) == Height(0, 5)


def test_update_leaves_the_client_state_alone(client: Client) -> None:
    before = client.store.client_state
    client.take(step(1, 5))
    assert client.store.client_state == before


def test_update_may_go_back_between_stored_states(client: Client) -> None:
    client.take(step(1, 9))
    assert client.take(step(1, 5)) == (Height(0, 5),)
    assert client.store.latest_height == Height(0, 9)


def test_known_update_changes_nothing(client: Client) -> None:
    client.take(step(1, 5))
    assert client.take(step(1, 5)) == ()


@pytest.mark.parametrize(
    "message",
    [
        step(2, 3),
        replace(step(1, 3), prev_state_id=state_id(2)),
        step(0, 3),
    ],
)
def test_update_from_a_state_that_isnt_stored(client: Client, message: object) -> None:
    with pytest.raises(LCPClientUpdateStateUnexpectedPrevStateId):
        client.take(message)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change",
    [
        {"post_height": Height()},
        {"post_state_id": bytes(32)},
        {"timestamp": 0},
        {"timestamp": 2**64},
    ],
)
def test_update_to_nothing(client: Client, change: dict[str, object]) -> None:
    with pytest.raises(LCPClientUpdateStateInvalidPostState):
        client.take(replace(step(1, 2), **change))  # type: ignore[arg-type]


def test_update_out_of_its_trusting_period(client: Client) -> None:
    now = NOW * NANOS_PER_SECOND
    context = TrustingPeriod(now, now - 100, 100, 10)
    with pytest.raises(LCPCommitmentOutOfTrustingPeriod):
        client.take(step(1, 2, context=context))
    assert client.take(step(1, 2, context=replace(context, trusting_period=101)))


def test_update_from_the_future(client: Client) -> None:
    now = NOW * NANOS_PER_SECOND
    context = TrustingPeriod(now + 10, now - 100, 1000, 10)
    with pytest.raises(LCPCommitmentHeaderFromFuture):
        client.take(step(1, 2, context=context))
    assert client.take(step(1, 2, context=replace(context, clock_drift=11)))


def test_second_state_at_a_height_freezes(client: Client) -> None:
    client.take(step(1, 5))
    assert client.take(replace(step(1, 5), post_state_id=state_id(6))) == ()
    assert client.client.status(client.store, client.now) is Status.FROZEN
    with pytest.raises(LCPClientClientStateFrozen):
        client.take(step(1, 9))


def test_same_state_with_another_time_freezes(client: Client) -> None:
    client.take(step(1, 5))
    client.take(step(1, 5, timestamp=77))
    assert client_state_of(client.store).frozen


# --- signatures ---


def test_unregistered_key(client: Client) -> None:
    client.enclave = Enclave(keccak256(b"another enclave"))
    with pytest.raises(LCPClientEnclaveKeyNotExist):
        client.take(step(1, 2))


def test_expired_key(client: Client) -> None:
    client.time = NOW + EXPIRATION
    with pytest.raises(LCPClientEnclaveKeyExpired):
        client.take(step(1, 2))
    client.time -= 1
    assert client.take(step(1, 2))


@pytest.mark.parametrize("count", [0, 2])
def test_exactly_one_signature_without_operators(client: Client, count: int) -> None:
    raw = encode_message(step(1, 2))
    message = UpdateClientMessage(raw, (client.enclave.sign(raw),) * count)
    with pytest.raises(errors.LCPClientInvalidSignaturesLength):
        client.update(AnyMessage.pack(message))


@pytest.mark.parametrize("signature", [b"", b"\1" * 65, b"\1" * 64])
def test_signatures_that_are_none(client: Client, signature: bytes) -> None:
    raw = encode_message(step(1, 2))
    with pytest.raises((LCPClientInvalidSignatures, LCPClientEnclaveKeyNotExist)):
        client.update(AnyMessage.pack(UpdateClientMessage(raw, (signature,))))


def test_signature_of_another_message(client: Client) -> None:
    raw = encode_message(step(1, 2))
    other = client.enclave.sign(encode_message(step(1, 3)))
    with pytest.raises(LCPClientEnclaveKeyNotExist):
        client.update(AnyMessage.pack(UpdateClientMessage(raw, (other,))))


def with_operators(numerator: int, denominator: int) -> tuple[Client, list[Enclave]]:
    """A client of three operators, each with an enclave of his own."""
    state = ClientState(
        MRENCLAVE,
        EXPIRATION,
        operators=tuple(map(address_of, OPERATORS)),
        operators_threshold_numerator=numerator,
        operators_threshold_denominator=denominator,
    )
    client = Client(state)
    enclaves = [Enclave(keccak256(b"enclave %d" % number)) for number in range(3)]
    for enclave, operator in zip(enclaves, OPERATORS, strict=True):
        body = quote_body(enclave.address, address_of(operator))
        client.register(registration(report(body), operator))
    return client, enclaves


def signed(enclaves: list[Enclave | None]) -> AnyMessage:
    raw = encode_message(step(0, 1, emitted=True))
    return AnyMessage.pack(
        UpdateClientMessage(raw, tuple(one.sign(raw) if one else b"" for one in enclaves))
    )


def test_operators_threshold() -> None:
    client, (first, second, third) = with_operators(2, 3)
    with pytest.raises(errors.LCPClientOperatorSignaturesInsufficient):
        client.update(signed([first, None, None]))
    assert client.update(signed([first, None, third])) == (Height(0, 1),)
    assert second.address != first.address


def test_operators_have_places() -> None:
    client, (first, second, third) = with_operators(1, 3)
    misplaced: list[list[Enclave | None]] = [[second, None, None], [None, first, None]]
    for enclaves in misplaced:
        with pytest.raises(errors.LCPClientEnclaveKeyUnexpectedOperator):
            client.update(signed(enclaves))
    for places in ([first], [first, second, third, None]):
        with pytest.raises(errors.LCPClientInvalidSignaturesLength):
            client.update(signed(places))  # type: ignore[arg-type]


def test_one_enclave_isnt_two_operators() -> None:
    client, (first, _, _) = with_operators(2, 3)
    with pytest.raises(LCPClientInvalidSignatures):
        client.update(signed([first, first, None]))


# --- replacing operators ---


def votes(client: Client, secrets: list[bytes | None], **changes: object) -> UpdateOperatorsMessage:
    fields: dict[str, object] = {
        "nonce": 1,
        "new_operators": (b"\7" * 20,),
        "new_operators_threshold_numerator": 1,
        "new_operators_threshold_denominator": 1,
    }
    unsigned = UpdateOperatorsMessage(**{**fields, **changes}, signatures=())  # type: ignore[arg-type]
    threshold = (
        unsigned.new_operators_threshold_numerator,
        unsigned.new_operators_threshold_denominator,
    )
    digest = update_operators_digest(
        DOMAIN, client.store.client_id, unsigned.nonce, unsigned.new_operators, threshold
    )
    signatures = tuple(sign_digest(one, digest) if one else b"" for one in secrets)
    return replace(unsigned, signatures=signatures)


def test_operators_are_replaced() -> None:
    client, _ = with_operators(2, 3)
    message = votes(client, [OPERATORS[0], None, OPERATORS[2]])
    assert client.update(AnyMessage.pack(message)) == ()
    state = client_state_of(client.store)
    assert (state.operators, state.operators_nonce) == ((b"\7" * 20,), 1)
    with pytest.raises(errors.LCPClientClientStateUnexpectedOperatorsNonce):
        client.update(AnyMessage.pack(message))


@pytest.mark.parametrize(
    ("secrets", "changes"),
    [
        ([OPERATORS[0], None, None], {}),
        ([OPERATORS[1], OPERATORS[0], None], {}),
        ([OPERATORS[0], OPERATORS[1]], {}),
        (OPERATORS, {"nonce": 2}),
        (OPERATORS, {"nonce": 0}),
        (OPERATORS, {"new_operators": ()}),
        (OPERATORS, {"new_operators": (b"\7" * 20, b"\6" * 20)}),
        (OPERATORS, {"new_operators_threshold_numerator": 2}),
        (OPERATORS, {"new_operators_threshold_numerator": 0}),
    ],
)
def test_operators_that_arent_replaced(
    secrets: list[bytes | None], changes: dict[str, object]
) -> None:
    client, _ = with_operators(2, 3)
    with pytest.raises(LCPClientUpdateOperatorsInvalid):
        client.update(AnyMessage.pack(votes(client, secrets, **changes)))
    assert client_state_of(client.store).operators_nonce == 0


def test_votes_count_in_their_own_domain_only() -> None:
    client, _ = with_operators(2, 3)
    message = votes(client, list(OPERATORS))
    digest = update_operators_digest(
        UNIVERSAL, client.store.client_id, 1, message.new_operators, (1, 1)
    )
    elsewhere = tuple(sign_digest(one, digest) for one in OPERATORS)
    with pytest.raises(LCPClientUpdateOperatorsInvalid):
        client.update(AnyMessage.pack(replace(message, signatures=elsewhere)))
    with pytest.raises(LCPClientUpdateOperatorsInvalid):
        client.update(AnyMessage.pack(replace(message, signatures=(b"x", b"", b""))))


def test_a_client_without_operators_gets_none(client: Client) -> None:
    with pytest.raises(errors.LCPClientUpdateOperatorsPermissionless):
        client.update(AnyMessage.pack(votes(client, [])))


# --- misbehaviour ---


def test_misbehaviour_freezes(client: Client) -> None:
    evidence = Misbehaviour((PrevState(Height(0, 1), state_id(1)),), None, b"evidence")
    assert client.take(evidence) == ()
    assert client.client.status(client.store, client.now) is Status.FROZEN


@pytest.mark.parametrize(
    "states",
    [
        (PrevState(Height(0, 2), state_id(2)),),
        (PrevState(Height(0, 1), state_id(2)),),
        (PrevState(Height(0, 1), state_id(1)), PrevState(Height(0, 3), state_id(3))),
    ],
)
def test_misbehaviour_against_other_states(client: Client, states: tuple[PrevState, ...]) -> None:
    with pytest.raises(LCPClientUpdateStateUnexpectedPrevStateId):
        client.take(Misbehaviour(states, None, b""))
    assert not client_state_of(client.store).frozen


def test_misbehaviour_against_no_state(client: Client) -> None:
    with pytest.raises(errors.LCPClientMisbehaviourPrevStatesMustNotEmpty):
        client.take(Misbehaviour((), None, b""))


def test_misbehaviour_has_its_time(client: Client) -> None:
    old = TrustingPeriod(1, 1, 1, 1)
    evidence = Misbehaviour((PrevState(Height(0, 1), state_id(1)),), old, b"")
    with pytest.raises(LCPCommitmentOutOfTrustingPeriod):
        client.take(evidence)


# --- what isn't a client message ---


def test_unknown_messages(client: Client) -> None:
    with pytest.raises(LCPClientUnknownProtoTypeUrl):
        client.update(AnyMessage("/ibc.lightclients.lcp.v1.ZKDCAPRegisterEnclaveKeyMessage"))
    with pytest.raises(LCPClientUnknownProxyMessageHeader):
        client.update(AnyMessage(UpdateClientMessage.TYPE_URL, b"\xff"))
    with pytest.raises(LCPClientUnknownProxyMessageHeader):
        client.update(AnyMessage.pack(UpdateClientMessage(b"junk", (b"",))))
    with pytest.raises(LCPClientUnknownProxyMessageHeader):
        client.take(client.membership(b"value"))


# --- membership ---


def test_membership_and_absence(client: Client) -> None:
    client.verify(client.enclave.prove(client.membership(b"value")), b"value")
    client.verify(client.enclave.prove(client.membership(b"")), b"")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"prefix": b"other"}, errors.LCPClientMembershipVerificationInvalidPrefix),
        ({"path": b"some/other"}, errors.LCPClientMembershipVerificationInvalidPath),
        ({"value": keccak256(b"another")}, errors.LCPClientMembershipVerificationInvalidValue),
        ({"value": bytes(32)}, errors.LCPClientMembershipVerificationInvalidValue),
        ({"height": Height(0, 2)}, errors.LCPClientMembershipVerificationInvalidHeight),
        ({"state_id": state_id(2)}, errors.LCPClientMembershipVerificationInvalidStateId),
    ],
)
def test_membership_of_something_else(
    client: Client, change: dict[str, object], error: type[IbcError]
) -> None:
    client.take(step(1, 2))
    proof = client.enclave.prove(replace(client.membership(b"value"), **change))  # type: ignore[arg-type]
    with pytest.raises(error):
        client.verify(proof, b"value")


def test_absence_needs_a_proof_of_absence(client: Client) -> None:
    with pytest.raises(errors.LCPClientMembershipVerificationInvalidValue):
        client.verify(client.enclave.prove(client.membership(b"value")), b"")


def test_membership_at_an_unknown_height(client: Client) -> None:
    proof = client.enclave.prove(client.membership(b"value", height=3))
    with pytest.raises(ErrConsensusStateNotFound):
        client.verify(proof, b"value", height=3)


def test_membership_before_activation() -> None:
    fresh = Client()
    fresh.register()
    message = replace(fresh.membership(b"v", height=0), state_id=bytes(32))
    with pytest.raises(LCPClientMembershipMismatch):
        fresh.verify(fresh.enclave.prove(message), b"v", height=0)


@pytest.mark.parametrize("data", [b"", b"junk", bytes(96)])
def test_proofs_that_are_none(client: Client, data: bytes) -> None:
    with pytest.raises(LCPClientMembershipMismatch):
        client.verify(data, b"value")


def test_an_update_is_no_proof(client: Client) -> None:
    with pytest.raises(LCPClientMembershipMismatch):
        client.verify(client.enclave.prove(step(1, 2)), b"value")


@pytest.mark.parametrize(
    ("secret", "time", "error"),
    [
        (b"another", NOW, LCPClientEnclaveKeyNotExist),
        (b"enclave", NOW + EXPIRATION, LCPClientEnclaveKeyExpired),
    ],
)
def test_membership_by_a_key_that_may_not(
    client: Client, secret: bytes, time: int, error: type[IbcError]
) -> None:
    client.time = time
    proof = Enclave(keccak256(secret)).prove(client.membership(b"value"))
    with pytest.raises(error):
        client.verify(proof, b"value")


def test_membership_with_a_second_signature(client: Client) -> None:
    raw = encode_message(client.membership(b"value"))
    twice = CommitmentProofs(raw, (client.enclave.sign(raw),) * 2).encode()
    with pytest.raises(LCPClientInvalidSignatures):
        client.verify(twice, b"value")


def test_a_frozen_client_proves_nothing(client: Client) -> None:
    proof = client.enclave.prove(client.membership(b"value"))
    client.take(Misbehaviour((PrevState(Height(0, 1), state_id(1)),), None, b""))
    with pytest.raises(LCPClientMembershipMismatch):
        client.verify(proof, b"value")
    with pytest.raises(LCPClientMembershipMismatch):
        client.verify(client.enclave.prove(client.membership(b"")), b"")
