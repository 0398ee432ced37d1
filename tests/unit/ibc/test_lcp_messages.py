from dataclasses import replace

import pytest
from eth_abi.abi import encode

from corda_sim.core.crypto.hashes import sha256
from corda_sim.core.errors import DecodeError
from corda_sim.ibc.any import AnyMessage, pack
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.lightclients.lcp.abi import MAX_SIZE
from corda_sim.ibc.lightclients.lcp.context import (
    TrustingPeriod,
    aggregate_contexts,
    decode_context,
    encode_context,
)
from corda_sim.ibc.lightclients.lcp.eip712 import (
    UNIVERSAL,
    Domain,
    register_enclave_key_digest,
    update_operators_digest,
)
from corda_sim.ibc.lightclients.lcp.errors import (
    LCPCommitmentHeaderFromFuture,
    LCPCommitmentOutOfTrustingPeriod,
)
from corda_sim.ibc.lightclients.lcp.messages import (
    CommitmentProofs,
    EmittedState,
    Misbehaviour,
    PrevState,
    ProxyMessage,
    UpdateState,
    VerifyMembership,
    aggregate,
    decode_message,
    encode_message,
    first_state,
)
from corda_sim.ibc.lightclients.lcp.state_id import state_id_of
from corda_sim.ibc.lightclients.lcp.types import ClientState, ConsensusState
from corda_sim.ibc.moment import Moment
from tests.unit.ibc.enclave import state_id, step

CONTEXT = TrustingPeriod(200, 100, 1000, 10)
MESSAGES: list[ProxyMessage] = [
    step(1, 2),
    step(1, 2, context=CONTEXT, emitted=True),
    VerifyMembership(b"ibc", b"path", b"\1" * 32, Height(0, 7), b"\2" * 32),
    Misbehaviour((PrevState(Height(0, 1), b"\3" * 32),), CONTEXT, b"evidence"),
    Misbehaviour((), None, b""),
]


@pytest.mark.parametrize("message", MESSAGES)
def test_round_trip(message: ProxyMessage) -> None:
    assert decode_message(encode_message(message)) == message


@pytest.mark.parametrize(("message", "kind"), list(zip(MESSAGES, (1, 1, 2, 3, 3), strict=True)))
def test_headers(message: ProxyMessage, kind: int) -> None:
    raw = encode_message(message)
    assert raw[:32] == (32).to_bytes(32, "big")
    assert raw[32:64] == bytes.fromhex(f"0001{kind:04x}") + bytes(28)


@pytest.mark.parametrize("message", MESSAGES)
def test_only_the_canonical_bytes_are_read(message: ProxyMessage) -> None:
    raw = encode_message(message)
    for other in (raw + bytes(32), raw[:-1], raw[32:], b"", raw[:63] + b"\1" + raw[64:]):
        with pytest.raises(DecodeError):
            decode_message(other)


@pytest.mark.parametrize("header", ["00020001", "00010004", "00010000", "0001000100000001"])
def test_other_versions_and_kinds(header: str) -> None:
    body = b"\0" * 64
    raw = encode(["(bytes32,bytes)"], [(bytes.fromhex(header).ljust(32, b"\0"), body)])
    with pytest.raises(DecodeError):
        decode_message(raw)


def test_messages_have_a_limit() -> None:
    with pytest.raises(DecodeError):
        decode_message(bytes(MAX_SIZE + 1))


def test_a_body_of_another_kind() -> None:
    raw = encode_message(MESSAGES[2]).replace(b"\0\1\0\2", b"\0\1\0\1", 1)
    with pytest.raises(DecodeError):
        decode_message(raw)


def test_commitment_proofs() -> None:
    proofs = CommitmentProofs(b"message", (b"one", b"", b"three"))
    assert CommitmentProofs.decode(proofs.encode()) == proofs
    with pytest.raises(DecodeError):
        CommitmentProofs.decode(proofs.encode() + bytes(32))


# --- contexts ---


def test_empty_context_bytes() -> None:
    assert encode_context(None).hex() == (f"{32:064x}" + "00" * 32 + f"{64:064x}" + "00" * 32)


def test_trusting_period_bytes() -> None:
    assert encode_context(CONTEXT).hex() == (
        f"{32:064x}"
        "0001" + "00" * 30 + f"{64:064x}{64:064x}" + f"{200:032x}{100:032x}{1000:032x}{10:032x}"
    )


@pytest.mark.parametrize("context", [None, CONTEXT])
def test_context_round_trip(context: TrustingPeriod | None) -> None:
    assert decode_context(encode_context(context)) == context


@pytest.mark.parametrize(
    ("header", "body"), [("0000", b"x"), ("0002", b""), ("0001", b"x" * 63), ("0001", b"")]
)
def test_contexts_that_arent_known(header: str, body: bytes) -> None:
    raw = encode(["(bytes32,bytes)"], [(bytes.fromhex(header).ljust(32, b"\0"), body)])
    with pytest.raises(DecodeError):
        decode_context(raw)


