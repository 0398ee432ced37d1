"""Starts a PostgreSQL server and two RabbitMQ nodes of the tests' own, and stops them.

    python tests/services.py install          # Debian packages, where missing
    python tests/services.py run -- COMMAND   # COMMAND with the servers' URLs in its environment

Everything listens on loopback, on free ports, and lies in one temporary folder; the machine's own
clusters and services are neither used nor touched. A root user's servers run as the unprivileged
accounts that Debian made for them.
"""

import argparse
import base64
import contextlib
import hashlib
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import psycopg

START_SECONDS = 90.0
STOP_SECONDS = 10.0
USER = "corda_sim"
PACKAGES = {"PostgreSQL": "postgresql", "RabbitMQ": "rabbitmq-server"}

NODE_A_VHOSTS = {
    "party-a": "CORDA_SIM_TEST_RABBITMQ_A",
    "notary": "CORDA_SIM_TEST_RABBITMQ_NOTARY",
    "validator": "CORDA_SIM_TEST_RABBITMQ_VALIDATOR",
    "outsider": "CORDA_SIM_TEST_RABBITMQ_OUTSIDER",
}
NODE_B_VHOSTS = {"party-b": "CORDA_SIM_TEST_RABBITMQ_B"}


class ServiceError(Exception):
    """A server did not start; the message ends with the tail of its log."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who a server runs as; `name` is None for the user of this process."""

    name: str | None = None

    @classmethod
    def unprivileged(cls, preferred: str) -> "Account":
        """This user, or for root the first of `preferred` and nobody that exists."""
        if os.getuid() != 0:
            return cls()
        known = {entry.pw_name for entry in pwd.getpwall()}
        return cls(preferred if preferred in known else "nobody")

    def own(self, path: Path) -> None:
        """Give `path`, a file or a folder with its content, to this account."""
        if self.name is None:
            return
        entry = pwd.getpwnam(self.name)
        for each in (path, *path.rglob("*")):
            os.chown(each, entry.pw_uid, entry.pw_gid)

    def popen(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> subprocess.Popen[bytes]:
        """Start `command` in a session of its own, so that Ctrl-C reaches the tests alone."""
        group = None if self.name is None else pwd.getpwnam(self.name).pw_gid
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                env=dict(environment),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.name,
                group=group,
                extra_groups=None if self.name is None else [],
            )


