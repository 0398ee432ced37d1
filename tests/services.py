"""Starts a PostgreSQL server and two RabbitMQ nodes of the tests' own, and stops them.

    python tests/services.py install          # Debian packages, where missing
    python tests/services.py run -- COMMAND   # COMMAND with the servers' URLs in its environment

Everything listens on loopback, on free ports, and lies in one temporary folder; the machine's own
clusters and services are neither used nor touched. A root user's servers run as the unprivileged
accounts that Debian made for them.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.servers.postgres import postgres_bin, start_postgres
from tests.servers.process import Server, ServiceError
from tests.servers.rabbitmq import rabbitmq_script, start_epmd, start_rabbitmq

PACKAGES = {"PostgreSQL": "postgresql", "RabbitMQ": "rabbitmq-server"}

NODE_A_VHOSTS = {
    "party-a": "CORDA_SIM_TEST_RABBITMQ_A",
    "notary": "CORDA_SIM_TEST_RABBITMQ_NOTARY",
    "validator": "CORDA_SIM_TEST_RABBITMQ_VALIDATOR",
    "outsider": "CORDA_SIM_TEST_RABBITMQ_OUTSIDER",
}
NODE_B_VHOSTS = {"party-b": "CORDA_SIM_TEST_RABBITMQ_B"}


def missing() -> list[str]:
    """Names of the services that this machine lacks."""
    found = {"PostgreSQL": postgres_bin(), "RabbitMQ": rabbitmq_script()}
    return [name for name, place in found.items() if place is None]


@contextlib.contextmanager
def running() -> Iterator[list[Server]]:
    """Run every installed service; stops them all and throws their data away."""
    with contextlib.ExitStack() as stack:
        base = Path(tempfile.mkdtemp(prefix="corda-sim-tests-"))
        stack.callback(shutil.rmtree, base, ignore_errors=True)
        base.chmod(0o711)
        started = _start_all(base, stack)
        for server in started:
            server.wait_ready()
        yield started


def variables(servers: Iterable[Server]) -> dict[str, str]:
    """What tests read of running servers."""
    return {key: value for server in servers for key, value in server.env.items()}


def _start_all(base: Path, stack: contextlib.ExitStack) -> list[Server]:
    started: list[Server] = []

    def keep(server: Server) -> None:
        stack.callback(server.stop)
        started.append(server)

    script, binaries = rabbitmq_script(), postgres_bin()
    if script is not None:
        epmd, finder = start_epmd(base)
        keep(epmd)
        epmd.wait_ready()
        keep(start_rabbitmq(script, base, "corda_sim_a", NODE_A_VHOSTS, finder))
        keep(start_rabbitmq(script, base, "corda_sim_b", NODE_B_VHOSTS, finder))
    if binaries is not None:
        keep(start_postgres(binaries, base))
    return started


def install() -> int:
    """Install what is missing from Debian's packages; 0 when all is there in the end."""
    packages = [PACKAGES[name] for name in missing()]
    if not packages:
        return 0
    as_root = [] if os.getuid() == 0 else ["sudo"]
    if as_root and shutil.which("sudo") is None:
        print(f"--install needs root or sudo to install {' '.join(packages)}", file=sys.stderr)
        return 2
    print(f"installing {' '.join(packages)}", flush=True)
    # RUNLEVEL=1 keeps the packages from starting services that nobody asked for.
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
    apt = [*as_root, *quiet, "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    command = [*apt, "install", "-y", "--no-install-recommends", *packages]
    if subprocess.run(command, check=False).returncode != 0:
        subprocess.run([*apt, "update"], check=False)
        subprocess.run(command, check=False)
    for name in missing():
        print(f"{name} could not be installed", file=sys.stderr)
    return 1 if missing() else 0


def run(command: Sequence[str]) -> int:
    """Run `command` beside the services; gives its exit code."""
    for name in missing():
        print(f"{name} is not installed: its tests are skipped (--install gets it)", flush=True)
    with running() as servers:
        child = subprocess.Popen(command, env={**os.environ, **variables(servers)})
        try:
            return child.wait()
        except KeyboardInterrupt:
            # The command had the same Ctrl-C: let it finish its own clean-up.
            child.wait()
            return 130
        finally:
            child.terminate()
            child.wait()
            # Another Ctrl-C must not leave half of the servers running.
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def main(arguments: Sequence[str]) -> int:
    """Parse the command line and carry it out."""
    parser = argparse.ArgumentParser(description="the tests' own PostgreSQL and RabbitMQ")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("install", help="install what is missing (root or sudo)")
    runner = commands.add_parser("run", help="run a command beside the services")
    runner.add_argument("program", nargs=argparse.REMAINDER)
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _leave)
    if options.command == "install":
        return install()
    program = options.program[1:] if options.program[:1] == ["--"] else options.program
    if not program:
        parser.error("run needs a command")
    try:
        return run(program)
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
