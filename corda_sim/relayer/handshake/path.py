"""All that is open between two chains, found again from the chains alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from corda_sim.relayer.chain import Chain
from corda_sim.relayer.errors import HandshakeException
from corda_sim.relayer.handshake.channels import ChannelPair, ensure_channel, find_channel
from corda_sim.relayer.handshake.clients import End, ensure_clients, find_client
from corda_sim.relayer.handshake.connections import Pair, ensure_connection, find_connection
from corda_sim.relayer.prover import Prover


@dataclass(frozen=True, slots=True)
class Path:
    """Clients, a connection, and a channel for each port."""

    here: End
    there: End
    connection: Pair
    channels: tuple[ChannelPair, ...]

    def show(self) -> dict[str, object]:
        """Identifiers, for people and programs."""
        sides = (
            (self.here, self.connection.here_id, {one.port: one.here_id for one in self.channels}),
            (
                self.there,
                self.connection.there_id,
                {one.port: one.there_id for one in self.channels},
            ),
        )
        return {
            end.chain.name: {
                "client": end.client_id,
                "connection": connection,
                "channels": channels,
            }
            for end, connection, channels in sides
        }


@dataclass(frozen=True, slots=True)
class Parties:
    """Two chains; the prover beside a chain proves the other chain to it."""

    here: tuple[Chain, Prover]
    there: tuple[Chain, Prover]


def find_path(parties: Parties, ports: Sequence[str]) -> Path:
    """What is open. Raises HandshakeException where something isn't."""
    here, there = (_found_end(*one) for one in (parties.here, parties.there))
    connection = find_connection(here, there)
    if not connection.is_open:
        raise HandshakeException("no connection is open; run `relayer handshake` first")
    channels = tuple(find_channel(here, there, connection, port) for port in ports)
    for channel in channels:
        if not channel.is_open:
            raise HandshakeException(f"no channel is open on port {channel.port}")
    return Path(here, there, connection, channels)


def _found_end(chain: Chain, prover: Prover) -> End:
    client_id = find_client(chain, prover)
    if client_id is None:
        raise HandshakeException(f"{chain.name} has no active client of the other chain")
    return End(chain, prover, client_id)


def open_path(
    parties: Parties,
    ports: Mapping[str, str],
    before_channels: Callable[[Path], None] = lambda _: None,
) -> Path:
    """Open what isn't; `ports` maps ports to versions.

    `before_channels` is called when the connection is open, and no channel may be.
    Raises: HandshakeException, StateMismatchException, EnclaveLostException.
    """
    here, there = ensure_clients(parties.here, parties.there)
    connection = ensure_connection(here, there)
    before_channels(Path(here, there, connection, ()))
    channels = tuple(
        ensure_channel(here, there, connection, port, version) for port, version in ports.items()
    )
    return Path(here, there, connection, channels)
