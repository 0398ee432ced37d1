"""The invariants of a MockNetwork."""

from collections.abc import Iterator

from corda_sim.invariants import NodeDatabase, Violation, check_network
from corda_sim.testing.mock_network import MockNetwork


def check_mock(network: MockNetwork) -> list[Violation]:
    """What doesn't hold in a network that has come to rest; its nodes may run."""
    return check_network(databases_of_mock(network))


def databases_of_mock(network: MockNetwork) -> Iterator[NodeDatabase]:
    """Where the nodes keep what the invariants are read from."""
    for name, node in network.nodes.items():
        notary = node.url if node.spec.service is not None else None
        yield NodeDatabase(name, str(node.party.name), node.url, notary)
