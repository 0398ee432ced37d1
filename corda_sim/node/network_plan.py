"""What `network create` was asked for, checked before anything is made."""

import re
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import CordaX500Name
from corda_sim.node.certificates import Entropy
from corda_sim.node.manifest import NodeRole
from corda_sim.node.network_errors import NetworkCreationException, NotaryWorkersException

NotaryKind = Literal["validating", "non-validating"]

DEFAULT_PARTIES: Final = ("PartyA", "PartyB")
VALIDATOR_NAME: Final = CordaX500Name("Validator", "Zurich", "CH")
NOTARY_LABEL: Final = "Notary"
NOTARY_NAME: Final = CordaX500Name(NOTARY_LABEL, "Zurich", "CH")
NOTARY_SERVICE_NAME: Final = CordaX500Name("Notary Service", "Zurich", "CH")
OUTSIDER_NAME: Final = CordaX500Name("Outsider", "Paris", "FR")
DEFAULT_VALIDATOR_ALLOW: Final = (
    "corda_sim.cash.Cash:Issue",
    "corda_sim.cash.Cash:Exit",
    "corda_sim.cash.Cash:Lock",
    "corda_sim.cash.Cash:Release",
    "corda_sim.cash.Cash:Restore",
    "corda_sim.ibc.Ibc",
    "corda_sim.ibc.Ibc:corda_sim.cross.AccountSigns",
    "corda_sim.ibc.Ibc:corda_sim.cross.ContractCall",
)
_PORTS: Final = range(20_000, 32_000)
"""Below the range that the kernel takes ports for outgoing connections from."""
_SQLITE: Final = "sqlite"
_EMBEDDED: Final = "embedded"
_UNIX: Final = "unix"
_LOOPBACK: Final = "127.0.0.1"
_HOST: Final = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")


@dataclass(frozen=True, slots=True)
class PlannedNode:
    """A node to be made; `label` is its short name and its directory's name."""

    label: str
    name: CordaX500Name
    role: NodeRole


@dataclass(frozen=True, slots=True)
class Choice:
    """An option that is given bare for all nodes, or as NAME=URL for one; repeatable."""

    common: str
    own: Mapping[str, str] = field(default_factory=dict)

    def of(self, label: str) -> str:
        """What holds for a node."""
        return self.own.get(label, self.common)


def plan_nodes(
    parties: Sequence[str],
    *,
    validator: bool = True,
    outsider: bool = True,
    notary_workers: int = 1,
) -> list[PlannedNode]:
    """Parties (`PartyA`, or an X.500 name), then validator, notary workers and outsider.

    The first worker is `Notary`, the others are `Notary2`, `Notary3`, …

    Raises `NetworkCreationException` for names that don't do or come twice.
    """
    nodes = [_party(text.strip()) for text in parties]
    if validator:
        nodes.append(PlannedNode("Validator", VALIDATOR_NAME, "validator"))
    nodes += [_notary_worker(number) for number in range(1, notary_workers + 1)]
    if outsider:
        nodes.append(PlannedNode("Outsider", OUTSIDER_NAME, "outsider"))
    _refuse_doubles(node.label.lower() for node in nodes)
    _refuse_doubles(str(node.name) for node in nodes)
    if any(node.name == NOTARY_SERVICE_NAME for node in nodes):
        raise NetworkCreationException(f"{NOTARY_SERVICE_NAME} is the notary service's name")
    return nodes


def database_choice(values: Iterable[str], labels: Sequence[str]) -> Choice:
    """From `--db`: `sqlite`, a URL, `NAME=URL`. Raises `NetworkCreationException`."""
    return _choice("--db", values, labels, _SQLITE, (_SQLITE, "postgresql://", "sqlite:///"))


def broker_choice(values: Iterable[str], labels: Sequence[str]) -> Choice:
    """From `--broker`: `embedded`, a URL, `NAME=URL`. Raises `NetworkCreationException`."""
    return _choice("--broker", values, labels, _EMBEDDED, (_EMBEDDED, "amqp://", "amqps://"))


def p2p_choice(values: Iterable[str], labels: Sequence[str], brokers: Choice) -> Choice:
    """From `--p2p`: `unix`, `tcp`, `tcp:HOST`, `NAME=…`; only for nodes without a broker.

    Raises `NetworkCreationException`.
    """
    choice = _choice("--p2p", values, labels, _UNIX, (_UNIX, "tcp", "tcp:"))
    for value in (choice.common, *choice.own.values()):
        if value.startswith("tcp:") and not _HOST.fullmatch(value.removeprefix("tcp:")):
            raise NetworkCreationException(f"--p2p {value}: not a host name or address")
    served = next((label for label in choice.own if brokers.of(label) != _EMBEDDED), None)
    if served is not None:
        raise NetworkCreationException(f"--p2p {served}=…: {served} is reached at its broker")
    return choice


