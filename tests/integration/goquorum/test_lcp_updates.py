"""Updates and proofs that an enclave signs, and every refusal."""

import time
from functools import partial

import pytest
from eth_abi.abi import encode

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from tests.integration.goquorum.conftest import refused
from tests.integration.goquorum.enclave import (
    MRENCLAVE,
    Enclave,
    membership,
    misbehaviour,
    trusting_period,
    update_state,
)
from tests.integration.goquorum.lcp import DAY, MINUTE, NONE, PATH, STATE_1, STATE_2, STATE_3, Lcp

pytestmark = pytest.mark.integration


def test_only_a_registered_key_counts(lcp: Lcp) -> None:
    data = update_state((1, STATE_1), 2, STATE_2)
    assert refused(lambda: lcp.update(data, Enclave())) == "LCPClientEnclaveKeyNotExist"
    assert refused(lambda: lcp.do("updateClient", (data, []))) == "LCPClientInvalidSignaturesLength"
    two = lambda: lcp.update(data, lcp.enclave, lcp.enclave)
    assert refused(two) == "LCPClientInvalidSignaturesLength"
    bad = lambda: lcp.do("updateClient", (data, [bytes(64)]))
    assert refused(bad) == "ECDSAInvalidSignatureLength"


def test_activation_needs_the_states_that_are_activated(empty: Lcp) -> None:
    empty.create()
    empty.register()
    silent = lambda: empty.update(update_state(NONE, 1, STATE_1))
    assert refused(silent) == "LCPClientUpdateStateEmittedStatesMustNotEmpty"


@pytest.mark.parametrize(
    ("previous", "error"),
    [
        ((1, STATE_2), "LCPClientUpdateStateUnexpectedPrevStateId"),
        ((2, STATE_1), "LCPClientUpdateStateUnexpectedPrevStateId"),
        ((1, bytes(32)), "LCPClientUpdateStatePrevStateIdMustNotEmpty"),
    ],
)
def test_an_update_goes_on_from_a_stored_state(
    lcp: Lcp, previous: tuple[int, bytes], error: str
) -> None:
    assert refused(lambda: lcp.update(update_state(previous, 2, STATE_2))) == error


def test_updates_with_impossible_content_are_refused(lcp: Lcp) -> None:
    for data, error in (
        (update_state((1, STATE_1), 2, bytes(32)), "LCPClientConsensusStateInvalidStateId"),
        (
            update_state((1, STATE_1), 2, STATE_2, timestamp=0),
            "LCPClientConsensusStateInvalidTimestamp",
        ),
        (
            update_state((1, STATE_1), 2, STATE_2, timestamp=2**64),
            "LCPClientConsensusStateInvalidTimestamp",
        ),
        (membership(PATH, STATE_1, 1, STATE_1), "LCPClientUnknownProxyMessageHeader"),
    ):
        assert refused(partial(lcp.update, data)) == error


def test_the_same_update_again_changes_nothing(lcp: Lcp) -> None:
    data = update_state((1, STATE_1), 2, STATE_2)
    lcp.update(data)
    lcp.update(data)
    assert (lcp.latest(), lcp.status()) == (2, 0)


def test_an_older_height_is_stored_without_moving_the_latest(lcp: Lcp) -> None:
    lcp.update(update_state((1, STATE_1), 9, STATE_2))
    lcp.update(update_state((1, STATE_1), 5, STATE_3))
    assert lcp.latest() == 9


def test_two_states_for_one_height_freeze_the_client(lcp: Lcp) -> None:
    lcp.update(update_state((1, STATE_1), 2, STATE_2, timestamp=5))
    lcp.update(update_state((1, STATE_1), 2, STATE_3, timestamp=5))
    assert lcp.status() == 2
    assert (
        refused(lambda: lcp.update(update_state((1, STATE_1), 3, STATE_3)))
        == "LCPClientClientStateFrozen"
    )
    statement = membership(PATH, keccak256(b"v"), 1, STATE_1)
    assert refused(lambda: lcp.verify(statement, b"v")) == "LCPClientClientStateFrozen"


def test_misbehaviour_freezes_the_client(lcp: Lcp) -> None:
    assert (
        refused(lambda: lcp.update(misbehaviour([])))
        == "LCPClientMisbehaviourPrevStatesMustNotEmpty"
    )
    strange = misbehaviour([(1, STATE_2)])
    assert refused(lambda: lcp.update(strange)) == "LCPClientUpdateStateUnexpectedPrevStateId"
    lcp.update(misbehaviour([(1, STATE_1)]))
    assert lcp.status() == 2


