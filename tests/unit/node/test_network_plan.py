import os

import pytest

from corda_sim.node.network_errors import NetworkCreationException
from corda_sim.node.network_plan import (
    broker_choice,
    database_choice,
    free_ports,
    host_and_port,
    plan_nodes,
    public_broker_url,
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


def test_free_ports_are_different() -> None:
    assert len(set(free_ports(8, os.urandom))) == 8
