"""Up, status and down of the devnet in a directory."""

import secrets
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from goquorum.devnet import goquorum_tier, quick_tier
from goquorum.devnet.geth_binary import find_geth, quorum_version, version_warning
from goquorum.devnet.ports import free_port, free_ports
from goquorum.devnet.processes import DevnetNotStarted, DevnetProcess
from goquorum.devnet.settings import (
    EVM_FOLDER,
    BlockPeriod,
    DevnetSettings,
    DevnetSettingsRefused,
    NodeSettings,
    Tier,
    has_settings,
    read_settings,
    write_settings,
)
from goquorum.endpoint.json_rpc import EndpointUnreachable, JsonRpc
from goquorum.endpoint.qbft_block import SealedBlock, read_block

STOP_SECONDS: Final = 15.0
DEFAULT_VALIDATORS: Final = 4


@dataclass(frozen=True, slots=True)
class DevnetRequest:
    """What is asked of a new devnet; None takes what the directory holds, else the default."""

    tier: Tier | None = None
    validators: int | None = None
    block_period: BlockPeriod | None = None
    controls: bool | None = None


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A node: its process, its head, and how many validators sealed that, where it answers."""

    name: str
    pid: int | None
    rpc: str
    block: int | None
    validators: int | None
    seals: int | None


@dataclass(frozen=True, slots=True)
class DevnetStatus:
    """A devnet. On the quick tier consensus is simulated."""

    tier: Tier
    consensus: str
    block_period: BlockPeriod
    nodes: tuple[NodeStatus, ...]
    warnings: tuple[str, ...] = ()


def up(directory: Path, request: DevnetRequest, geth: Path | None = None) -> DevnetStatus:
    """Start the devnet of a directory, made first where there is none; a running one is left alone.

    The quick chain begins anew each time; GoQuorum's goes on.

    Raises:
        DevnetSettingsRefused: the directory holds another devnet than the one asked for, or what is
            asked for doesn't go together.
        GethMissing: the tier needs GoQuorum, and there is none.
        DevnetNotStarted: a process ended or wasn't ready in time.
    """
    directory = directory.resolve()
    settings = _settings(directory, request)
    if geth is not None and settings.tier != "goquorum":
        raise DevnetSettingsRefused("the quick tier runs without GoQuorum: leave its program out")
    binary = find_geth(geth) if settings.tier == "goquorum" else None
    warning = version_warning(quorum_version(binary)) if binary else None
    if not has_settings(directory):
        write_settings(directory, settings)
    if not all(DevnetProcess.find(directory / node.name) for node in settings.nodes):
        down(directory)
        _boot(directory, settings, binary)
    return status(directory, (warning,) if warning else ())


def _boot(directory: Path, settings: DevnetSettings, binary: Path | None) -> None:
    try:
        if binary is None:
            quick_tier.boot(directory, settings)
        else:
            goquorum_tier.boot(directory, settings, binary)
    except DevnetNotStarted:
        down(directory)
        raise


def status(directory: Path, warnings: tuple[str, ...] = ()) -> DevnetStatus:
    """What runs in a directory. Raises DevnetNotFound."""
    directory = directory.resolve()
    settings = read_settings(directory)
    nodes = tuple(_node_status(directory, node) for node in settings.nodes)
    consensus = "simulated" if settings.tier == "quick" else "QBFT"
    return DevnetStatus(settings.tier, consensus, settings.block_period, nodes, warnings)


def down(directory: Path) -> list[str]:
    """Stop the processes; the names of those that had to be killed. Raises DevnetNotFound."""
    directory = directory.resolve()
    names = [node.name for node in read_settings(directory).nodes]
    running = [(name, DevnetProcess.find(directory / name)) for name in (*names, EVM_FOLDER)]
    return [name for name, process in running if process and not process.stop(STOP_SECONDS)]


def _settings(directory: Path, request: DevnetRequest) -> DevnetSettings:
    if not has_settings(directory):
        return _new_settings(request)
    kept = read_settings(directory)
    for name in (field.name for field in fields(request)):
        asked, found = getattr(request, name), getattr(kept, name)
        if asked is not None and asked != found:
            raise DevnetSettingsRefused(f"{directory} holds a devnet with {name} {found}")
    return kept


def _new_settings(request: DevnetRequest) -> DevnetSettings:
    tier = request.tier or "quick"
    validators = request.validators or DEFAULT_VALIDATORS
    if tier == "goquorum" and (request.controls or request.block_period == "instant"):
        raise DevnetSettingsRefused("GoQuorum has blocks of one second, and no test controls")
    return DevnetSettings(
        tier=tier,
        validators=validators,
        block_period=request.block_period or "1s",
        controls=bool(request.controls),
        seed=secrets.token_hex(32),
        nodes=_new_nodes(tier, validators),
    )


def _new_nodes(tier: Tier, validators: int) -> tuple[NodeSettings, ...]:
    if tier == "quick":
        return (NodeSettings(name="quick", rpc_port=free_port()),)
    ports = iter(free_ports(2 * validators))
    return tuple(
        NodeSettings(name=f"validator-{number}", rpc_port=next(ports), p2p_port=next(ports))
        for number in range(validators)
    )


def _node_status(directory: Path, node: NodeSettings) -> NodeStatus:
    process = DevnetProcess.find(directory / node.name)
    block = _newest_block(node.rpc) if process else None
    pid = process.pid if process else None
    if block is None:
        return NodeStatus(node.name, pid, node.rpc, None, None, None)
    validators = len(block.header.validators)
    return NodeStatus(
        node.name, pid, node.rpc, block.header.number, validators, len(block.signers())
    )


def _newest_block(url: str) -> SealedBlock | None:
    rpc = JsonRpc(url)
    try:
        return read_block(rpc.call("eth_getBlockByNumber", "latest", False))
    except EndpointUnreachable:
        return None
    finally:
        rpc.close()