def tcp_address(p2p: str, port: int) -> str:
    """`host:port` for `tcp` (loopback) and `tcp:HOST`, empty for `unix`."""
    scheme, _, host = p2p.partition(":")
    return f"{host or _LOOPBACK}:{port}" if scheme == "tcp" else ""


def check_notary_workers(nodes: Iterable[PlannedNode], databases: Choice, brokers: Choice) -> None:
    """Several workers compete at one queue of a broker, over one PostgreSQL database.

    Raises `NotaryWorkersException`, and `NetworkCreationException` without any worker.
    """
    first, *others = [node.label for node in nodes if node.role == "notary"] or [""]
    if not first:
        raise NetworkCreationException("a network needs a notary worker")
    if not others:
        return
    if not databases.common.startswith("postgresql://"):
        raise NotaryWorkersException("SQLite serves one worker only")
    own = next((one for one in (first, *others) if one in databases.own), None)
    if own is not None:
        raise NotaryWorkersException(f"--db {own}=… gives {own} a database of its own")
    alone = next((one for one in others if one in brokers.own), None)
    if alone is not None:
        raise NotaryWorkersException(f"--broker {alone}=… gives {alone} a broker of its own")
    if brokers.of(first) == _EMBEDDED:
        raise NotaryWorkersException("the embedded transport has one receiver for each queue")


def public_broker_url(url: str) -> str:
    """The broker's URL as peers get it: over TLS they log in by certificate, not by our password.

    Without TLS the credentials stay in: that is a development setting, and peers need some.
    """
    parts = urlsplit(url)
    if parts.scheme != "amqps":
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def host_and_port(url: str) -> str:
    """The address of a broker, `host:port`."""
    parts = urlsplit(url)
    default = 5671 if parts.scheme == "amqps" else 5672
    host = parts.hostname or "localhost"
    return f"[{host}]:{parts.port or default}" if ":" in host else f"{host}:{parts.port or default}"


def free_ports(count: int, entropy: Entropy) -> list[int]:
    """Ports on loopback that nobody listens on, all different.

    Raises `NetworkCreationException` when there aren't as many.
    """
    start = int.from_bytes(entropy(4))
    found: list[int] = []
    for step in range(len(_PORTS)):
        if len(found) == count:
            return found
        port = _PORTS[(start + step) % len(_PORTS)]
        if _is_free(port):
            found.append(port)
    raise NetworkCreationException(f"there are no {count} free ports on 127.0.0.1")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _party(text: str) -> PlannedNode:
    try:
        name = CordaX500Name.parse(text) if "=" in text else CordaX500Name(text, "London", "GB")
    except IllegalArgumentError as bad:
        raise NetworkCreationException(f"the party {text!r}: {bad}") from bad
    label = re.sub(r"[^A-Za-z0-9_-]+", "-", name.organisation).strip("-")
    if not label:
        raise NetworkCreationException(f"{text!r} gives no directory name: use letters or digits")
    return PlannedNode(label, name, "party")


def _notary_worker(number: int) -> PlannedNode:
    if number == 1:
        return PlannedNode(NOTARY_LABEL, NOTARY_NAME, "notary")
    label = f"{NOTARY_LABEL}{number}"
    return PlannedNode(label, replace(NOTARY_NAME, organisation=label), "notary")


def _refuse_doubles(values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise NetworkCreationException(f"{value} comes twice among the nodes")
        seen.add(value)


def _choice(
    option: str,
    values: Iterable[str],
    labels: Sequence[str],
    default: str,
    allowed: tuple[str, ...],
) -> Choice:
    common, own = "", dict[str, str]()
    for label, url in _split(values):
        if not any(url == a or (a.endswith(("/", ":")) and url.startswith(a)) for a in allowed):
            shown = urlsplit(url).scheme or url
            raise NetworkCreationException(f"{option} takes {', '.join(allowed)}…, not {shown!r}")
        if label and label not in labels:
            raise NetworkCreationException(f"{option} {label}=…: nodes are {', '.join(labels)}")
        if own.get(label) if label else common:
            raise NetworkCreationException(f"{option} is given twice for {label or 'all nodes'}")
        if label:
            own[label] = url
        else:
            common = url
    return Choice(common or default, own)


def _split(values: Iterable[str]) -> Iterator[tuple[str, str]]:
    for value in values:
        found = re.fullmatch(r"([A-Za-z0-9_-]+)=(.+)", value)
        yield (found[1], found[2]) if found else ("", value)
