"""What the enclave answers; pure: clock and dice come with ``Surroundings``.

``handle`` tells what a request changes and its answer. The process seals the changes before it
answers, so that nothing answered is lost.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from corda_sim.ibc.lightclients.ethereum.signatures import ADDRESS_SIZE
from corda_sim.ibc.moment import Moment
from corda_sim.lcp.enclave.clients import create, query, update, verify
from corda_sim.lcp.enclave.requests import (
    AggregateMessages,
    Answer,
    CreateClient,
    GenerateKey,
    KeyReport,
    Launch,
    QueryClient,
    ReportKey,
    Request,
    UpdateClient,
    VerifyMembership,
    VerifyNonMembership,
)
from corda_sim.lcp.enclave.signing import aggregated
from corda_sim.lcp.enclave.state import Changes, EnclaveKey, EnclaveState, Layer, key_entry
from corda_sim.lcp.errors import EnclaveProtocolException

_SECRET_SIZE = 32


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The time that the host tells, and randomness."""

    now: Moment
    entropy: Callable[[int], bytes]


def handle(
    state: EnclaveState, request: Request, around: Surroundings
) -> tuple[EnclaveState, Changes, Answer]:
    """The state after a request, what of it is new, and the answer.

    Raises: LcpException or IbcError; then nothing has changed.
    """
    layer = Layer(state)
    answer = _answer(state, layer, request, around)
    return (state.changed(layer.changes) if layer.changes else state), layer.changes, answer


def _answer(state: EnclaveState, layer: Layer, request: Request, around: Surroundings) -> Answer:
    match request:
        case GenerateKey():
            return _generate(layer, request, around)
        case ReportKey():
            return KeyReport(state.key(request.signer).report_data())
        case CreateClient():
            return create(layer, request, around.now)
        case UpdateClient():
            return update(layer, request, state.key(request.signer), around.now)
        case AggregateMessages():
            return aggregated(request, state.key(request.signer))
        case VerifyMembership() | VerifyNonMembership():
            return verify(layer, request, state.key(request.signer), around.now)
        case QueryClient():
            return query(layer, request)
        case Launch():
            raise EnclaveProtocolException("the enclave runs already")
        case _:
            assert_never(request)


def _generate(layer: Layer, request: GenerateKey, around: Surroundings) -> KeyReport:
    if len(request.operator) != ADDRESS_SIZE:
        raise EnclaveProtocolException(f"an operator has {ADDRESS_SIZE} bytes")
    key = EnclaveKey(around.entropy(_SECRET_SIZE), request.operator)
    layer.changes.update(key_entry(key))
    return KeyReport(key.report_data())
