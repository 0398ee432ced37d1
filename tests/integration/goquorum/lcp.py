"""A light client of LCP under test, and what its tests share."""

from dataclasses import dataclass
from typing import Any

from goquorum.endpoint.account import Contract, Sender
from tests.integration.goquorum.enclave import (
    EMPTY_CONSENSUS,
    AttestationService,
    Enclave,
    client_state,
    proofs,
)

STATE_1, STATE_2, STATE_3 = (bytes((n,)) * 32 for n in (1, 2, 3))
NONE = (0, bytes(32))
PATH = b"commitments/ports/cross/channels/channel-0/sequences/1"
JUNE_2024 = 1_718_463_600
MINUTE, DAY = 60 * 10**9, 86_400 * 10**9


@dataclass
class Lcp:
    """A light client with one client, and the enclave that it was made for."""

    sender: Sender
    contract: Contract
    service: AttestationService
    enclave: Enclave
    client_id: str = "lcp-client-0"

    def do(self, name: str, *arguments: object) -> list[str]:
        receipt = self.contract.transact(self.sender, name, self.client_id, *arguments)
        return [event.name for event in self.contract.events(receipt)]

    def create(self, **changes: Any) -> None:  # noqa: ANN401 - fields of a client state
        self.do("initializeClient", client_state(**changes), EMPTY_CONSENSUS)

    def register(self, **changes: Any) -> list[str]:  # noqa: ANN401 - fields of a quote
        return self.do(
            "registerEnclaveKey", self.service.attest(self.enclave.quote(**changes)).message()
        )

    def update(self, data: bytes, *signers: Enclave) -> list[str]:
        signatures = [signer.sign(data) for signer in signers or (self.enclave,)]
        return self.do("updateClient", (data, signatures))

    def latest(self) -> int:
        return int(self.contract.view("getLatestInfo", self.client_id)[0][1])

    def status(self) -> int:
        return int(self.contract.view("getStatus", self.client_id)[0])

    def verify(
        self, statement: bytes, value: bytes | None, height: int = 1, path: bytes = PATH
    ) -> bool:
        proof = proofs(statement, self.enclave.sign(statement))
        name, more = (
            ("verifyNonMembership", ()) if value is None else ("verifyMembership", (value,))
        )
        arguments = (self.client_id, (0, height), 0, 0, proof, b"ibc", path, *more)
        return bool(self.contract.view(name, *arguments)[0])
