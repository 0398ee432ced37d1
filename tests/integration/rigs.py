"""What the integration tests run on: SQLite with embedded messaging, or the real servers."""

from collections.abc import Mapping
from enum import StrEnum

import pytest

from corda_sim.node.network_create import NetworkRequest

NODES = {
    "A": "PartyA",
    "B": "PartyB",
    "NOTARY": "Notary",
    "VALIDATOR": "Validator",
    "OUTSIDER": "Outsider",
}


class Rig(StrEnum):
    """Where a network keeps its rows and sends its messages."""

    EMBEDDED = "sqlite+embedded"
    SERVERS = "postgresql+rabbitmq"

    @property
    def marks(self) -> list[pytest.MarkDecorator]:
        """The markers of a test on this rig."""
        return [] if self is Rig.EMBEDDED else [pytest.mark.postgres, pytest.mark.rabbitmq]

    def network(self, request: pytest.FixtureRequest) -> NetworkRequest:
        """The network to make, each party with a broker of its own; skips without the servers."""
        if self is Rig.EMBEDDED:
            return NetworkRequest()
        postgres: str = request.getfixturevalue("postgres_url")
        brokers: dict[str, str] = request.getfixturevalue("rabbitmq_urls")
        return on_servers(postgres, brokers)


def on_servers(postgres: str, brokers: Mapping[str, str]) -> NetworkRequest:
    """A network on a PostgreSQL server, and with brokers by role (A, B, NOTARY, …)."""
    urls = [f"{NODES[party]}={url}" for party, url in brokers.items()]
    return NetworkRequest(databases=[postgres], brokers=urls)
