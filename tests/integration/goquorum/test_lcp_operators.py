"""Operators, who vouch for enclaves, and how they replace themselves."""

import pytest
from coincurve import PrivateKey
from eth_abi.abi import encode

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from tests.integration.goquorum.conftest import refused
from tests.integration.goquorum.enclave import Enclave, address_of, client_state, update_state
from tests.integration.goquorum.lcp import NONE, STATE_1, Lcp

pytestmark = pytest.mark.integration


@pytest.fixture
def operated(empty: Lcp) -> tuple[Lcp, list[PrivateKey], list[Enclave]]:
    """A client of three operators, two of whom must sign, each with an enclave."""
    operators = sorted((PrivateKey() for _ in range(3)), key=address_of)
    empty.create(operators=tuple(map(address_of, operators)), threshold=(2, 3))
    enclaves = [Enclave() for _ in operators]
    for operator, enclave in zip(operators, enclaves, strict=True):
        attested = empty.service.attest(enclave.quote())
        signature = operator.sign_recoverable(registration_digest(attested.report), hasher=None)
        empty.do("registerEnclaveKey", attested.message(signature))
    return empty, operators, enclaves


UNIVERSAL_DOMAIN = bytes.fromhex("7fd21c2453e80741907e7ff11fd62ae1daa34c6fc0c2eced821f1c1d3fe88a4c")


def registration_digest(report: bytes) -> bytes:
    content = keccak256(b"RegisterEnclaveKey(string avr)") + keccak256(report)
    return keccak256(b"\x19\x01" + UNIVERSAL_DOMAIN + keccak256(content))


def update_digest(
    lcp: Lcp, nonce: int, operators: list[bytes], threshold: tuple[int, int]
) -> bytes:
    domain = keccak256(
        b"EIP712Domain(string name,string version,uint256 chainId,"
        b"address verifyingContract,bytes32 salt)"
    )
    kinds = ["bytes32", "bytes32", "bytes32", "uint256", "address", "bytes32"]
    salt = keccak256(b"\x00\x01")
    values = [domain, keccak256(b"LCPClient"), keccak256(b"1"), 1337, lcp.contract.address, salt]
    separator = keccak256(encode(kinds, values))
    kind = keccak256(
        b"UpdateOperators(string clientId,uint64 nonce,address[] newOperators,"
        b"uint64 thresholdNumerator,uint64 thresholdDenominator)"
    )
    packed = keccak256(b"".join(operator.rjust(32, b"\0") for operator in operators))
    content = encode(
        ["bytes32", "bytes32", "uint64", "bytes32", "uint64", "uint64"],
        [kind, keccak256(lcp.client_id.encode()), nonce, packed, *threshold],
    )
    return keccak256(b"\x19\x01" + separator + keccak256(content))


Operated = tuple[Lcp, list[PrivateKey], list[Enclave]]


def test_enough_operators_enclaves_must_sign(operated: Operated) -> None:
    lcp, _, enclaves = operated
    data = update_state(NONE, 1, STATE_1, emitted=True)
    signatures = [enclave.sign(data) for enclave in enclaves]
    few = lambda: lcp.do("updateClient", (data, [b"", b"", signatures[2]]))
    assert refused(few) == "LCPClientOperatorSignaturesInsufficient"
    swapped = lambda: lcp.do("updateClient", (data, [signatures[1], signatures[0], b""]))
    assert refused(swapped) == "LCPClientEnclaveKeyUnexpectedOperator"
    lcp.do("updateClient", (data, [signatures[0], b"", signatures[2]]))
    assert lcp.latest() == 1


def test_operators_replace_themselves_in_order(operated: Operated) -> None:
    lcp, operators, _ = operated
    new = sorted(Enclave().address for _ in range(2))
    digest = update_digest(lcp, 1, new, (1, 2))
    signed = [key.sign_recoverable(digest, hasher=None) for key in operators]
    lcp.do("updateOperators", (1, new, 1, 2, [signed[0], signed[1], b""]))
    changed = client_state(operators=tuple(new), nonce=1, threshold=(1, 2))
    assert lcp.contract.view("getClientState", lcp.client_id) == (changed, True)


def test_operator_updates_that_are_refused(operated: Operated) -> None:
    lcp, operators, _ = operated
    new = sorted(Enclave().address for _ in range(2))

    def attempt(
        nonce: int = 1, to: list[bytes] = new, by: tuple[int, ...] = (0, 1), num: int = 1
    ) -> str:
        digest = update_digest(lcp, nonce, to, (num, 2))
        signed = [key.sign_recoverable(digest, hasher=None) for key in operators]
        slots = [signed[i] if i in by else b"" for i in range(3)]
        return refused(lambda: lcp.do("updateOperators", (nonce, to, num, 2, slots)))

    assert attempt(nonce=2) == "LCPClientClientStateUnexpectedOperatorsNonce"
    assert attempt(by=(0,)) == "LCPClientOperatorSignaturesInsufficient"
    assert attempt(to=new[::-1]) == "LCPClientOperatorsInvalidOrder"
    assert attempt(num=0) == "LCPClientClientStateInvalidOperatorsThreshold"
    operators.reverse()
    assert attempt() == "LCPClientUpdateOperatorsSignatureUnexpectedOperator"


def test_without_operators_there_are_none_to_replace(lcp: Lcp) -> None:
    attempt = lambda: lcp.do("updateOperators", (1, [], 1, 1, []))
    assert refused(attempt) == "LCPClientUpdateOperatorsPermissionless"