@pytest.mark.parametrize(
    ("untrusted", "trusted", "error"),
    [
        (0, -2 * DAY, "LCPCommtimentTrustingPeriodContextOutOfTrustingPeriod"),
        (2 * MINUTE + DAY, 0, "LCPCommitmentTrustingPeriodHeaderFromFuture"),
        (0, -DAY // 2, ""),
    ],
)
def test_an_update_holds_only_within_its_trusting_period(
    lcp: Lcp, untrusted: int, trusted: int, error: str
) -> None:
    now = time.time_ns()
    context = trusting_period(now + untrusted, now + trusted, DAY, MINUTE)
    data = update_state((1, STATE_1), 2, STATE_2, context=context)
    if error:
        assert refused(lambda: lcp.update(data)) == error
    else:
        lcp.update(data)
        assert lcp.latest() == 2


def test_contexts_of_another_kind_are_refused(lcp: Lcp) -> None:
    unknown = bytes(encode(["(bytes32,bytes)"], [(bytes((0, 9)) + bytes(30), b"")]))
    short = bytes(encode(["(bytes32,bytes)"], [(bytes((0, 1)) + bytes(30), bytes(63))]))
    for context, error in (
        (unknown, "LCPCommitmentUnknownValidationContextType"),
        (short, "LCPCommtimentInvalidTrustingPeriodContextLength"),
    ):
        data = update_state((1, STATE_1), 2, STATE_2, context=context)
        assert refused(partial(lcp.update, data)) == error


def test_presence_and_absence_are_believed(lcp: Lcp) -> None:
    assert lcp.verify(membership(PATH, keccak256(b"value"), 1, STATE_1), b"value")
    assert lcp.verify(membership(PATH, bytes(32), 1, STATE_1), None)


@pytest.mark.parametrize(
    ("statement", "value", "error"),
    [
        (membership(PATH, keccak256(b"v"), 2, STATE_1), b"v", "LCPClientConsensusStateNotFound"),
        (
            membership(PATH, keccak256(b"v"), 1, STATE_2),
            b"v",
            "LCPClientMembershipVerificationInvalidStateId",
        ),
        (
            membership(PATH, keccak256(b"v"), 1, STATE_1),
            b"w",
            "LCPClientMembershipVerificationInvalidValue",
        ),
        (
            membership(PATH, keccak256(b"v"), 1, STATE_1),
            None,
            "LCPClientMembershipVerificationInvalidValue",
        ),
        (
            membership(PATH, bytes(32), 1, STATE_1),
            b"v",
            "LCPClientMembershipVerificationInvalidValue",
        ),
        (
            membership(b"acks", keccak256(b"v"), 1, STATE_1),
            b"v",
            "LCPClientMembershipVerificationInvalidPath",
        ),
        (
            membership(PATH, keccak256(b"v"), 1, STATE_1, b"xyz"),
            b"v",
            "LCPClientMembershipVerificationInvalidPrefix",
        ),
        (update_state(NONE, 1, STATE_1), b"v", "LCPCommitmentUnexpectedProxyMessageHeader"),
    ],
)
def test_statements_that_prove_something_else(
    lcp: Lcp, statement: bytes, value: bytes | None, error: str
) -> None:
    assert refused(lambda: lcp.verify(statement, value)) == error


def test_a_proof_at_another_height_is_refused(lcp: Lcp) -> None:
    lcp.update(update_state((1, STATE_1), 2, STATE_2))
    statement = membership(PATH, keccak256(b"v"), 1, STATE_1)
    assert (
        refused(lambda: lcp.verify(statement, b"v", height=2))
        == "LCPClientMembershipVerificationInvalidHeight"
    )


def test_a_message_for_another_client_proves_nothing_here(lcp: Lcp) -> None:
    """Another client of the same contract has neither the key nor the state."""
    other = Lcp(lcp.sender, lcp.contract, lcp.service, lcp.enclave, "lcp-client-other")
    other.create(mrenclave=MRENCLAVE[::-1])
    statement = membership(PATH, keccak256(b"v"), 1, STATE_1)
    assert refused(lambda: other.verify(statement, b"v")) == "LCPClientConsensusStateNotFound"
