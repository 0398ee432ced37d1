"""Figures of running node processes."""

import time
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from corda_sim.node.run_files import node_processes
from corda_sim.testing.errors import NodeGone

_IN_FLIGHT, _UNCONFIRMED = "corda_flows_in_flight", "corda_p2p_send_queue_size"
_POLL_SECONDS = 0.1
_CALM_POLLS = 3
_READY_SECONDS = 20.0
"""For a process that runs to say that it is ready: a loaded one may answer late."""


def metrics_of(node_dir: Path) -> dict[str, float]:
    """The figures without labels that the process which is ready tells.

    A process that runs is waited for. Raises NodeGone: none runs, or none got ready in time.
    """
    try:
        with urllib.request.urlopen(f"http://{_ready(node_dir)}/metrics", timeout=10) as answer:
            text = answer.read().decode()
    except OSError as error:
        raise NodeGone(f"the node in {node_dir} tells no metrics: {error}") from error
    families = text_string_to_metric_families(text)
    return {s.name: s.value for family in families for s in family.samples if not s.labels}


def _ready(node_dir: Path) -> str:
    """The health address of the process that is ready. Raises NodeGone."""
    deadline = time.monotonic() + _READY_SECONDS
    while running := node_processes(node_dir):
        for process in running:
            if process.state() == "ready":
                return process.run.health
        if time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    raise NodeGone(f"no process of the node in {node_dir} is ready")


def await_quiet(node_dirs: Iterable[Path], seconds: float = 60) -> bool:
    """Wait until no running node has a flow or an unconfirmed message; whether that came in time.

    Raises NodeGone for a node that doesn't run.
    """
    directories, calm = list(node_dirs), 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        figures = [metrics_of(directory) for directory in directories]
        busy = any(f.get(_IN_FLIGHT, 1) > 0 or f.get(_UNCONFIRMED, 0) > 0 for f in figures)
        calm = 0 if busy else calm + 1
        if calm == _CALM_POLLS:
            return True
        time.sleep(_POLL_SECONDS)
    return False
