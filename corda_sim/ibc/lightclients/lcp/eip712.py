"""What operators sign (EIP-712; lcp-solidity's LCPOperator, solidity_stack 4.5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_abi.abi import encode

from corda_sim.ibc.lightclients.ethereum.keccak import keccak256

_DOMAIN_TYPE = keccak256(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,"
    b"bytes32 salt)"
)
_REGISTER_TYPE = keccak256(b"RegisterEnclaveKey(string avr)")
_OPERATORS_TYPE = keccak256(
    b"UpdateOperators(string clientId,uint64 nonce,address[] newOperators,"
    b"uint64 thresholdNumerator,uint64 thresholdDenominator)"
)


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature counts; the default is the universal domain, which is everywhere."""

    chain_id: int = 0
    verifying_contract: bytes = bytes(20)
    salt: bytes = bytes(32)

    @property
    def separator(self) -> bytes:
        """The domain's 32 bytes."""
        return keccak256(
            encode(
                ["bytes32", "bytes32", "bytes32", "uint256", "address", "bytes32"],
                [
                    _DOMAIN_TYPE,
                    keccak256(b"LCPClient"),
                    keccak256(b"1"),
                    self.chain_id,
                    "0x" + self.verifying_contract.hex(),
                    self.salt,
                ],
            )
        )


UNIVERSAL = Domain()


def register_enclave_key_digest(report: bytes) -> bytes:
    """What an operator signs to take a key as his enclave's."""
    return _digest(UNIVERSAL, _REGISTER_TYPE + keccak256(report))


def update_operators_digest(
    domain: Domain,
    client_id: str,
    nonce: int,
    operators: Sequence[bytes],
    threshold: tuple[int, int],
) -> bytes:
    """What the present operators sign to be replaced."""
    padded = b"".join(operator.rjust(32, b"\0") for operator in operators)
    words = b"".join(number.to_bytes(32, "big") for number in threshold)
    fields = keccak256(client_id.encode()) + nonce.to_bytes(32, "big") + keccak256(padded)
    return _digest(domain, _OPERATORS_TYPE + fields + words)


def _digest(domain: Domain, struct: bytes) -> bytes:
    return keccak256(b"\x19\x01" + domain.separator + keccak256(struct))
