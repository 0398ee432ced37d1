"""The CorDapps' services: what they are built from, their start and their end with the node."""

import contextlib
import logging
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from corda_sim.core.errors import IllegalStateError
from corda_sim.core.identity import Party
from corda_sim.flow.cordapp import AppServiceHub, CordApp
from corda_sim.flow.logic import FlowLogic
from corda_sim.node.assembly import NodeIdentity
from corda_sim.node.config import NodeConfiguration
from corda_sim.node.crash import CrashPoint, hit
from corda_sim.node.node_files import CERTIFICATES
from corda_sim.node.services import ServiceHub

LOGGER = logging.getLogger(__name__)


def app_service_hub(
    config: NodeConfiguration,
    node_dir: Path,
    hub: ServiceHub,
    identity: NodeIdentity,
    start_flow: Callable[[FlowLogic[Any]], str],
) -> AppServiceHub:
    """What this node's CorDapp services are built from; a notary's database is its ledger.

    `start_flow` begins a flow for a service and gives its id.

    Raises: `IllegalStateError` when the node's service key isn't that of `notary.serviceLegalName`.
    """
    source = (config.notary or config).data_source_properties
    settings = {
        name: table.model_dump(by_alias=True)
        for name, table in (("notary", config.notary), ("validator", config.validator))
        if table is not None
    }
    return AppServiceHub(
        services=hub,
        directory=node_dir / CERTIFICATES,
        database_url=source.resolve(node_dir),
        settings=settings,
        sign=hub.sign,
        service_identity=_service_party(config, hub, identity),
        service_key=identity.service,
        start_flow=start_flow,
        crash=lambda point: hit(CrashPoint(point)),
        log=LOGGER.warning,
    )


def _service_party(
    config: NodeConfiguration, hub: ServiceHub, identity: NodeIdentity
) -> Party | None:
    if identity.service is None:
        return None
    key = identity.service.public
    notaries = (notary.identity for notary in hub.network_parameters.notaries)
    found = next((party for party in notaries if party.owning_key == key), None)
    wanted = None if config.notary is None else config.notary.service_legal_name
    if wanted is not None and (found is None or found.name != wanted):
        named = "no notary of the network" if found is None else f"{found.name}'s"
        raise IllegalStateError(
            f"notary.serviceLegalName is {wanted}, but this node's service key is {named}"
        )
    return found


def start_services(hub: ServiceHub, apps: Iterable[CordApp], app_hub: AppServiceHub) -> None:
    """Build the services of the CorDapps and tell each that the node starts."""
    for app in apps:
        for factory in app.services:
            service = factory(app_hub)
            if service is None:
                continue
            hub.cordapp_services[type(service)] = service
            start = getattr(service, "start", None)
            if start is not None:
                start()


async def stop_services(hub: ServiceHub) -> None:
    """Stop them all, whatever one of them raises."""
    for service in hub.cordapp_services.values():
        stop = getattr(service, "stop", None)
        if stop is not None:
            with contextlib.suppress(Exception):
                await stop()
