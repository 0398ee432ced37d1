"""The terms of a DvP: a file from which both sides rebuild one transaction."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from corda_sim.core.crypto.hashes import sha256
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.cross.auth.types import Account, AuthMode
from corda_sim.cross.initiator.types import MsgInitiateTx
from corda_sim.cross.tx.types import CommitProtocol
from corda_sim.cross.xcc.types import SELF, ChannelInfo
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.types import Channel, ChannelCounterparty, ChannelState, Order
from flows.dvp.channels import KnownChannel, bridge_of
from flows.dvp.terms import Terms, TermsRefused
from flows.ibc.admitted import ClientNotAdmitted
from states.cash import LockCall
from states.cross.call_info import CallInfo
from tests.unit.flows.dvp.terms import BUYER, NFT, SELLER, TERMS
from tests.unit.states.ledger import ALICE, BANK, BOB, JPY, VALIDATOR, amount, key, token

Document = dict[str, Any]


def test_the_file_reads_back_to_the_same_transaction() -> None:
    again = Terms.parse(TERMS.text)
    assert again == TERMS
    assert again.tx_id == TERMS.tx_id == sha256(TERMS.message.encode())
    assert MsgInitiateTx.decode_strict(TERMS.message.encode()) == TERMS.message


def test_big_numbers_stand_as_text_that_no_tool_rounds() -> None:
    document = json.loads(TERMS.text)
    assert document["nonce"] == str(2**64 - 1)
    assert document["asset"]["token"] == str(2**256 - 1)
    assert document["asset"]["contract"] == "0x" + "11" * 20


def test_the_transaction_is_what_both_contracts_read() -> None:
    message = TERMS.message
    own, other = message.contract_transactions
    buyer = f"{ALICE.name}#00000000-0000-0000-0000-000000000001".encode()
    assert message.chain_id == "corda"
    assert message.commit_protocol is CommitProtocol.SIMPLE
    assert message.timeout_timestamp == TERMS.expires
    assert message.signers == own.signers == (Account.local(buyer),)
    assert own.cross_chain_channel == AnyMessage.pack(SELF)
    assert other.cross_chain_channel == AnyMessage.pack(ChannelInfo("cross", "channel-0"))
    (seller,) = other.signers
    assert (seller.id, seller.auth_type.mode) == (SELLER, AuthMode.CHANNEL)
    assert seller == Account.on_channel(SELLER, ChannelInfo("cross-auth", "channel-1"))


def test_the_call_for_the_token_is_the_abi_of_its_module() -> None:
    words = (NFT, SELLER, BUYER, b"\xff" * 32)
    assert TERMS.asset_call == b"".join(word.rjust(32, b"\0") for word in words)


def test_the_call_for_cash_says_what_is_locked_and_for_whom() -> None:
    call = CallInfo.decode_strict(TERMS.message.contract_transactions[0].call_info)
    wanted = LockCall.read(call.arguments)
    assert call.contract_id == "cash"
    assert wanted == TERMS.lockable
    assert wanted.amount == amount(100, token(BANK, JPY))
    assert (wanted.buyer_key, wanted.seller_key) == (key(70), key(71))
    assert (wanted.hosts, wanted.validator_key) == ((ALICE, BOB), VALIDATOR.owning_key)


def change(*path: str, to: object) -> Callable[[Document], None]:
    def do(document: Document) -> None:
        *parents, last = path
        for name in parents:
            document = document[name]
        document[last] = to

    return do


CHANGES: dict[str, Callable[[Document], None]] = {
    "nonce": change("nonce", to="7"),
    "expiry": change("expires", to=1_800_000_001),
    "chain": change("bridge", "chain_id", to="other"),
    "channel of calls": change("bridge", "calls", to="channel-2"),
    "channel of signatures": change("bridge", "auth", to="channel-2"),
    "price": change("price", "quantity", to=99),
    "currency": change("price", "currency", to="GBP"),
    "issuer": change("price", "issuer", "key", to=key(99).encoded.hex()),
    "issuer's reference": change("price", "issuer_ref", to="02"),
    "validator": change("price", "validator_key", to=None),
    "buyer's account": change("buyer", "account", to="00000000-0000-0000-0000-000000000009"),
    "buyer's key": change("buyer", "key", to=key(99).encoded.hex()),
    "buyer's node": change("buyer", "host", "name", to="O=Other, L=London, C=GB"),
    "buyer's address": change("buyer", "address", to="0x" + "44" * 20),
    "seller's key": change("seller", "key", to=key(99).encoded.hex()),
    "seller's node": change("seller", "host", "key", to=key(99).encoded.hex()),
    "seller's address": change("seller", "address", to="0x" + "44" * 20),
    "token's contract": change("asset", "contract", to="0x" + "44" * 20),
    "token": change("asset", "token", to="8"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_changes_is_another_transaction(name: str) -> None:
    document = json.loads(TERMS.text)
    CHANGES[name](document)
    changed = Terms.parse(json.dumps(document))
    assert changed.tx_id != TERMS.tx_id
    TERMS.require_tx_id(TERMS.tx_id)
    with pytest.raises(TermsRefused, match="don't sign"):
        changed.require_tx_id(TERMS.tx_id)


REFUSED: dict[str, Callable[[Document], None]] = {
    "another version": change("version", to=2),
    "more than is known": change("tip", to=1),
    "more than is known, inside": change("price", "tip", to=1),
    "a nonce of 65 bits": change("nonce", to=str(2**64)),
    "no number": change("nonce", to="seven"),
    "a negative token": change("asset", "token", to="-1"),
    "a token of 257 bits": change("asset", "token", to=str(2**256)),
    "a price of nothing": change("price", "quantity", to=0),
    "a price beyond amounts": change("price", "quantity", to=2**63),
    "no currency": change("price", "currency", to="XXY"),
    "no reference": change("price", "issuer_ref", to=""),
    "no hexadecimal": change("price", "issuer_ref", to="zz"),
    "no key": change("buyer", "key", to="00"),
    "no name": change("seller", "host", "name", to="Bob"),
    "no account": change("buyer", "account", to="alice"),
    "a short address": change("seller", "address", to="0x33"),
    "an address without 0x": change("seller", "address", to="33" * 20),
    "no channel": change("bridge", "calls", to="channel"),
    "no base id": change("bridge", "base_id", to="genesis"),
    "no chain": change("bridge", "chain_id", to=""),
    "no expiry": change("expires", to=0),
    "an expiry in milliseconds": change("expires", to=1_800_000_000_000),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_terms_is_refused(name: str) -> None:
    document = json.loads(TERMS.text)
    REFUSED[name](document)
    with pytest.raises(TermsRefused, match="no terms"):
        Terms.parse(json.dumps(document))


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", "terms", '{"version": 1}'])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(TermsRefused):
        Terms.parse(text)


# --- the channels --------------------------------------------------------------------------------

BASE = TERMS.bridge.base_id


def end(state: ChannelState, counterparty: str, port: str) -> bytes:
    other = ChannelCounterparty(port, counterparty)
    return Channel(state, Order.UNORDERED, other, ("connection-0",), "cross-1").encode()


def ends(*places: tuple[str, str, ChannelState], admitted: bool = True) -> list[KnownChannel]:
    return [
        KnownChannel(
            f"channelEnds/ports/{port}/channels/{name}",
            end(state, f"channel-{number + 5}", port),
            "lcp-client-0",
            admitted,
        )
        for number, (port, name, state) in enumerate(places)
    ]


CALLS = ("cross", "channel-0", ChannelState.OPEN)
AUTH = ("cross-auth", "channel-1", ChannelState.OPEN)


def test_the_open_channels_are_found_with_their_other_end() -> None:
    closed = ("cross", "channel-2", ChannelState.CLOSED)
    begun = ("cross-auth", "channel-3", ChannelState.INIT)
    other = ("nop", "channel-4", ChannelState.OPEN)
    found = bridge_of(BASE, "corda", ends(CALLS, AUTH, closed, begun, other))
    assert (found.calls, found.auth, found.auth_counterparty) == (
        "channel-0",
        "channel-1",
        "channel-6",
    )


def test_several_open_channels_need_a_name() -> None:
    second = ("cross", "channel-2", ChannelState.OPEN)
    with pytest.raises(IllegalArgumentError, match="channel-0, channel-2"):
        bridge_of(BASE, "corda", ends(CALLS, AUTH, second))
    assert bridge_of(BASE, "corda", ends(CALLS, AUTH, second), "channel-2").calls == "channel-2"


@pytest.mark.parametrize("places", [(CALLS,), (AUTH,), ()])
def test_a_bridge_without_channels_serves_no_dvp(
    places: tuple[tuple[str, str, ChannelState], ...],
) -> None:
    with pytest.raises(IllegalArgumentError, match="there is none"):
        bridge_of(BASE, "corda", ends(*places))


def test_a_named_channel_must_be_open() -> None:
    with pytest.raises(IllegalArgumentError, match="there is none"):
        bridge_of(BASE, "corda", ends(CALLS, AUTH), "channel-9")


def test_channels_over_clients_that_arent_admitted_are_told_apart_from_none() -> None:
    with pytest.raises(ClientNotAdmitted, match="channel-0 over lcp-client-0"):
        bridge_of(BASE, "corda", ends(CALLS, AUTH, admitted=False))
    with pytest.raises(ClientNotAdmitted, match="port cross-auth has channel-1"):
        bridge_of(BASE, "corda", ends(CALLS) + ends(AUTH, admitted=False))
    second = ("cross", "channel-2", ChannelState.OPEN)
    known = ends(CALLS, AUTH) + ends(second, admitted=False)
    assert bridge_of(BASE, "corda", known).calls == "channel-0"
    with pytest.raises(ClientNotAdmitted, match="channel-2"):
        bridge_of(BASE, "corda", known, "channel-2")
