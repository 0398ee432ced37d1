"""What real LCP enclaves signed, believed by our contract."""

import base64
import json
from pathlib import Path

import pytest
from eth_abi.abi import decode

from goquorum.deploy import deploy_lcp_client
from goquorum.endpoint.account import Contract, Sender
from tests.integration.goquorum.conftest import refused
from tests.integration.goquorum.enclave import EMPTY_CONSENSUS, client_state, proofs

pytestmark = pytest.mark.integration


def load(folder: Path, name: str) -> dict[str, str]:
    return dict(json.loads((folder / name).read_bytes()))


@pytest.mark.parametrize(
    ("recording", "root", "statuses"),
    [
        ("01", "Intel_SGX_Attestation_RootCA.der", ("GROUP_OUT_OF_DATE",)),
        ("02", "simulation_rootca.der", ()),
    ],
)
def test_what_a_real_lcp_signed(
    june_2024: Sender, vectors: Path, recording: str, root: str, statuses: tuple[str, ...]
) -> None:
    folder, sender = vectors / "lcp" / recording, june_2024
    recorded = load(folder, "001-avr")
    report = json.loads(recorded["avr"])
    body = base64.b64decode(report["isvEnclaveQuoteBody"])
    certificate_ = (vectors / "lcp/certs" / root).read_bytes()
    contract = deploy_lcp_client(
        sender, sender.address, certificate_, development=bool(body[96] & 2)
    )
    state = client_state(
        mrenclave=body[112:144], statuses=statuses, advisories=tuple(report["advisoryIDs"])
    )
    contract.transact(sender, "initializeClient", "lcp-client-0", state, EMPTY_CONSENSUS)
    signature, signing = (base64.b64decode(recorded[key]) for key in ("signature", "signing_cert"))
    registration = (recorded["avr"].encode(), signature, signing, b"")
    receipt = contract.transact(sender, "registerEnclaveKey", "lcp-client-0", registration)
    registered = contract.events(receipt)[0].arguments
    assert registered["enclaveKey"] == "0x" + body[369:389].hex()

    for name in ("003-update_client_result", "005-update_client_result"):
        answer = load(folder, name)
        signed = [base64.b64decode(answer[key]) for key in ("message", "signature")]
        contract.transact(sender, "updateClient", "lcp-client-0", (signed[0], [signed[1]]))
    for name in ("004-verify_channel", "006-verify_packet", "007-verify_packet_receipt_absence"):
        answer, asked = load(folder, f"{name}_result"), load(folder, f"{name}_input")
        statement, signature = (base64.b64decode(answer[key]) for key in ("message", "signature"))
        assert verified(contract, statement, signature, asked), name


def verified(contract: Contract, statement: bytes, signature: bytes, asked: dict[str, str]) -> bool:
    ((_, inner),) = decode(["(bytes32,bytes)"], statement)
    ((prefix, path, _, height, _),) = decode(
        ["(bytes,bytes,bytes32,(uint64,uint64),bytes32)"], inner
    )
    common = ("lcp-client-0", height, 0, 0, proofs(statement, signature), prefix, path)
    assert path.decode() == asked["path"]
    if "value" not in asked:
        return bool(contract.view("verifyNonMembership", *common)[0])
    value = base64.b64decode(asked["value"])
    return bool(contract.view("verifyMembership", *common, value)[0])


def test_a_key_expires(june_2024: Sender, vectors: Path) -> None:
    """A recorded key is good for the key's lifetime after its report and no longer."""
    recorded = load(vectors / "lcp/02", "001-avr")
    body = base64.b64decode(json.loads(recorded["avr"])["isvEnclaveQuoteBody"])
    root = (vectors / "lcp/certs/simulation_rootca.der").read_bytes()
    contract = deploy_lcp_client(june_2024, june_2024.address, root, development=bool(body[96] & 2))
    state = client_state(mrenclave=body[112:144], key_expiration=86_400)
    contract.transact(june_2024, "initializeClient", "lcp-client-0", state, EMPTY_CONSENSUS)
    signature, signing = (base64.b64decode(recorded[key]) for key in ("signature", "signing_cert"))
    registration = (recorded["avr"].encode(), signature, signing, b"")
    contract.transact(june_2024, "registerEnclaveKey", "lcp-client-0", registration)
    june_2024.rpc.call("evm_increaseTime", 86_400)
    june_2024.rpc.call("evm_mine")
    answer = load(vectors / "lcp/02", "003-update_client_result")
    signed = [base64.b64decode(answer[key]) for key in ("message", "signature")]
    late = lambda: contract.transact(
        june_2024, "updateClient", "lcp-client-0", (signed[0], [signed[1]])
    )
    assert refused(late) == "LCPClientEnclaveKeyExpired"
