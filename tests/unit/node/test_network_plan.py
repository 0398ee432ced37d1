import os

import pytest

from corda_sim.node.network_errors import NetworkCreationException, NotaryWorkersException
from corda_sim.node.network_plan import (
    broker_choice,
    check_notary_workers,
    database_choice,
    free_ports,
    host_and_port,
    p2p_choice,
    plan_nodes,
    public_broker_url,
    tcp_address,
)

LABELS = ("PartyA", "Notary")


def test_the_usual_nodes() -> None:
    nodes = plan_nodes(["PartyA", "PartyB"])
    assert [node.label for node in nodes] == [
        "PartyA",
        "PartyB",
        "Validator",
        "Notary",
        "Outsider",
    ]
    assert str(nodes[1].name) == "O=PartyB, L=London, C=GB"
    assert len(plan_nodes(["A1b"], validator=False, outsider=False)) == 2


def test_parties_may_have_full_names() -> None:
    node = plan_nodes(["O=Bank of Nowhere, L=New York, C=US"])[0]
    assert node.label == "Bank-of-Nowhere"
    assert node.name.country == "US"


@pytest.mark.parametrize(
    "parties",
    [
        ["A1b", "A1b"],
        ["PartyA", "partya"],
        ["Notary"],
        ["O=Notary Service, L=Zurich, C=CH"],
        ["O=X"],
        [""],
        ["銀行"],
    ],
)
def test_odd_parties_are_refused(parties: list[str]) -> None:
    with pytest.raises(NetworkCreationException):
        plan_nodes(parties)


def test_a_bare_value_serves_all_and_a_named_one_its_node() -> None:
    choice = database_choice(["postgresql://x/y", "Notary=sqlite"], LABELS)
    assert choice.of("PartyA") == "postgresql://x/y"
    assert choice.of("Notary") == "sqlite"
    assert database_choice([], LABELS).of("PartyA") == "sqlite"
    assert broker_choice([], LABELS).of("PartyA") == "embedded"
    own = broker_choice(["PartyA=amqps://u:p@h/%2F?heartbeat=1"], LABELS)
    assert own.of("PartyA") == "amqps://u:p@h/%2F?heartbeat=1"
    assert own.of("Notary") == "embedded"


@pytest.mark.parametrize(
    "values",
    [["mysql://x"], ["sqlite", "sqlite"], ["Nobody=sqlite"], ["PartyA=sqlite", "PartyA=sqlite"]],
)
def test_odd_choices_are_refused(values: list[str]) -> None:
    with pytest.raises(NetworkCreationException):
        database_choice(values, LABELS)


def test_a_refused_url_shows_no_password() -> None:
    with pytest.raises(NetworkCreationException) as refused:
        database_choice(["mysql://u:hidden@x"], LABELS)
    assert "hidden" not in str(refused.value)


def test_peers_dont_get_the_password_of_a_tls_broker() -> None:
    assert public_broker_url("amqps://u:p@h:5671/v") == "amqps://h:5671/v"
    assert public_broker_url("amqp://u:p@h/v") == "amqp://u:p@h/v"


def test_addresses_of_brokers() -> None:
    assert host_and_port("amqps://u:p@h/v") == "h:5671"
    assert host_and_port("amqp://[::1]:7/v") == "[::1]:7"


def test_nodes_without_a_broker_are_reached_as_told() -> None:
    brokers = broker_choice(["Notary=amqp://h"], LABELS)
    assert p2p_choice([], LABELS, brokers).of("PartyA") == "unix"
    choice = p2p_choice(["tcp", "PartyA=tcp:bank-a.example"], LABELS, brokers)
    assert tcp_address(choice.of("PartyA"), 7) == "bank-a.example:7"
    assert tcp_address(choice.of("PartyB"), 7) == "127.0.0.1:7"
    assert tcp_address("tcp:[::1]", 7) == "[::1]:7"
    assert tcp_address("unix", 7) == ""


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (["tcp:"], "not a host"),
        (["tcp:a b"], "not a host"),
        (["PartyA=tcp:h:1"], "not a host"),
        (["tls"], "--p2p takes unix, tcp"),
        (["Nobody=tcp"], "nodes are"),
        (["Notary=tcp"], "reached at its broker"),
    ],
)
def test_odd_ways_to_reach_a_node_are_refused(values: list[str], problem: str) -> None:
    with pytest.raises(NetworkCreationException, match=problem):
        p2p_choice(values, LABELS, broker_choice(["Notary=amqp://h"], LABELS))


def test_free_ports_are_different() -> None:
    assert len(set(free_ports(8, os.urandom))) == 8


POSTGRES, RABBIT = "postgresql://u:p@h/d", "amqp://u:p@h/v"


def test_further_notary_workers_are_numbered() -> None:
    nodes = [n for n in plan_nodes(["PartyA"], notary_workers=3) if n.role == "notary"]
    assert [node.label for node in nodes] == ["Notary", "Notary2", "Notary3"]
    assert str(nodes[2].name) == "O=Notary3, L=Zurich, C=CH"
    assert len({node.name for node in nodes}) == 3
    with pytest.raises(NetworkCreationException, match="comes twice"):
        plan_nodes(["Notary2"], notary_workers=2)


def check_workers(count: int, databases: list[str], brokers: list[str]) -> None:
    nodes = plan_nodes(["PartyA"], notary_workers=count)
    labels = [node.label for node in nodes]
    check_notary_workers(nodes, database_choice(databases, labels), broker_choice(brokers, labels))


def test_several_notary_workers_share_a_database_and_a_broker() -> None:
    check_workers(1, [], [])
    check_workers(2, [POSTGRES], [RABBIT])
    check_workers(2, [POSTGRES, "PartyA=sqlite"], ["Notary=" + RABBIT])


@pytest.mark.parametrize(
    ("databases", "brokers", "problem"),
    [
        ([], [RABBIT], "SQLite serves one worker only"),
        (["Notary=" + POSTGRES], [RABBIT], "SQLite serves one worker only"),
        ([POSTGRES, "Notary=" + POSTGRES], [RABBIT], "--db Notary=… gives Notary a database"),
        ([POSTGRES, "Notary2=" + POSTGRES], [RABBIT], "--db Notary2=… gives Notary2 a database"),
        ([POSTGRES], [], "the embedded transport has one receiver"),
        ([POSTGRES], ["PartyA=" + RABBIT], "the embedded transport has one receiver"),
        ([POSTGRES], [RABBIT, "Notary=embedded"], "the embedded transport has one receiver"),
        ([POSTGRES], [RABBIT, "Notary2=" + RABBIT], "--broker Notary2=… gives Notary2 a broker"),
    ],
)
def test_several_notary_workers_are_refused_without_what_they_need(
    databases: list[str], brokers: list[str], problem: str
) -> None:
    with pytest.raises(NotaryWorkersException) as caught:
        check_workers(2, databases, brokers)
    assert problem in str(caught.value)
    assert "Give --db a bare postgresql:// URL" in str(caught.value)


def test_a_network_has_a_notary_worker() -> None:
    with pytest.raises(NetworkCreationException, match="needs a notary worker"):
        check_workers(0, [], [])
