"""The invariants of a MockNetwork."""

from corda_sim.invariants import NodeDatabase, Violation, check_network
from corda_sim.testing.mock_network import MockNetwork


def check_mock(network: MockNetwork) -> list[Violation]:
    """What doesn't hold in a network that has come to rest; its nodes may run."""
    return check_network(
        NodeDatabase(
            name,
            str(node.party.name),
            node.url,
            node.url if node.spec.service is not None else None,
        )
        for name, node in network.nodes.items()
    )
