"""`/health`, `/ready` and `/metrics`."""

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, Gauge

from corda_sim.node.health import HealthServer
from corda_sim.node.run_files import why_not_ready


class Served:
    """A health server whose node is ready or says why not."""

    def __init__(self) -> None:
        self.reason = "standby"
        self.registry = CollectorRegistry()
        self.server = HealthServer("127.0.0.1:0", self.registry, lambda: self.reason)

    def get(self, path: str) -> tuple[int, str]:
        try:
            url = f"http://{self.server.address}{path}"
            with urllib.request.urlopen(url, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    made.server.start()
    yield made
    made.server.stop()


def test_a_standby_is_healthy_but_not_ready(served: Served) -> None:
    assert served.get("/health") == (200, "alive\n")
    assert served.get("/ready") == (503, "standby\n")
    assert why_not_ready(served.server.address) == "standby"


def test_what_else_a_node_waits_for_is_said(served: Served) -> None:
    served.reason = "witnesses must say which head they saw last"
    assert served.get("/ready") == (503, f"{served.reason}\n")
    assert why_not_ready(served.server.address) == served.reason


def test_the_active_node_is_both(served: Served) -> None:
    served.reason = ""
    assert served.get("/health") == (200, "alive\n")
    assert served.get("/ready") == (200, "ready\n")
    assert why_not_ready(served.server.address) == ""


def test_metrics_are_served_whether_or_not_it_is_ready(served: Served) -> None:
    Gauge("corda_test_figure", "Test.Figure", registry=served.registry).set(3)
    status, text = served.get("/metrics")
    assert status == 200
    assert "# HELP corda_test_figure Test.Figure\n" in text
    assert "\ncorda_test_figure 3.0\n" in text


def test_other_paths_are_not_found(served: Served) -> None:
    assert served.get("/")[0] == 404
    assert served.get("/readyz")[0] == 404


def test_a_silent_client_keeps_nobody_waiting(served: Served) -> None:
    host, _, port = served.server.address.rpartition(":")
    with socket.create_connection((host, int(port))):
        assert served.get("/health")[0] == 200


def test_a_stopped_server_is_not_ready() -> None:
    made = Served()
    made.reason = ""
    made.server.start()
    made.server.stop()
    assert why_not_ready(made.server.address) == "its health port doesn't answer"


@pytest.mark.parametrize("address", ["", "nonsense"])
def test_what_is_no_address_is_not_ready(address: str) -> None:
    assert why_not_ready(address) == "its health port doesn't answer"
