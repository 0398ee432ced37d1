"""Bytes: recorded ones, Go's rules, Solidity's style, and those our contracts are tested with."""

from dataclasses import replace

import pytest

from corda_sim.core.crypto.hashes import sha256
from corda_sim.core.errors import DecodeError
from corda_sim.cross.atomic.simple.packets import CALL_RESULT
from corda_sim.cross.atomic.simple.types import (
    CommitStatus,
    PacketAcknowledgementCall,
    PacketDataCall,
)
from corda_sim.cross.atomic.tpc.types import (
    CommitStatus as TpcStatus,
)
from corda_sim.cross.atomic.tpc.types import (
    PacketAcknowledgementCommit,
    PacketAcknowledgementPrepare,
    PacketDataCommit,
    PacketDataPrepare,
)
from corda_sim.cross.atomic.types import (
    ContractTransactionState,
    ContractTransactionStatus,
    CoordinatorDecision,
    CoordinatorPhase,
    CoordinatorState,
    PrepareResult,
)
from corda_sim.cross.auth.types import (
    Account,
    AuthMode,
    AuthType,
    MsgExtSignTx,
    MsgIBCSignTx,
    MsgSignTx,
    MsgSignTxResponse,
    PacketAcknowledgementIBCSignTx,
    PacketDataIBCSignTx,
    SignStatus,
    TxAuthState,
)
from corda_sim.cross.contract.locking import LockOP, LockOPs
from corda_sim.cross.initiator.types import (
    ContractTransaction,
    InitiateTxState,
    InitiateTxStatus,
    Link,
    MsgInitiateTx,
    MsgInitiateTxResponse,
)
from corda_sim.cross.packets.types import Acknowledgement, Header, HeaderField, PacketData
from corda_sim.cross.queries import self_xcc
from corda_sim.cross.tx.types import (
    AbciEvent,
    CommitProtocol,
    ConstantValueCallResult,
    ContractCallResult,
    EventAttribute,
    ResolvedContractTransaction,
    ReturnValue,
    Tx,
    call_key,
    declared,
)
from corda_sim.cross.xcc.types import SELF, ChannelInfo
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import Packet
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.protobuf import Message
from tests.integration.goquorum import test_cross as solidity
from tests.integration.goquorum.packets import SAMPLE_CALL
from tests.integration.goquorum.wire import message, number, text

CHANNEL_0 = ChannelInfo("cross", "channel-0")
XCC = AnyMessage.pack(CHANNEL_0)
TESTER = Account.on_channel(b"tester", CHANNEL_0)
CALL = PacketDataCall(sha256(b"tx"), ResolvedContractTransaction(XCC, (TESTER,), b"\x01"))
FAR = Height(0, 2**64 - 1)
ID = sha256(b"id")


# --- recorded ---


def test_the_recorded_call() -> None:
    assert PacketData.of(CALL).encode() == SAMPLE_CALL


def test_the_recorded_calls_commitment() -> None:
    packet = Packet(1, "cross", "channel-0", "cross", "channel-0", SAMPLE_CALL, FAR)
    assert packet.commitment.hex() == (
        "3d6d064bcc253efa779e6b7a829bc0389935602ab353bbfd8a8bde15d1fb6df4"
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [(CommitStatus.OK, solidity.OK_ACK), (CommitStatus.FAILED, solidity.FAILED_ACK)],
)
def test_the_recorded_acknowledgements(status: CommitStatus, expected: bytes) -> None:
    result = PacketData.of(PacketAcknowledgementCall(status)).encode()
    assert Acknowledgement(is_success=True, result=result).encode() == expected
    read = PacketData.decode(Acknowledgement.decode(expected).result)
    assert read.payload.unpack(PacketAcknowledgementCall).status is status


def test_a_calls_result_stands_in_the_header_and_the_payload_stays() -> None:
    answer = PacketAcknowledgementCall(CommitStatus.OK)
    plain = PacketData.of(answer)
    told = PacketData.of(answer, Header((HeaderField(CALL_RESULT, b"42"),)))
    field = text(1, "cross.call_result") + text(2, b"42")
    assert told.encode() == message(1, message(1, field)) + plain.encode()[2:]
    assert told.payload == plain.payload
    assert (told.header.get(CALL_RESULT), told.header.get("other")) == (b"42", None)


# --- what our contracts are tested with ---


