"""Our LCP client's bytes and routes, and the clients that it doesn't make."""

import pytest

from goquorum.deploy import deploy_lcp_client
from goquorum.endpoint.account import Sender
from tests.integration.goquorum.conftest import refused
from tests.integration.goquorum.enclave import (
    AttestationService,
    Enclave,
    client_state,
    consensus_state,
    update_state,
)
from tests.integration.goquorum.lcp import STATE_1, STATE_2, Lcp
from tests.integration.goquorum.wire import message, number, text

pytestmark = pytest.mark.integration


def test_states_have_the_bytes_of_the_original(empty: Lcp) -> None:
    """The client state that an unmodified LCPClient gave back."""
    expected = (
        "0a242f6962632e6c69676874636c69656e74732e6c63702e76312e436c69656e745374617465122c0a20"
        + "11" * 32
        + "1080f524220048015001"
    )
    made = client_state(mrenclave=b"\x11" * 32)
    assert made.hex() == expected
    empty.create(mrenclave=b"\x11" * 32)
    assert empty.contract.view("getClientState", empty.client_id) == (made, True)
    nothing = empty.contract.view("getConsensusState", empty.client_id, (0, 0))
    assert nothing == (b"", False)


def test_a_state_with_every_field_comes_back_as_it_was(empty: Lcp) -> None:
    operators = tuple(sorted(Enclave().address for _ in range(3)))
    made = {
        "statuses": ("SW_HARDENING_NEEDED", "GROUP_OUT_OF_DATE"),
        "advisories": ("INTEL-SA-00219",),
        "operators": operators,
        "threshold": (2, 3),
    }
    empty.create(**made)
    assert empty.contract.view("getClientState", empty.client_id) == (client_state(**made), True)


def test_an_update_is_stored_in_nanoseconds_under_its_height(lcp: Lcp) -> None:
    lcp.update(update_state((1, STATE_1), 2, STATE_2, timestamp=1_759_999_990 * 10**9))
    made = consensus_state(STATE_2, 1_759_999_990 * 10**9)
    assert lcp.contract.view("getConsensusState", lcp.client_id, (0, 2)) == (made, True)
    assert lcp.contract.view("getTimestampAtHeight", lcp.client_id, (0, 2)) == (
        1_759_999_990 * 10**9,
    )
    assert lcp.latest() == 2
    changed = client_state(height=number(2, 2))
    assert lcp.contract.view("getClientState", lcp.client_id) == (changed, True)


@pytest.mark.parametrize(
    ("kind", "function", "fields"),
    [
        ("UpdateClientMessage", "updateClient", ((1, b"proxy"), (2, b"sig"), (2, b""))),
        (
            "RegisterEnclaveKeyMessage",
            "registerEnclaveKey",
            ((1, b"r"), (2, b"s"), (3, b"c"), (4, b"o")),
        ),
    ],
)
def test_messages_are_routed_to_their_function(
    empty: Lcp, kind: str, function: str, fields: tuple[tuple[int, bytes], ...]
) -> None:
    body = b"".join(message(field, value) for field, value in fields)
    any_ = text(1, f"/ibc.lightclients.lcp.v1.{kind}") + text(2, body)
    selector, arguments = empty.contract.view("routeUpdateClient", "lcp-client-0", any_)
    parts: object = (b"r", b"s", b"c", b"o") if len(fields) == 4 else (b"proxy", (b"sig", b""))
    assert selector + arguments == empty.contract.interface.call(function, "lcp-client-0", parts)


def test_an_unknown_message_is_refused(empty: Lcp) -> None:
    any_ = text(1, "/ibc.lightclients.lcp.v1.Other")
    call = lambda: empty.contract.view("routeUpdateClient", "lcp-client-0", any_)
    assert refused(call) == "LCPClientUnknownProtoTypeUrl"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"mrenclave": b"short"}, "LCPClientClientStateInvalidMrenclaveLength"),
        ({"mrenclave": bytes(32)}, "LCPClientClientStateInvalidMrenclaveLength"),
        ({"key_expiration": 0}, "LCPClientClientStateInvalidKeyExpiration"),
        ({"frozen": 1}, "LCPClientClientStateFrozen"),
        ({"height": number(2, 1)}, "LCPClientClientStateInvalidLatestHeight"),
        ({"statuses": ("",)}, "LCPClientClientStateInvalidAllowedQuoteStatus"),
        ({"advisories": ("",)}, "LCPClientClientStateInvalidAllowedAdvisoryId"),
        ({"nonce": 1}, "LCPClientClientStateInvalidOperatorsNonce"),
        ({"operators": (b"\1" * 19,)}, "LCPClientClientStateInvalidOperatorAddressLength"),
        ({"operators": (bytes(20),)}, "LCPClientClientStateInvalidOperatorAddress"),
        ({"operators": (b"\2" * 20, b"\1" * 20)}, "LCPClientOperatorsInvalidOrder"),
        ({"operators": (b"\1" * 20, b"\1" * 20)}, "LCPClientOperatorsInvalidOrder"),
        (
            {"operators": (b"\1" * 20,), "threshold": (0, 1)},
            "LCPClientClientStateInvalidOperatorsThreshold",
        ),
        ({"threshold": (2, 1)}, "LCPClientClientStateInvalidOperatorsThreshold"),
        ({"more": number(11, 1)}, "ProtoMalformed"),
    ],
)
def test_clients_that_are_not_made(empty: Lcp, changes: dict[str, object], error: str) -> None:
    assert refused(lambda: empty.create(**changes)) == error


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (consensus_state(STATE_1, 0), "LCPClientConsensusStateInvalidStateId"),
        (consensus_state(b"", 1), "LCPClientConsensusStateInvalidTimestamp"),
        (b"", "LCPClientUnknownProtoTypeUrl"),
    ],
)
def test_a_client_begins_without_a_state(empty: Lcp, state: bytes, error: str) -> None:
    assert refused(lambda: empty.do("initializeClient", client_state(), state)) == error


def test_only_the_handler_makes_clients(owner: Sender, service: AttestationService) -> None:
    contract = deploy_lcp_client(owner, b"\7" * 20, service.root, development=True)
    lcp = Lcp(owner, contract, service, Enclave())
    assert refused(lcp.create) == "LightClientInvalidCaller"
