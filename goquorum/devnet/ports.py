"""Ports for the processes of a devnet."""

import socket
from contextlib import ExitStack


def free_ports(count: int) -> list[int]:
    """Different ports of loopback that nothing listens on now."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    return free_ports(1)[0]
