"""Brings up real GoQuorum on loopback, in the order that works (goquorum 2.3)."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from goquorum.devnet.genesis import arguments, genesis, p2p_config, static_nodes
from goquorum.devnet.processes import DevnetNotStarted, DevnetProcess, log_end
from goquorum.devnet.settings import DevnetSettings
from goquorum.endpoint.json_rpc import EndpointUnreachable, JsonRpc
from goquorum.quick.validators import ValidatorKeys, proposer

BOOTS: Final = 5
FIRST_BLOCK_SECONDS: Final = 6.0
HTTP_SECONDS: Final = 20.0
PEERS_SECONDS: Final = 40.0
STOP_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05


def boot(directory: Path, settings: DevnetSettings, geth: Path) -> None:
    """Start every node and wait for a new block; all over again while none comes.

    Raises:
        DevnetNotStarted: a node ended, or no block came in several starts.
    """
    for number in range(len(settings.nodes)):
        prepare(directory, settings, number, geth)
    for _ in range(BOOTS):
        for number in range(len(settings.nodes)):
            _start(directory, settings, number, geth)
        if _mines(settings):
            return
        for node in settings.nodes:
            running = DevnetProcess.find(directory / node.name)
            if running is not None:
                running.stop(STOP_SECONDS)
    raise DevnetNotStarted(f"no block in {FIRST_BLOCK_SECONDS:g} s, in each of {BOOTS} starts")


def prepare(directory: Path, settings: DevnetSettings, number: int, geth: Path) -> None:
    """Write a node's files and block 0, unless it has them. Raises DevnetNotStarted."""
    folder = directory / settings.nodes[number].name
    if (folder / "geth" / "chaindata").is_dir():
        return
    (folder / "geth").mkdir(parents=True, exist_ok=True)
    secret = ValidatorKeys(settings.seed_bytes()).secret(number)
    with os.fdopen(os.open(folder / "geth" / "nodekey", _NEW, 0o600), "w") as file:
        file.write(secret.hex())
    (folder / "geth" / "static-nodes.json").write_text(json.dumps(static_nodes(settings, number)))
    (folder / "config.toml").write_text(p2p_config(settings, number))
    (folder / "genesis.json").write_text(json.dumps(genesis(settings)))
    command = (geth, "--datadir", folder, "init", folder / "genesis.json")
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise DevnetNotStarted(f"geth init: {answer.stderr.strip()[-500:]}")


_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC


def _start(directory: Path, settings: DevnetSettings, number: int, geth: Path) -> None:
    node = settings.nodes[number]
    folder = directory / node.name
    where = ("--config", str(folder / "config.toml"), "--datadir", str(folder))
    process = DevnetProcess.start((str(geth), *where, *arguments(settings, number)), folder)
    rpc = JsonRpc(node.rpc)
    if not _within(HTTP_SECONDS, lambda: _answers(rpc) or not process.is_alive()):
        raise DevnetNotStarted(f"{node.name} doesn't answer: {log_end(folder)}")
    if not process.is_alive():
        raise DevnetNotStarted(f"{node.name} ended: {log_end(folder)}")
    rpc.close()


def _mines(settings: DevnetSettings) -> bool:
    endpoints = [JsonRpc(node.rpc) for node in settings.nodes]
    try:
        others = len(endpoints) - 1
        _within(PEERS_SECONDS, lambda: all(_peers(rpc) >= others for rpc in endpoints))
        heads = [_head(rpc) for rpc in endpoints]
        for number in starting_order(settings, _miner(endpoints[0])):
            endpoints[number].call("miner_start", 1)
        pairs = list(zip(endpoints, heads, strict=True))
        return _within(FIRST_BLOCK_SECONDS, lambda: all(_head(rpc) > head for rpc, head in pairs))
    except EndpointUnreachable:
        # A node that panics while validators change rounds (v22.4.0): start all of them again.
        return False
    finally:
        for rpc in endpoints:
            rpc.close()


def starting_order(settings: DevnetSettings, miner: bytes) -> list[int]:
    """The nodes by number, the one that proposes the block after that of `miner` last.

    It proposes at once, and once: a validator that isn't mining by then never sees the proposal,
    and the round ends in a time-out, from which v22.4.0 rarely recovers (goquorum 2.4).
    """
    keys = ValidatorKeys(settings.seed_bytes())
    addresses = [keys.address(number) for number in range(len(settings.nodes))]
    first = proposer(sorted(addresses), miner, 0)
    return sorted(range(len(addresses)), key=lambda number: addresses[number] == first)


def _miner(rpc: JsonRpc) -> bytes:
    block = rpc.call("eth_getBlockByNumber", "latest", False)
    return bytes.fromhex(block["miner"][2:])


def _answers(rpc: JsonRpc) -> bool:
    try:
        rpc.call("eth_chainId")
    except EndpointUnreachable:
        return False
    return True


def _peers(rpc: JsonRpc) -> int:
    return int(rpc.call("net_peerCount"), 16)


def _head(rpc: JsonRpc) -> int:
    return int(rpc.call("eth_blockNumber"), 16)


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
