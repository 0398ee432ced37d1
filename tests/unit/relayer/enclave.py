"""An enclave of the real handlers, and the proxy's answers to a relayer; no process, no gRPC."""

from collections.abc import Callable
from dataclasses import dataclass, field

from corda_sim.core.errors import CordaError
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.lightclients.ethereum.keccak import keccak256
from corda_sim.ibc.moment import NANOS_PER_SECOND, Moment
from corda_sim.lcp._pb.enclave_pb2 import IASEnclaveKeyInfo
from corda_sim.lcp.elc_client import Question, SignedMessage
from corda_sim.lcp.enclave import requests
from corda_sim.lcp.enclave.handlers import Surroundings, handle
from corda_sim.lcp.enclave.requests import Answer, ClientFound, KeyReport, Request, Signed
from corda_sim.lcp.enclave.state import EnclaveState
from corda_sim.lcp.errors import LcpRefusedException, LcpUnreachableException
from tests.unit.ibc.enclave import quote_body, registration, report


@dataclass
class MemoryProxy:
    """`LightClients` and `KeyService` over an enclave's state. `clock` is in seconds."""

    clock: Callable[[], float]
    state: EnclaveState = field(default_factory=EnclaveState)
    keys: list[IASEnclaveKeyInfo] = field(default_factory=list)
    answers: bool = True
    asked: list[Request] = field(default_factory=list)

    # --- keys ---

    def enclave_keys(self) -> list[IASEnclaveKeyInfo]:
        self._check()
        return sorted(self.keys, key=lambda one: -one.attestation_time)

    def attest(self) -> IASEnclaveKeyInfo:
        made = self._ask(requests.GenerateKey(bytes(20)))
        assert isinstance(made, KeyReport)
        address = made.report_data[1:21]
        seconds = int(self.clock())
        attested = registration(report(quote_body(address), seconds))
        key = IASEnclaveKeyInfo(
            enclave_key_address=address,
            report=attested.report.decode(),
            attestation_time=seconds,
            signature=attested.signature,
            signing_cert=attested.signing_cert,
        )
        self.keys.append(key)
        return key

    # --- light clients ---

    def find_client(self, client_id: str) -> AnyMessage | None:
        found = self._ask(requests.QueryClient(client_id))
        assert isinstance(found, ClientFound)
        return found.client_state if found.found else None

    def create_client(
        self, client_id: str, states: tuple[AnyMessage, AnyMessage], signer: bytes
    ) -> SignedMessage:
        return self._sign(requests.CreateClient(client_id, *states, signer))

    def update_client(
        self, client_id: str, header: AnyMessage, signer: bytes, *, include_state: bool = False
    ) -> SignedMessage:
        return self._sign(requests.UpdateClient(client_id, header, include_state, signer))

    def aggregate(self, steps: list[SignedMessage], signer: bytes) -> SignedMessage:
        messages = tuple(one.message for one in steps)
        signatures = tuple(one.signature for one in steps)
        return self._sign(requests.AggregateMessages(signer, messages, signatures))

    def verify(self, client_id: str, question: Question, signer: bytes) -> SignedMessage:
        where = (client_id, question.prefix, question.path)
        how = (question.height, question.proof, signer)
        if question.value is None:
            return self._sign(requests.VerifyNonMembership(*where, *how))
        return self._sign(requests.VerifyMembership(*where, question.value, *how))

    def _sign(self, request: Request) -> SignedMessage:
        answer = self._ask(request)
        assert isinstance(answer, Signed)
        return SignedMessage(answer.message, answer.signature)

    def _ask(self, request: Request) -> Answer:
        self._check()
        self.asked.append(request)
        now = Moment.at(Height(), int(self.clock()) * NANOS_PER_SECOND)
        entropy = lambda size: keccak256(b"entropy %d" % len(self.keys))[:size]
        try:
            self.state, _, answer = handle(self.state, request, Surroundings(now, entropy))
        except CordaError as error:
            raise LcpRefusedException(type(error).__name__, str(error)) from error
        return answer

    def _check(self) -> None:
        if not self.answers:
            raise LcpUnreachableException("nobody there")
