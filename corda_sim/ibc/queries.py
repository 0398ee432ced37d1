"""What a relayer asks of the bridge on a node; the CorDapp provides it as a service."""

from dataclasses import dataclass
from typing import Protocol

from corda_sim.core.contracts import StateRef
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.ibc.events import Event
from corda_sim.ibc.lightclients.corda.types import ClientState


@dataclass(frozen=True, slots=True)
class ProvenValue:
    """A value with its proof: the tear-off (protobuf) of the transaction that made it.

    ``height`` is that transaction's, in milliseconds since 1970.
    """

    value: bytes
    tear_off: bytes
    height: int


@dataclass(frozen=True, slots=True)
class ProvenHeader:
    """The tear-off (protobuf) of a bridge transaction, and its height in milliseconds."""

    tear_off: bytes
    height: int


@dataclass(frozen=True, slots=True)
class HostInfo:
    """A host: what clients of it must say, the enclave it wants them to trust, its ports.

    ``height`` is that of the newest bridge transaction, 0 before the first.
    """

    client_state: ClientState
    chain_id: str
    mrenclave: bytes
    operators: tuple[bytes, ...]
    ports: tuple[tuple[str, str], ...]
    height: int


@dataclass(frozen=True, slots=True)
class TransactionEvents:
    """What happened in one bridge transaction."""

    transaction: SecureHash
    height: int
    events: tuple[Event, ...]


class BridgeQueries(Protocol):
    """Answers of the committed vault; ``host`` may be left out where the node has only one.

    All raise BridgeHostUnknown for a host that isn't there, or isn't named among several.
    """

    def host(self, host: StateRef | None) -> HostInfo:
        """The host."""

    def value(self, host: StateRef | None, path: str) -> ProvenValue | None:
        """What is at a path, with its proof; None where nothing is.

        Raises: FeatureLater where the proof of absence is asked for (a ticket to receive with).
        """

    def paths(self, host: StateRef | None, prefix: str) -> tuple[str, ...]:
        """The paths that have a value and start with ``prefix``, sorted."""

    def admitted(self, host: StateRef | None) -> tuple[str, ...]:
        """The clients over which this node takes channels, by its operator's word; sorted."""

    def header(self, host: StateRef | None, height: int) -> ProvenHeader | None:
        """The earliest bridge transaction of ``height`` or later."""

    def events(
        self, host: StateRef | None, since: str, limit: int
    ) -> tuple[str, tuple[TransactionEvents, ...]]:
        """The transactions after a cursor, in the order of their recording, and the next cursor.

        Without a cursor from the first one; ``@`` and a number of milliseconds is a cursor before
        the first one of that height or later.
        """
