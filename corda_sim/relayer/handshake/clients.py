"""Clients: found by what they hold, made and activated where there is none."""

from collections.abc import Sequence
from dataclasses import dataclass

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.types import MsgCreateClient, MsgUpdateClient
from corda_sim.relayer.chain import Chain, Claim
from corda_sim.relayer.errors import HandshakeException
from corda_sim.relayer.handshake.delivering import deliver
from corda_sim.relayer.prover import Proven, Prover


@dataclass(frozen=True, slots=True)
class End:
    """A chain with a client of the other one, which `prover` proves to it."""

    chain: Chain
    prover: Prover
    client_id: str

    def prove(self, claims: Sequence[Claim]) -> tuple[Proven, list[MsgUpdateClient]]:
        """The other chain's claims for this client, and what it has to be told first."""
        registration = self.prover.key_to_register(self.client_id)
        proven = self.prover.prove(claims, self.chain.latest_height(self.client_id))
        told = (registration, *proven.updates) if registration else proven.updates
        return proven, [MsgUpdateClient(self.client_id, one) for one in told]


def find_client(chain: Chain, prover: Prover) -> str | None:
    """The newest active client of the other chain, with our terms, whose states are right."""
    ours = (one for one in reversed(chain.client_ids()) if prover.fits(_state(chain, one)))
    return next((one for one in ours if prover.is_ours(one)), None)


def ensure_clients(here: tuple[Chain, Prover], there: tuple[Chain, Prover]) -> tuple[End, End]:
    """Both clients, made where there is none, with what stands behind them.

    All are made before the first is activated: making them is news that an activation can tell.
    Raises: HandshakeException, StateMismatchException when the enclave's client follows another
    chain than the one that is asked here, EnclaveLostException when it can't go on with what is
    there.
    """
    sides = (here, there)
    found = [find_client(*one) for one in sides]
    for (_, prover), client_id in zip(sides, found, strict=True):
        prover.prepare(client_id)
    first, second = (one or _fresh(*side) for one, side in zip(found, sides, strict=True))
    return _active(*here, first), _active(*there, second)


def _state(chain: Chain, client_id: str) -> AnyMessage:
    state = chain.client_state(client_id)
    return AnyMessage() if state is None else state


def _fresh(chain: Chain, prover: Prover) -> str:
    """A client that nothing has activated yet: an earlier run's, or a new one."""
    found = _find_fresh(chain, prover)
    if found is None:
        deliver(chain, [], MsgCreateClient(*prover.client_states()))
        found = _find_fresh(chain, prover)
    if found is None:
        raise HandshakeException(f"{chain.name} doesn't show the client that was made")
    return found


def _find_fresh(chain: Chain, prover: Prover) -> str | None:
    fits = (one for one in reversed(chain.client_ids()) if prover.fits(_state(chain, one)))
    return next((one for one in fits if chain.latest_height(one).is_zero), None)


def _active(chain: Chain, prover: Prover, client_id: str) -> End:
    if chain.latest_height(client_id).is_zero:
        registration = prover.key_to_register(client_id)
        updates = [MsgUpdateClient(client_id, registration)] if registration else []
        deliver(chain, updates, MsgUpdateClient(client_id, prover.activation()))
        if not prover.is_ours(client_id):
            raise HandshakeException(f"{chain.name}: {client_id} was activated by somebody else")
    return End(chain, prover, client_id)