@pytest.mark.parametrize("mode", [AuthMode.LOCAL, AuthMode.CHANNEL])
def test_calls_are_those_that_the_solidity_module_is_tested_with(mode: AuthMode) -> None:
    signers = (Account(b"\xaa" * 20, AuthType(mode)), Account(b"\xbb" * 20, AuthType(mode)))
    resolved = ResolvedContractTransaction(AnyMessage.pack(SELF), signers, b"call")
    ours = PacketData.of(PacketDataCall(solidity.TX_ID, resolved)).encode()
    assert ours == solidity.call_data(b"call", [(signer.id, mode) for signer in signers])


def test_signatures_are_those_that_the_solidity_module_sends() -> None:
    signed = PacketDataIBCSignTx(solidity.TX_ID, (b"\xaa" * 20,), Height(*solidity.FAR))
    assert PacketData.of(signed).encode() == solidity.sign_data(b"\xaa" * 20)


@pytest.mark.parametrize("status", SignStatus)
def test_answers_to_signatures_are_those_that_the_solidity_module_reads(
    status: SignStatus,
) -> None:
    result = PacketData.of(PacketAcknowledgementIBCSignTx(status)).encode()
    ours = Acknowledgement(is_success=True, result=result).encode()
    assert ours == solidity.signed_ack(status)


# --- field numbers ---


LOCAL = Account.local(b"a")
LOCAL_BYTES = text(1, b"a") + message(2, number(1, 1))
XCC_BYTES = text(1, "/cross.core.xcc.ChannelInfo") + text(
    2, text(1, "cross") + text(2, "channel-0")
)
RESOLVED_BYTES = message(1, XCC_BYTES) + message(2, LOCAL_BYTES) + text(3, b"c")
RESOLVED = ResolvedContractTransaction(XCC, (LOCAL,), b"c")
MSG = MsgInitiateTx(
    "A",
    9,
    CommitProtocol.SIMPLE,
    (ContractTransaction(XCC, (LOCAL,), b"c", ReturnValue(b"r"), (Link(1), Link())),),
    (LOCAL,),
    Height(0, 5),
    77,
)
MSG_BYTES = (
    text(1, "A")
    + number(2, 9)
    + number(3, 1)
    + message(
        4, RESOLVED_BYTES + message(4, text(1, b"r")) + message(5, number(1, 1)) + message(5, b"")
    )
    + message(5, LOCAL_BYTES)
    + message(6, number(2, 5))
    + number(7, 77)
)
NO_HEIGHT = b"\x1a\x00"

FORMS: list[tuple[Message, bytes]] = [
    (SELF, b""),
    (CHANNEL_0, text(1, "cross") + text(2, "channel-0")),
    (self_xcc(), message(1, text(1, "/cross.core.xcc.ChannelInfo"))),
    (LOCAL, LOCAL_BYTES),
    (
        Account.on_channel(b"a", CHANNEL_0),
        text(1, b"a") + message(2, number(1, 2) + message(2, XCC_BYTES)),
    ),
    (TxAuthState((LOCAL,)), message(1, LOCAL_BYTES)),
    (TxAuthState(), b""),
    (MSG, MSG_BYTES),
    (MsgInitiateTxResponse(ID, InitiateTxStatus.PENDING), text(1, ID) + number(2, 1)),
    (InitiateTxState(InitiateTxStatus.VERIFIED, MSG), number(1, 2) + message(2, MSG_BYTES)),
    (
        MsgSignTx(ID, (b"a", b"b"), timeout_timestamp=3),
        text(1, ID) + text(2, b"a") + text(2, b"b") + NO_HEIGHT + number(4, 3),
    ),
    (MsgSignTxResponse(tx_auth_completed=True, log="x"), number(1, 1) + text(2, "x")),
    (
        MsgIBCSignTx(XCC, ID, (b"a",), Height(1, 2), 3),
        message(1, XCC_BYTES)
        + text(2, ID)
        + text(3, b"a")
        + message(4, number(1, 1) + number(2, 2))
        + number(5, 3),
    ),
    (MsgExtSignTx(ID, (LOCAL,)), text(1, ID) + message(2, LOCAL_BYTES)),
    (PacketDataIBCSignTx(ID, (b"a",)), text(1, ID) + text(2, b"a") + NO_HEIGHT),
    (RESOLVED, RESOLVED_BYTES),
    (
        Tx(ID, CommitProtocol.TPC, (RESOLVED,), Height(0, 1), 2),
        text(1, ID)
        + number(2, 2)
        + message(3, RESOLVED_BYTES)
        + message(4, number(2, 1))
        + number(5, 2),
    ),
    (
        ConstantValueCallResult(XCC, b"k", b"v"),
        message(1, XCC_BYTES) + text(2, b"k") + text(3, b"v"),
    ),
    (
        ContractCallResult(b"d", (AbciEvent("t", (EventAttribute(b"k", b"v", index=True),)),)),
        text(1, b"d")
        + message(2, text(1, "t") + message(2, text(1, b"k") + text(2, b"v") + number(3, 1))),
    ),
    (PacketDataPrepare(ID, 2, RESOLVED), text(1, ID) + number(2, 2) + message(3, RESOLVED_BYTES)),
    (PacketAcknowledgementPrepare(PrepareResult.FAILED), number(1, 2)),
    (PacketDataCommit(ID, 1, is_committable=True), text(1, ID) + number(2, 1) + number(3, 1)),
    (PacketAcknowledgementCommit(TpcStatus.FAILED, "e"), number(1, 2) + text(2, "e")),
    (
        CoordinatorState(
            CommitProtocol.SIMPLE,
            (SELF, CHANNEL_0),
            CoordinatorPhase.COMMIT,
            CoordinatorDecision.ABORT,
            (0, 1),
            (0,),
        ),
        number(1, 1)
        + message(2, b"")
        + message(2, text(1, "cross") + text(2, "channel-0"))
        + number(3, 2)
        + number(4, 2)
        + text(5, b"\0\1")
        + text(6, b"\0"),
    ),
    (
        ContractTransactionState(ContractTransactionStatus.ABORT, PrepareResult.FAILED),
        number(1, 3) + number(2, 2) + NO_HEIGHT,
    ),
    (LockOPs((LockOP(b"k", b"v"),)), message(1, text(1, b"k") + text(2, b"v"))),
]


