"""What the proxy makes beside what LCP made: forms of reports, quotes and messages."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.lightclients.ethereum.signatures import SIGNATURE_SIZE, recover_address
from corda_sim.ibc.lightclients.lcp.messages import decode_message
from corda_sim.ibc.lightclients.lcp.report import parse_report
from corda_sim.lcp.attestation.service import render_report
from corda_sim.lcp.enclave.requests import AggregateMessages
from corda_sim.lcp.enclave.signing import signed
from corda_sim.lcp.enclave.state import EnclaveKey
from corda_sim.lcp.errors import AggregationException
from corda_sim.lcp.quoting.quote import is_debug, quote_body
from tests.unit.lcp.world import NOBODY, World

pytestmark = pytest.mark.vectors
UPDATES = ("003-update_client_result", "005-update_client_result")
KEY = EnclaveKey(b"\x2a" * 32, NOBODY)


@pytest.fixture(params=["01", "02"])
def folder(request: pytest.FixtureRequest, vectors: Path) -> Path:
    return vectors / "lcp" / str(request.param)


def read(folder: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((folder / name).read_text()))


def update(folder: Path, name: str) -> tuple[bytes, bytes]:
    found = read(folder, name)
    return base64.b64decode(found["message"]), base64.b64decode(found["signature"])


def test_our_report_of_their_quote_has_their_form(folder: Path) -> None:
    theirs = json.loads(read(folder, "001-avr")["avr"])
    body = base64.b64decode(theirs["isvEnclaveQuoteBody"])
    when = datetime.fromisoformat(theirs["timestamp"]).replace(tzinfo=UTC)
    ours = json.loads(render_report(body, int(theirs["id"]), when))
    assert list(ours) == list(theirs)
    same = ("id", "timestamp", "version", "advisoryURL", "isvEnclaveQuoteBody")
    assert {key: ours[key] for key in same} == {key: theirs[key] for key in same}
    assert parse_report(render_report(body, 1, when)).mrenclave == body[112:144]


def test_our_quote_has_what_counts_where_theirs_has_it(folder: Path) -> None:
    theirs = base64.b64decode(json.loads(read(folder, "001-avr")["avr"])["isvEnclaveQuoteBody"])
    ours = quote_body(theirs[112:144], theirs[368:])
    assert (len(ours), ours[112:144], ours[368:]) == (len(theirs), theirs[112:144], theirs[368:])
    assert is_debug(ours) is is_debug(theirs) is True


def test_our_report_data_has_the_form_of_theirs(folder: Path) -> None:
    theirs = base64.b64decode(json.loads(read(folder, "001-avr")["avr"])["isvEnclaveQuoteBody"])
    ours = KEY.report_data()
    assert ours.replace(KEY.address, theirs[369:389]) == theirs[368:]


@pytest.mark.parametrize("name", UPDATES)
def test_signing_their_message_keeps_its_bytes(folder: Path, name: str) -> None:
    message, signature = update(folder, name)
    ours = signed(decode_message(message), KEY)
    assert ours.message == message
    assert len(ours.signature) == len(signature) == SIGNATURE_SIZE
    assert recover_address(keccak256(ours.message), ours.signature) == KEY.address


def test_our_enclave_aggregates_nothing_that_theirs_signed(folder: Path) -> None:
    world = World()
    messages, signatures = zip(*(update(folder, name) for name in UPDATES), strict=True)
    with pytest.raises(AggregationException):
        world.sign(AggregateMessages(world.signer, messages, signatures))