def span(earliest: int, latest: int) -> Moment:
    return Moment(Height(), Height(), earliest, latest)


def test_trusting_period_is_judged_at_the_end() -> None:
    CONTEXT.validate(span(500, 1099))
    with pytest.raises(LCPCommitmentOutOfTrustingPeriod):
        CONTEXT.validate(span(500, 1100))


def test_future_is_judged_at_the_start() -> None:
    CONTEXT.validate(span(191, 500))
    with pytest.raises(LCPCommitmentHeaderFromFuture):
        CONTEXT.validate(span(190, 500))


def test_aggregated_context_is_the_strictest() -> None:
    other = TrustingPeriod(300, 250, 1000, 10)
    assert aggregate_contexts([None, CONTEXT, other]) == TrustingPeriod(300, 100, 1000, 10)
    assert aggregate_contexts([None, None]) is None
    for change in ({"trusting_period": 999}, {"clock_drift": 9}):
        with pytest.raises(DecodeError):
            aggregate_contexts([CONTEXT, replace(other, **change)])


# --- aggregation ---


def test_aggregate() -> None:
    parts = [step(1, 2, context=CONTEXT, emitted=True), step(2, 3), step(3, 7, emitted=True)]
    whole = aggregate(parts)
    assert (whole.prev_height, whole.prev_state_id) == (Height(0, 1), state_id(1))
    assert (whole.post_height, whole.post_state_id) == (Height(0, 7), state_id(7))
    assert whole.timestamp == parts[-1].timestamp
    assert whole.context == CONTEXT
    assert [one.height for one in whole.emitted_states] == [Height(0, 2), Height(0, 7)]


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [step(1, 2)],
        [step(1, 2), step(3, 4)],
        [step(2, 3), step(1, 2)],
        [step(1, 2), replace(step(2, 3), prev_state_id=state_id(9))],
    ],
)
def test_aggregate_refuses(parts: list[UpdateState]) -> None:
    with pytest.raises(DecodeError):
        aggregate(parts)


def test_first_state() -> None:
    shown = (EmittedState(Height(0, 5), b"any"),)
    made = first_state(Height(0, 5), state_id(5), 77, shown)
    assert (made.prev_height, made.prev_state_id, made.context) == (Height(), bytes(32), None)


# --- state ids, protobufs, EIP-712 ---


def test_state_id_has_zeros_in_front() -> None:
    client, consensus = AnyMessage("/c", b"client"), AnyMessage("/s", b"state")
    padded = bytes(len(client.encode())) + consensus.encode() + client.encode()
    assert state_id_of(client, consensus) == sha256(padded)
    assert state_id_of(client, consensus) != sha256(consensus.encode() + client.encode())


def test_client_state_bytes_as_the_contract_stores_them() -> None:
    state = ClientState(
        b"\x11" * 32,
        604_800,
        operators_threshold_numerator=1,
        operators_threshold_denominator=1,
    )
    assert pack(state).hex() == (
        "0a242f6962632e6c69676874636c69656e74732e6c63702e76312e436c69656e745374617465122c0a20"
        + "11" * 32
        + "1080f524220048015001"
    )


def test_empty_consensus_state_bytes() -> None:
    assert pack(ConsensusState()).hex() == (
        "0a272f6962632e6c69676874636c69656e74732e6c63702e76312e436f6e73656e7375735374617465"
    )


def test_activated_consensus_state_bytes() -> None:
    state = ConsensusState(b"\5" * 32, 1_759_999_990 * 10**9)
    assert pack(state).hex().endswith("122c0a20" + "05" * 32 + "1080b89085a8d5b1b618")


def test_universal_domain() -> None:
    assert UNIVERSAL.separator.hex() == (
        "7fd21c2453e80741907e7ff11fd62ae1daa34c6fc0c2eced821f1c1d3fe88a4c"
    )


def test_digests_cover_all_they_should() -> None:
    domain = Domain(1, b"\1" * 20, b"\2" * 32)
    args = ("lcp-client-0", 1, [b"\3" * 20], (1, 2))
    digests = {
        update_operators_digest(domain, *args),
        update_operators_digest(UNIVERSAL, *args),
        update_operators_digest(domain, "lcp-client-1", *args[1:]),
        update_operators_digest(domain, args[0], 2, *args[2:]),
        update_operators_digest(domain, *args[:2], [b"\4" * 20], args[3]),
        update_operators_digest(domain, *args[:3], (2, 2)),
        update_operators_digest(domain, *args[:3], (1, 1)),
        register_enclave_key_digest(b"a"),
        register_enclave_key_digest(b"b"),
    }
    assert len(digests) == 9
