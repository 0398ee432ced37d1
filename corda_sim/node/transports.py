"""The transport that node.toml asks for."""

from pathlib import Path

from corda_sim.node.config import NodeConfiguration
from corda_sim.node.messaging.amqp_connection import RabbitSettings
from corda_sim.node.messaging.embedded import EmbeddedTransport
from corda_sim.node.messaging.rabbitmq import RabbitTransport
from corda_sim.node.messaging.service import OurIdentity
from corda_sim.node.messaging.settings import EmbeddedSettings
from corda_sim.node.messaging.transport import P2P_PREFIX, Transport


def make_transport(
    config: NodeConfiguration,
    directory: Path,
    identity: OurIdentity,
    network_id: bytes,
    max_message_size: int,
) -> Transport:
    """RabbitMQ where node.toml names a broker, direct connections otherwise."""
    own = (P2P_PREFIX + identity.party.owning_key.to_string_short(),)
    shared = tuple(P2P_PREFIX + key.to_string_short() for key in identity.service_keys)
    name, broker = str(identity.party.name), config.messaging_server_address
    if broker is not None:
        return RabbitTransport(RabbitSettings(name, broker, own, shared_inboxes=shared))
    settings = EmbeddedSettings(
        name=name,
        network_id=network_id,
        inboxes=frozenset(own + shared),
        endpoints=(endpoint_of(config, directory),),
        max_message_size=max_message_size,
    )
    return EmbeddedTransport(settings)


def endpoint_of(config: NodeConfiguration, directory: Path) -> str:
    """Where this node takes packs when it has no broker; its node info says the same."""
    del directory
    address = config.p2p_address
    return address if address.startswith("unix:") else f"tcp://{address}"
