"""What a node tells Prometheus."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

import pytest
from prometheus_client import CollectorRegistry

from corda_sim.core.contracts import Amount
from corda_sim.flow.cordapp import Figure
from corda_sim.node.messaging.figures import MessagingFigures
from corda_sim.node.metrics import EngineCollector, FlowFigures, RpcFigures
from corda_sim.rpc.errors import PermissionException
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from flows.cash.issue import CashIssueFlow
from flows.cash.payment import CashPaymentFlow

CORDAS_METERS = {
    "corda_flows_started": "Flows.Started",
    "corda_flows_finished": "Flows.Finished",
    "corda_flows_error": "Flows.Error",
    "corda_flows_in_flight": "Flows.InFlight",
    "corda_flows_checkpoint_commits": "Flows.Checkpointing Rate",
    "corda_p2p_send_queue_size": "P2P.SendQueueSize",
    "corda_p2p_send_message_size_bytes": "P2P.SendMessageSize",
    "corda_p2p_receive_message_size_bytes": "P2P.ReceiveMessageSize",
}


def registry_of(node: MockNode) -> CollectorRegistry:
    """What the node shows."""
    registry = CollectorRegistry()
    registry.register(EngineCollector(node.manager, node.cycle, node.hub))
    MessagingFigures(registry)
    FlowFigures(registry)
    RpcFigures(registry)
    return registry


def test_flow_durations_by_class_and_outcome() -> None:
    registry = CollectorRegistry()
    with MockNetwork() as made:
        party = made["PartyA"]
        party.room.subscribers.append(FlowFigures(registry).note)
        made["PartyB"].kill()
        party.start_flow(CashIssueFlow(Amount.parse("100 JPY")))
        pay = CashPaymentFlow(Amount.parse("10 JPY"), recipient=made["PartyB"].party)
        party.run_flow(CashIssueFlow(Amount.parse("100 JPY")))
        party.start_flow(pay)
        made.run_network()
        made.advance(timedelta(seconds=90))
        made["PartyB"].start()
        made.run_network()
        with pytest.raises(Exception, match="Insufficient"):
            party.run_flow(CashPaymentFlow(Amount.parse("9999 JPY"), recipient=party.party))
    (family,) = registry.collect()
    assert family.documentation.startswith("Flows.FlowDuration.Success.<class>")
    found = {
        (sample.labels["flow"], sample.labels["outcome"], sample.name.rpartition("_")[2]): sample
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }
    pay_name, issue_name = CashPaymentFlow.flow_name, CashIssueFlow.flow_name
    assert found[issue_name, "success", "count"].value == 2
    assert found[issue_name, "success", "sum"].value < 1
    assert found[pay_name, "success", "sum"].value >= 90
    assert found[pay_name, "failure", "count"].value == 1


@pytest.fixture(scope="module")
def network() -> Iterator[MockNetwork]:
    with MockNetwork() as made:
        party = made["PartyA"]
        party.run_flow(CashIssueFlow(Amount.parse("100 JPY")))
        party.run_flow(CashPaymentFlow(Amount.parse("10 JPY"), recipient=made["PartyB"].party))
        with pytest.raises(Exception, match="Insufficient"):
            party.run_flow(CashPaymentFlow(Amount.parse("9999 JPY"), recipient=party.party))
        yield made


@pytest.mark.parametrize("name", ["PartyA", "Notary"])
def test_names_and_help(network: MockNetwork, name: str) -> None:
    families = list(registry_of(network[name]).collect())
    assert len({family.name for family in families}) == len(families)
    for family in families:
        assert re.fullmatch(r"corda_[a-z0-9]+(_[a-z0-9]+)+", family.name)
        assert family.documentation
    documented = {family.name: family.documentation for family in families}
    assert CORDAS_METERS.items() <= documented.items()


def test_flows_and_states_are_counted(network: MockNetwork) -> None:
    value = registry_of(network["PartyA"]).get_sample_value
    assert value("corda_flows_started_total") == 3
    assert value("corda_flows_finished_total") == 2
    assert value("corda_flows_error_total") == 1
    assert value("corda_flows_in_flight") == 0
    assert value("corda_vault_unconsumed_states") == 1
    assert value("corda_vault_soft_locks") == 0
    assert value("corda_flows_draining") == 0
    assert value("corda_database_unavailable") == 0
    assert (value("corda_flows_checkpoint_commits_total") or 0) > 0


def test_a_notary_counts_its_batches(network: MockNetwork) -> None:
    value = registry_of(network["Notary"]).get_sample_value
    assert value("corda_notary_commit_total") == 1
    assert value("corda_notary_number_of_input_states_total") == 1
    assert value("corda_notary_conflicts_total") == 0
    assert value("corda_notary_request_queue_size") == 0
    assert value("corda_notary_ready") == 1
    assert registry_of(network["PartyA"]).get_sample_value("corda_notary_commit_total") is None


class Counting:
    """A CorDapp's service with figures of its own."""

    def figures(self) -> Iterable[Figure]:
        yield Figure("greetings_sent", "greetings", 2, is_total=True)


def test_a_cordapp_service_adds_its_own(network: MockNetwork) -> None:
    hub = network["PartyB"].hub
    hub.cordapp_services[Counting] = Counting()
    value = registry_of(network["PartyB"]).get_sample_value
    assert value("corda_greetings_sent_total") == 2
    del hub.cordapp_services[Counting]


def test_messages() -> None:
    registry = CollectorRegistry()
    figures = MessagingFigures(registry)
    figures.published(packs=2, sizes=[10, 300, 300, 300, 2_000_000])
    figures.confirmed(3, 0.02)
    figures.received([10, 20, 30, 40])
    figures.handled(2.0)
    figures.refused("signature")
    value = registry.get_sample_value
    assert value("corda_p2p_packs_sent_total") == 2
    assert value("corda_p2p_messages_sent_total") == 5
    assert value("corda_p2p_send_queue_size") == 2
    assert value("corda_p2p_messages_received_total") == 4
    assert value("corda_p2p_send_message_size_bytes_sum") == 2_000_910
    assert value("corda_p2p_send_message_size_bytes_bucket", {"le": "256.0"}) == 1
    assert value("corda_p2p_receive_message_size_bytes_count") == 4
    assert value("corda_p2p_send_latency_seconds_bucket", {"le": "0.01"}) == 0
    assert value("corda_p2p_send_latency_seconds_bucket", {"le": "0.025"}) == 1
    assert value("corda_p2p_receive_duration_seconds_sum") == 2
    assert value("corda_p2p_packs_refused_total", {"reason": "signature"}) == 1


def test_rpc() -> None:
    registry = CollectorRegistry()
    figures = RpcFigures(registry)
    figures.answered("nodeInfo")
    figures.answered("killFlow", PermissionException("no"))
    figures.opened()
    figures.opened()
    figures.closed()
    value = registry.get_sample_value
    assert value("corda_rpc_calls_total", {"method": "nodeInfo", "outcome": "ok"}) == 1
    refused = {"method": "killFlow", "outcome": "PermissionException"}
    assert value("corda_rpc_calls_total", refused) == 1
    assert value("corda_rpc_streams") == 1
