"""What a CorDapp's entry point gives the node."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corda_sim.core.crypto.keys import KeyPair, PublicKey
from corda_sim.core.identity import Party
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.services import NodeServices


@dataclass(frozen=True, slots=True)
class AppServiceHub:
    """What a CorDapp's service is built from (net.corda.core.node.AppServiceHub).

    `settings` is the CorDapp's own table of node.toml (`notary`, `validator`, …), None where the
    node has none. `sign` signs with any key of the node's. `service_identity` is the party of a
    distributed service that this node is a member of, `service_key` its key.
    """

    services: NodeServices
    directory: Path
    database_url: str
    settings: Mapping[str, Any]
    sign: Callable[[PublicKey, bytes], bytes]
    service_identity: Party | None = None
    service_key: KeyPair | None = field(default=None, repr=False)
    crash: Callable[[str], None] = field(default=lambda _point: None)
    log: Callable[[str], None] = field(default=lambda _message: None)


ServiceFactory = Callable[[AppServiceHub], object | None]
"""Builds a CorDapp service (@CordaService), or None on a node that isn't to have it.

A service may have `start()` and `async stop()`: lifecycle events of the node; and `figures()`, the
`Figure`s that it adds to the node's metrics. The node is ready once each service's
`why_not_ready()`, where there is one, says nothing.
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure among the node's metrics: `name` is `<group>_<name>`, `help` tells Corda's meter.

    One with `is_total` only grows, another goes up and down.
    """

    name: str
    help: str
    value: float
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class CordApp:
    """A CorDapp: the object that an entry point of the group `corda_sim.cordapps` names.

    `contract_packages` are packages of which contract archives are built; `migrations` are the
    labels of the Alembic branches of its tables, `services` builds its CorDapp services.
    """

    name: str
    flows: tuple[type[FlowLogic[Any]], ...] = ()
    contract_packages: tuple[str, ...] = ()
    migrations: tuple[str, ...] = ()
    services: tuple[ServiceFactory, ...] = ()
