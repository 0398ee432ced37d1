"""The transport that node.toml asks for."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from corda_sim.core.identity import CordaX500Name
from corda_sim.core.network import NetworkParameters
from corda_sim.node import tls
from corda_sim.node.cert_errors import CertPathValidatorException
from corda_sim.node.config import NodeConfiguration
from corda_sim.node.messaging.amqp_connection import RabbitSettings
from corda_sim.node.messaging.embedded import EmbeddedTransport
from corda_sim.node.messaging.rabbitmq import RabbitTransport
from corda_sim.node.messaging.service import OurIdentity
from corda_sim.node.messaging.settings import EmbeddedSettings
from corda_sim.node.messaging.sockets import TlsContexts
from corda_sim.node.messaging.transport import P2P_PREFIX, Transport
from corda_sim.node.network_map import NetworkMapCache
from corda_sim.node.node_files import CERTIFICATES

_MAX_HEARTBEAT_SECONDS: Final = 2


def make_transport(
    config: NodeConfiguration,
    node_dir: Path,
    identity: OurIdentity,
    parameters: NetworkParameters,
    network_map: NetworkMapCache,
) -> Transport:
    """RabbitMQ where node.toml names a broker, direct connections otherwise.

    Raises: `KeyStoreException` when TLS is needed and its key store can't be opened,
    `IllegalArgumentError` for a broker's URL that is none.
    """
    own = (P2P_PREFIX + identity.party.owning_key.to_string_short(),)
    shared = tuple(P2P_PREFIX + key.to_string_short() for key in identity.service_keys)
    name, certificates = str(identity.party.name), node_dir / CERTIFICATES
    if config.messaging_server_address is not None:
        settings = RabbitSettings(
            name,
            config.messaging_server_address,
            own,
            shared_inboxes=shared,
            heartbeat=_heartbeat(config),
            tls=tls.broker_client_context(certificates, config.key_store_password),
        )
        return RabbitTransport(settings)
    return EmbeddedTransport(
        EmbeddedSettings(
            name=name,
            network_id=bytes(parameters.hash),
            inboxes=frozenset(own + shared),
            endpoints=(endpoint_of(config.p2p_address),),
            max_message_size=parameters.max_message_size,
            tls=_node_tls(certificates, config.key_store_password, network_map),
        )
    )


def endpoint_of(p2p_address: str) -> str:
    """Where a node with this `p2pAddress` and no broker takes packs, as its node info says it.

    What leaves the machine goes over mutual TLS.
    """
    return p2p_address if p2p_address.startswith("unix:") else f"tls://{p2p_address}"


def _heartbeat(config: NodeConfiguration) -> int:
    # A process that hangs loses its consumer before its successor takes over.
    lease = config.enterprise_configuration.mutual_exclusion_configuration.wait_interval
    return max(1, min(_MAX_HEARTBEAT_SECONDS, lease // 1000))


def _node_tls(certificates: Path, password: str, network_map: NetworkMapCache) -> TlsContexts:
    return TlsContexts(
        server=tls.server_context(certificates, password),
        client=tls.client_context(certificates, password),
        server_name=lambda name: tls.server_name(CordaX500Name.parse(name)),
        check_peer=_peer_check(network_map),
        check_client=tls.verify_client,
    )


def _peer_check(network_map: NetworkMapCache) -> Callable[[ssl.SSLObject, str], None]:
    def check(peer: ssl.SSLObject, x500: str) -> None:
        host = network_map.host_of(x500)
        if host is None:
            raise CertPathValidatorException(0, f"{x500} is not in the network map")
        name = host.info.legal_identity.name
        tls.verify_peer(peer, host.identity_path, name, datetime.now(UTC))

    return check
