"""A devnet's settings, and a stand-in for GoQuorum's program."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from goquorum.devnet.ports import free_port
from goquorum.devnet.settings import DevnetSettings, NodeSettings

FakeGeth = Callable[..., Path]


@pytest.fixture
def fake_geth(tmp_path: Path) -> FakeGeth:
    """Makes a program that behaves as told; see fake_geth.py."""

    def make(version: str = "Quorum Version: 22.4.0", stuck: int = 0, **more: bool) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        source = Path(__file__).with_name("fake_geth.py").read_text("utf-8")
        program = folder / "geth"
        program.write_text(f"#!{sys.executable}\n{source}", "utf-8")
        program.chmod(0o700)
        behaviour = {"version": version, "stuck": stuck, **more}
        (folder / "fake.json").write_text(json.dumps(behaviour), "utf-8")
        return program

    return make


@pytest.fixture
def network() -> DevnetSettings:
    """Two validators of the goquorum tier."""
    nodes = [
        NodeSettings(name=f"validator-{number}", rpc_port=free_port(), p2p_port=free_port())
        for number in range(2)
    ]
    return DevnetSettings(
        tier="goquorum",
        validators=2,
        block_period="1s",
        controls=False,
        seed="11" * 32,
        nodes=tuple(nodes),
    )
