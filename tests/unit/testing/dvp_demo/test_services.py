"""A process of the bridge is ready, or says why it isn't."""

from pathlib import Path

import pytest

from corda_sim.testing.dvp_demo.services import Service
from corda_sim.testing.errors import NodeNotReady


def test_a_process_that_ends_leaves_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(NodeNotReady, match=r"(?s)relayer isn't ready.*nowhere\.toml"):
        Service.start("relayer", ("relayer", "run", tmp_path / "nowhere.toml"), tmp_path / "logs")


def test_a_process_tells_where_it_is_and_can_be_killed(tmp_path: Path) -> None:
    command = ("lcp", "attestation", tmp_path / "at", "--address", "127.0.0.1:0")
    service = Service.start("attestation", command, tmp_path)
    assert service.said["address"].startswith("127.0.0.1:")
    service.kill()
    assert not service.is_alive
    service.stop()
