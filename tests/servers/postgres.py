"""A PostgreSQL cluster of the tests' own."""

import os
import secrets
import shutil
import signal
from pathlib import Path

import psycopg

from tests.servers.process import START_SECONDS, USER, Account, Server, ServiceError, free_port


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
    """Make the tests' role and database; False while the server does not answer."""
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
