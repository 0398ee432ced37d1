"""What a CorDapp's entry point gives the node."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from corda_sim.core.crypto.keys import KeyPair, PublicKey
from corda_sim.core.errors import IllegalStateError
from corda_sim.core.identity import Party
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.services import NodeServices

C = TypeVar("C", bound=type[Any])


def _no_flows(_: FlowLogic[Any]) -> str:
    raise IllegalStateError("This hub belongs to no node that runs flows.")


@dataclass(frozen=True, slots=True)
class AppServiceHub:
    """What a CorDapp's service is built from (net.corda.core.node.AppServiceHub).

    `settings` is the CorDapp's own table of node.toml (`notary`, `validator`, …), None where the
    node has none. `sign` signs with any key of the node's. `service_identity` is the party of a
    distributed service that this node is a member of, `service_key` its key. `start_flow` begins a
    flow, also while the node drains, and gives its id; it works once flows run.
    """

    services: NodeServices
    directory: Path
    database_url: str
    settings: Mapping[str, Any]
    sign: Callable[[PublicKey, bytes], bytes]
    service_identity: Party | None = None
    service_key: KeyPair | None = field(default=None, repr=False)
    start_flow: Callable[[FlowLogic[Any]], str] = field(default=_no_flows)
    crash: Callable[[str], None] = field(default=lambda _point: None)
    log: Callable[[str], None] = field(default=lambda _message: None)


ServiceFactory = Callable[[AppServiceHub], object | None]
"""Builds a CorDapp service, or None on a node that isn't to have it.

A service may have lifecycle events: `start()` when the node starts, `flows_at_start()` once its
flows run (STATE_MACHINE_STARTED), whose flows are started, and `async stop()` when it ends; and
`figures()`, the `Figure`s that it adds to the node's metrics. The node is ready once each service's
`why_not_ready()`, where there is one, says nothing.
"""


def corda_service(cls: C) -> C:
    """Declare a class a service that the node builds one of, from its hub alone (@CordaService).

    `CordApp.services` lists it; flows find it with `service_hub.cordapp_service(cls)`.

    Raises:
        IllegalStateError: its constructor wants something else than an AppServiceHub.
    """
    try:
        inspect.signature(cls).bind(None)
    except TypeError as error:
        raise IllegalStateError(
            f"{cls.__name__} is a CorDapp service: its constructor takes an AppServiceHub ({error})"
        ) from error
    return cls


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
