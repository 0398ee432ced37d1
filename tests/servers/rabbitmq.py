"""RabbitMQ nodes of the tests' own, with an Erlang name server for them alone."""

import base64
import hashlib
import json
import os
import secrets
import shutil
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers.process import USER, Account, Server, free_port


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
    log, command = base / f"{name}.log", script.with_name("rabbitmqctl")
    return Server(
        f"RabbitMQ {name}",
        lambda: account.popen([str(script)], environment, log),
        log,
        urls,
        lambda: _speaks_amqp(port),
        control=lambda words: account.popen([str(command), *words], environment, log),
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
