from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corda_sim.core.errors import CordaError, DecodeError
from corda_sim.flow.wire_message import WireMessage
from corda_sim.node.messaging.errors import (
    MessageTooLargeException,
    PackRefusedException,
    PackSignatureException,
    UnknownSenderException,
    WrongNetworkException,
    WrongRecipientException,
)
from corda_sim.node.messaging.pack import (
    MAX_MESSAGES,
    MAX_PACK_BODY,
    MESSAGE_HEADER,
    Pack,
    check_message_size,
    decode_pack,
    key_hash,
    max_pack_size,
    sign_pack,
    split,
    verify_pack,
)

if TYPE_CHECKING:
    from tests.unit.node.messaging.conftest import Member, NetworkMap

NETWORK = b"n" * 32
LIMIT = 400_000
FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
messages = st.builds(
    WireMessage, st.text("NRDE-0123456789", min_size=1, max_size=64), st.booleans(), st.binary()
)


def pack_of(sender: "Member", recipient: "Member", *content: WireMessage) -> Pack:
    return Pack(
        network_id=NETWORK,
        sender=sender.name,
        sender_key_hash=key_hash(sender.party.owning_key),
        recipient_key_hash=key_hash(recipient.party.owning_key),
        time_ns=1,
        messages=content or (WireMessage("N-1", True, b"body"),),
    )


def accept(data: bytes, recipient: "Member", network: "NetworkMap") -> Pack:
    signed, pack = decode_pack(data, LIMIT)
    recipients = frozenset({key_hash(recipient.party.owning_key)})
    verify_pack(signed, pack, NETWORK, recipients, network)
    return pack


@FIXTURES
@given(content=st.lists(messages, min_size=1, max_size=MAX_MESSAGES))
def test_round_trip(
    alice: "Member", bob: "Member", network: "NetworkMap", content: list[WireMessage]
) -> None:
    pack = pack_of(alice, bob, *content)
    assert accept(sign_pack(pack, alice), bob, network) == pack


@FIXTURES
@given(data=st.data())
def test_any_mutation_is_refused_with_a_typed_error(
    alice: "Member", bob: "Member", network: "NetworkMap", data: st.DataObject
) -> None:
    good = sign_pack(pack_of(alice, bob, WireMessage("N-1", True, b"abc")), alice)
    position = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises((DecodeError, PackRefusedException)):
        accept(bytes(bad), bob, network)


@FIXTURES
@given(noise=st.binary(max_size=300), cut=st.integers(0, 200))
def test_noise_prefixes_and_suffixes_are_decode_errors(
    alice: "Member", bob: "Member", noise: bytes, cut: int
) -> None:
    good = sign_pack(pack_of(alice, bob), alice)
    for bad in (noise, good[: min(cut, len(good) - 1)], good + b"\0"):
        with pytest.raises(DecodeError):
            decode_pack(bad, LIMIT)


def test_encodings_that_mean_the_same_are_refused(alice: "Member", bob: "Member") -> None:
    good = sign_pack(pack_of(alice, bob), alice)
    raw, signature = msgspec.msgpack.decode(good)
    long_form = b"\x92\xc6" + len(raw).to_bytes(4, "big") + raw
    with pytest.raises(DecodeError, match="canonical"):
        decode_pack(long_form + msgspec.msgpack.encode(signature), LIMIT)


def test_deep_nesting_and_wrong_types_are_decode_errors() -> None:
    for bad in (b"\x91" * 100_000, b"\xc1", b"\x92\xa1\xff\xa0", msgspec.msgpack.encode([1, 2])):
        with pytest.raises(DecodeError):
            decode_pack(bad, LIMIT)


def test_a_peer_cannot_speak_for_another(
    alice: "Member", bob: "Member", network: "NetworkMap"
) -> None:
    forged = sign_pack(pack_of(alice, bob), bob)
    with pytest.raises(PackSignatureException):
        accept(forged, bob, network)


def test_a_pack_passed_on_is_refused(alice: "Member", bob: "Member", network: "NetworkMap") -> None:
    data = sign_pack(pack_of(alice, bob), alice)
    with pytest.raises(WrongRecipientException):
        accept(data, alice, network)


def test_another_network_is_refused(alice: "Member", bob: "Member", network: "NetworkMap") -> None:
    pack = msgspec.structs.replace(pack_of(alice, bob), network_id=b"x" * 32)
    with pytest.raises(WrongNetworkException):
        accept(sign_pack(pack, alice), bob, network)


def test_an_unknown_sender_is_refused_for_now(
    alice: "Member", bob: "Member", network: "NetworkMap"
) -> None:
    data = sign_pack(pack_of(alice, bob), alice)
    rotated = replace(alice, party=bob.party)
    for members in ({}, {alice.name: rotated}):
        network.members = members
        with pytest.raises(UnknownSenderException) as caught:
            accept(data, bob, network)
        assert not caught.value.permanent
    assert PackSignatureException("").permanent


@FIXTURES
@given(sizes=st.lists(st.integers(0, 300_000), max_size=80))
def test_split_keeps_order_and_limits(sizes: list[int]) -> None:
    content = [WireMessage(f"N-{n}", False, bytes(size)) for n, size in enumerate(sizes)]
    packs = list(split(content))
    assert [message for pack in packs for message in pack] == content
    for pack in packs:
        assert 1 <= len(pack) <= MAX_MESSAGES
        assert len(pack) == 1 or sum(len(m.body) for m in pack) <= MAX_PACK_BODY


def test_the_sender_refuses_what_is_too_large(alice: "Member", bob: "Member") -> None:
    largest = WireMessage("N" * 64, False, bytes(LIMIT + MESSAGE_HEADER))
    check_message_size(largest, LIMIT)
    data = sign_pack(pack_of(alice, bob, largest), alice)
    assert len(data) <= max_pack_size(LIMIT)
    assert decode_pack(data, LIMIT)[1].messages == (largest,)
    with pytest.raises(MessageTooLargeException, match="maxMessageSize") as caught:
        check_message_size(WireMessage("N", False, bytes(LIMIT + MESSAGE_HEADER + 1)), LIMIT)
    assert isinstance(caught.value, CordaError)


@pytest.mark.parametrize(
    "content",
    [
        [WireMessage("N", False, bytes(LIMIT + MESSAGE_HEADER + 1))],
        [WireMessage("N", False, bytes(MAX_PACK_BODY)), WireMessage("M", False, b"x")],
        [WireMessage(f"N-{n}", False, b"") for n in range(MAX_MESSAGES + 1)],
        [WireMessage("N" * 65, False, b"")],
        [WireMessage("", False, b"")],
    ],
)
def test_the_receiver_refuses_what_no_sender_makes(
    alice: "Member", bob: "Member", content: list[WireMessage]
) -> None:
    with pytest.raises(DecodeError):
        decode_pack(sign_pack(pack_of(alice, bob, *content), alice), LIMIT)