@pytest.mark.parametrize(("value", "expected"), FORMS, ids=lambda value: type(value).__name__)
def test_form(value: Message, expected: bytes) -> None:
    assert value.encode() == expected
    assert type(value).decode_strict(expected) == value


URLS = {
    PacketDataCall: "/cross.core.atomic.simple.PacketDataCall",
    PacketAcknowledgementCall: "/cross.core.atomic.simple.PacketAcknowledgementCall",
    PacketDataPrepare: "/cross.core.atomic.tpc.PacketDataPrepare",
    PacketAcknowledgementPrepare: "/cross.core.atomic.tpc.PacketAcknowledgementPrepare",
    PacketDataCommit: "/cross.core.atomic.tpc.PacketDataCommit",
    PacketAcknowledgementCommit: "/cross.core.atomic.tpc.PacketAcknowledgementCommit",
    PacketDataIBCSignTx: "/cross.core.auth.PacketDataIBCSignTx",
    PacketAcknowledgementIBCSignTx: "/cross.core.auth.PacketAcknowledgementIBCSignTx",
    ChannelInfo: "/cross.core.xcc.ChannelInfo",
}


@pytest.mark.parametrize(("kind", "url"), URLS.items())
def test_type_url(kind: type[Message], url: str) -> None:
    assert url == kind.TYPE_URL


# --- two styles ---


def test_solidity_writes_empty_messages_where_go_writes_none() -> None:
    theirs = RESOLVED_BYTES + message(4, b"")
    read = ResolvedContractTransaction.decode(theirs)
    assert read == replace(RESOLVED, return_value=ReturnValue())
    assert declared(read.return_value) is declared(RESOLVED.return_value) is None
    assert declared(ReturnValue(b"x")) == b"x"


def test_a_messages_two_styles_have_two_ids() -> None:
    call = ContractTransaction(XCC, (LOCAL,), b"c")
    go = replace(MSG, contract_transactions=(call,))
    theirs = replace(MSG, contract_transactions=(replace(call, return_value=ReturnValue()),))
    assert go.tx_id != theirs.tx_id
    assert MSG.tx_id == sha256(MSG_BYTES)


def test_header_is_optional_unknown_fields_are_skipped_and_order_doesnt_matter() -> None:
    payload = message(2, text(1, "/x"))
    for data in (payload, payload + b"\x0a\x00", b"\x0a\x00" + payload + number(9, 1)):
        assert PacketData.decode(data) == PacketData(Header(), AnyMessage("/x"))


def test_an_unknown_mode_of_signing_is_malformed() -> None:
    with pytest.raises(DecodeError):
        Account.decode(text(1, b"a") + message(2, number(1, 4)))


def test_required_signers_are_named_as_often_as_calls_name_them() -> None:
    call = ContractTransaction(XCC, (LOCAL, TESTER, LOCAL), b"")
    twice = replace(MSG, contract_transactions=(call, call))
    assert twice.required_accounts == (LOCAL, TESTER, LOCAL) * 2


def test_a_calls_key_is_the_hash_of_call_and_signers() -> None:
    assert call_key(b"c", (LOCAL, LOCAL)) == sha256(b"c" + LOCAL_BYTES * 2)
