"""The enclave's light clients (ELC): what LCP's messages need beyond verifying.

Each says what its state id covers, which height a header leads to, and what the verifier of the
message has to check against its own time.
"""

from dataclasses import replace
from typing import Final, Protocol

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.client.client_store import ClientStore
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.client.light_client import LightClient
from corda_sim.ibc.errors import ErrClientTypeNotFound, ErrInvalidHeader
from corda_sim.ibc.lightclients.corda import client as corda
from corda_sim.ibc.lightclients.corda.client import CordaClient
from corda_sim.ibc.lightclients.corda.tear_off import read_transaction
from corda_sim.ibc.lightclients.corda.types import ClientState as CordaClientState
from corda_sim.ibc.lightclients.corda.types import Header as CordaHeader
from corda_sim.ibc.lightclients.lcp.context import Context, TrustingPeriod
from corda_sim.ibc.lightclients.qbft import client as qbft
from corda_sim.ibc.lightclients.qbft.client import QbftClient
from corda_sim.ibc.lightclients.qbft.header import parse_header
from corda_sim.ibc.lightclients.qbft.types import ClientState as QbftClientState
from corda_sim.ibc.lightclients.qbft.types import Header as QbftHeader
from corda_sim.ibc.lightclients.qbft.types import Misbehaviour
from corda_sim.ibc.moment import NANOS_PER_SECOND, Moment


class EnclaveLightClient(Protocol):
    """A light client with LCP's questions to it."""

    @property
    def light(self) -> LightClient:
        """The light client itself."""

    def canonical(self, client_state: AnyMessage) -> AnyMessage:
        """The part of a client state that a state id covers. Raises: DecodeError."""

    def height_of(self, message: AnyMessage) -> Height:
        """The height that a client message leads to. Raises: ErrInvalidHeader."""

    def context(self, store: ClientStore, trusted: Height, untrusted: int) -> Context:
        """What holds a verifier in time: judged by a height, a header of ``untrusted`` ns."""


class QbftElc:
    """GoQuorum (solidity_stack 5.2)."""

    light: LightClient = QbftClient()

    def canonical(self, client_state: AnyMessage) -> AnyMessage:
        """Without the latest height, and as long as it isn't frozen."""
        state = qbft.canonical_client_state(client_state.unpack(QbftClientState))
        return AnyMessage.pack(replace(state, frozen=False))

    def height_of(self, message: AnyMessage) -> Height:
        """The block's number; of misbehaviour, its first header's."""
        try:
            misbehaves = message.type_url == Misbehaviour.TYPE_URL
            header = (
                message.unpack(Misbehaviour).header_1 if misbehaves else message.unpack(QbftHeader)
            )
        except DecodeError as error:
            raise ErrInvalidHeader(str(error)) from error
        return Height(0, parse_header(header.besu_header_rlp).number)

    def context(self, store: ClientStore, trusted: Height, untrusted: int) -> Context:
        """The trusting period, unless it is 0, which asks for no check of time."""
        state = qbft.client_state_of(store)
        if not state.trusting_period:
            return None
        since = self.light.timestamp_at(store, trusted)
        limits = (state.trusting_period, state.max_clock_drift)
        period, drift = (seconds * NANOS_PER_SECOND for seconds in limits)
        return TrustingPeriod(untrusted, since, period, drift)


class CordaElc:
    """A Corda host."""

    light: LightClient = CordaClient()

    def canonical(self, client_state: AnyMessage) -> AnyMessage:
        """Base id and all keys."""
        return AnyMessage.pack(corda.canonical_client_state(client_state.unpack(CordaClientState)))

    def height_of(self, message: AnyMessage) -> Height:
        """The start of the transaction's time-window."""
        try:
            window = read_transaction(message.unpack(CordaHeader).tear_off).time_window
        except DecodeError as error:
            raise ErrInvalidHeader(str(error)) from error
        if window is None:
            raise ErrInvalidHeader("a bridge transaction has a time-window")
        return Moment.of_window(window).height

    def context(
        self,
        store: ClientStore,  # noqa: ARG002 - nothing about this client ends
        trusted: Height,  # noqa: ARG002 - as above
        untrusted: int,  # noqa: ARG002 - as above
    ) -> Context:
        """Nothing."""
        return None


_CLIENTS: Final[tuple[EnclaveLightClient, ...]] = (QbftElc(), CordaElc())


def elc_for(client_state: AnyMessage) -> EnclaveLightClient:
    """The light client of a client state. Raises: ErrClientTypeNotFound."""
    for one in _CLIENTS:
        if one.light.client_state_url == client_state.type_url:
            return one
    raise ErrClientTypeNotFound(f"no light client for {client_state.type_url!r}")
