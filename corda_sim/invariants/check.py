"""The invariants of a whole network that has come to rest, read from its databases."""

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from corda_sim.invariants import flows, ledger, notaries, vaults
from corda_sim.invariants.fencing import no_fenced_commit
from corda_sim.invariants.reading import read_node
from corda_sim.invariants.reading_notary import read_notary
from corda_sim.invariants.sessions import no_orphan_sessions
from corda_sim.invariants.views import NodeDatabase, NodeView, NotaryView
from corda_sim.invariants.violations import Violation
from corda_sim.node.config import load_config
from corda_sim.node.cordapps import installed_cordapps
from corda_sim.node.manifest import read_manifest

_OF_A_NODE = (
    ledger.dependencies,
    flows.no_flow_lost,
    flows.one_outcome,
    flows.deterministic,
    flows.exactly_once,
    flows.whole_journals,
    flows.nothing_unsent,
    no_fenced_commit,
    vaults.vault_agrees,
    vaults.no_orphan_locks,
)


def check_network(databases: Iterable[NodeDatabase]) -> list[Violation]:
    """What doesn't hold, sorted; nothing when all is well.

    The network must be at rest: a flow under way is reported as lost. Give every node's database
    and the notary's, else sums don't add up. Raises StorageError when one can't be read.
    """
    installed_cordapps()  # decoding states needs their classes
    sources = list(databases)
    nodes = [read_node(source) for source in sources]
    ledgers = [view for source in sources if (view := read_notary(source)) is not None]
    return check_views(nodes, ledgers)


def check_views(nodes: Sequence[NodeView], ledgers: Sequence[NotaryView]) -> list[Violation]:
    """What doesn't hold in what was read of all nodes and notaries of a network, sorted."""
    of_nodes = (check(node) for node in nodes for check in _OF_A_NODE)
    of_network = (
        ledger.double_spends(nodes, ledgers),
        ledger.notarisation(nodes, ledgers),
        ledger.shared(nodes),
        ledger.value_conserved(nodes),
        notaries.not_rolled_back(nodes, ledgers),
        no_orphan_sessions(nodes),
    )
    of_notaries = (notaries.whole_chain(one) for one in ledgers)
    return sorted(chain.from_iterable((*of_nodes, *of_network, *of_notaries)))


def check_directory(directory: Path) -> list[Violation]:
    """`check_network` over a network made by `network create`.

    Raises NetworkNotFoundException, ConfigurationException, StorageError.
    """
    return check_network(databases_of(directory))


def databases_of(directory: Path) -> list[NodeDatabase]:
    """The databases of a network's nodes. Raises as `check_directory`."""
    found = []
    for node in read_manifest(directory).nodes:
        node_dir = directory / node.dir
        config = load_config(node_dir)
        notary = config.notary
        url = None if notary is None else notary.data_source_properties.resolve(node_dir)
        found.append(
            NodeDatabase(node.name, str(node.legal_name), config.database_url(node_dir), url)
        )
    return found