@dataclass(slots=True)
class Server:
    """A started server: `env` is what tests need, `ready` tells whether it serves yet.

    `admin` is the URL of a superuser, where there is one.
    """

    name: str
    spawn: Callable[[], subprocess.Popen[bytes]]
    log: Path
    env: Mapping[str, str]
    ready: Callable[[], bool]
    stop_signal: signal.Signals = signal.SIGTERM
    admin: str = field(default="", repr=False)
    process: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.process = self.spawn()

    def wait_ready(self) -> None:
        """Block until it serves; raises ServiceError when it ended or took too long."""
        deadline = time.monotonic() + START_SECONDS
        while not self.ready():
            if self.process.poll() is not None:
                raise ServiceError(f"{self.name} ended at its start\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name} did not start in time\n{self.log_tail()}")
            time.sleep(0.1)

    def restart(self, pause: float = 0.0) -> None:
        """Stop it and, `pause` seconds later, start it again on the same data; until it serves."""
        self.stop()
        time.sleep(pause)
        self.process = self.spawn()
        self.wait_ready()

    def stop(self) -> None:
        """Ask it to stop, then kill its process group."""
        self.process.send_signal(self.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def log_tail(self) -> str:
        """The last lines that it wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def free_port() -> int:
    """A TCP port of loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


# --- PostgreSQL ------------------------------------------------------------------------------


def postgres_bin() -> Path | None:
    """The folder with `initdb` and `postgres`, of the newest version installed."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found = sorted(debian, key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


def start_postgres(binaries: Path, base: Path) -> Server:
    """Start a new cluster below `base`, with a role that may make databases and roles."""
    account = Account.unprivileged("postgres")
    home, port, password = base / "postgres", free_port(), secrets.token_hex(16)
    home.mkdir(mode=0o700)
    pwfile, data, log = home / "password", home / "data", base / "postgres.log"
    pwfile.write_text(password)
    account.own(home)
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    init = [f"{binaries}/initdb", "-D", str(data), "-U", "postgres", "-E", "UTF8", "--no-sync"]
    initdb = account.popen([*init, "--auth=scram-sha-256", f"--pwfile={pwfile}"], environment, log)
    if initdb.wait(START_SECONDS) != 0:
        raise ServiceError(f"initdb failed\n{log.read_text()}")
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(home),
        "max_connections": "300",
        "shared_buffers": "64MB",
        # The servers outlive every kill of a test; only a crash of the machine would lose data.
        "fsync": "off",
    }
    command = [f"{binaries}/postgres", "-D", str(data)]
    command += [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    admin = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
    url = f"postgresql://{USER}:{password}@127.0.0.1:{port}/{USER}"
    return Server(
        "PostgreSQL",
        lambda: account.popen(command, environment, log),
        log,
        {"CORDA_SIM_TEST_POSTGRES": url},
        lambda: _create_test_role(admin, password),
        signal.SIGINT,
        admin,
    )


def _create_test_role(admin: str, password: str) -> bool:
    """Make the tests' role and database where needed; False while the server doesn't answer."""
    try:
        connection = psycopg.connect(admin, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError:
        return False
    with connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (USER,)).fetchone():
            return True
        connection.execute(
            psycopg.sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}").format(
                psycopg.sql.Identifier(USER), psycopg.sql.Literal(password)
            )
        )
        owner = psycopg.sql.Identifier(USER)
        connection.execute(psycopg.sql.SQL("CREATE DATABASE {} OWNER {}").format(owner, owner))
    return True


# --- RabbitMQ --------------------------------------------------------------------------------


def rabbitmq_script() -> Path | None:
    """The server's own start script; Debian's wrapper on the PATH admits root alone."""
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    if found:
        return found[-1]
    on_path = shutil.which("rabbitmq-server")
    return Path(on_path) if on_path else None


def start_epmd(base: Path) -> tuple[Server, Mapping[str, str]]:
    """Start Erlang's name server for our nodes alone; also gives the environment to find it."""
    program = shutil.which("epmd") or "/usr/bin/epmd"
    port, log = free_port(), base / "epmd.log"
    finder = {"ERL_EPMD_PORT": str(port), "ERL_EPMD_ADDRESS": "127.0.0.1"}
    environment = {"PATH": os.environ["PATH"], **finder}
    account = Account.unprivileged("rabbitmq")
    server = Server(
        "epmd",
        lambda: account.popen([program], environment, log),
        log,
        {},
        lambda: _accepts(port),
    )
    return server, finder


def start_rabbitmq(
    script: Path, base: Path, name: str, vhosts: Mapping[str, str], epmd: Mapping[str, str]
) -> Server:
    """Start the node `name` below `base`; `vhosts` maps each vhost to its variable in `env`."""
    account = Account.unprivileged("rabbitmq")
    home, port, password = base / name, free_port(), secrets.token_hex(16)
    for folder in (home, home / "mnesia", home / "log"):
        folder.mkdir(mode=0o700)
    _write_rabbitmq_files(home, port, password, list(vhosts))
    account.own(home)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "RABBITMQ_NODENAME": f"{name}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_PID_FILE": str(home / "pid"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "rabbitmq-env.conf"),
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            "+S 1:1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}"
        ),
        **epmd,
    }
    urls = {
        variable: f"amqp://{USER}:{password}@127.0.0.1:{port}/{vhost}"
        for vhost, variable in vhosts.items()
    }
    log = base / f"{name}.log"
    return Server(
        f"RabbitMQ {name}",
        lambda: account.popen([str(script)], environment, log),
        log,
        urls,
        lambda: _speaks_amqp(port),
    )


def _write_rabbitmq_files(home: Path, port: int, password: str, vhosts: Sequence[str]) -> None:
    cookie = home / ".erlang.cookie"
    cookie.write_text(secrets.token_hex(16))
    cookie.chmod(0o400)
    (home / "rabbitmq-env.conf").write_text("")
    (home / "advanced.config").write_text("[].\n")
    (home / "enabled_plugins").write_text("[].\n")
    (home / "definitions.json").write_text(_definitions(password, vhosts))
    (home / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{port}\n"
        f"load_definitions = {home}/definitions.json\n"
        "vm_memory_high_watermark.absolute = 512MB\n"
        "disk_free_limit.absolute = 50MB\n"
        "raft.wal_max_size_bytes = 16777216\n"
        "log.console = true\n"
        "log.console.level = warning\n"
    )


def _definitions(password: str, vhosts: Sequence[str]) -> str:
    """RabbitMQ's definitions file: one user with every right in each vhost."""
    salt = secrets.token_bytes(4)
    digest = base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest())
    user = {
        "name": USER,
        "password_hash": digest.decode(),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": "administrator",
    }
    rights = {"user": USER, "configure": ".*", "write": ".*", "read": ".*"}
    return json.dumps(
        {
            "users": [user],
            "vhosts": [{"name": vhost} for vhost in vhosts],
            "permissions": [{"vhost": vhost, **rights} for vhost in vhosts],
        }
    )


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def _speaks_amqp(port: int) -> bool:
    """Whether the broker answers the protocol header with its first method frame."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return connection.recv(1) == b"\x01"
    except OSError:
        return False


# --- all of them -----------------------------------------------------------------------------


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


# --- command line ----------------------------------------------------------------------------


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
