"""Who a node is, what its CorDapps' services get, and settings that contradict its key stores."""

import asyncio
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from corda_sim.core.errors import IllegalStateError
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.network import NetworkParameters, NotaryInfo
from corda_sim.core.settings_errors import ConfigurationException
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.cordapp import AppServiceHub, CordApp
from corda_sim.flow.logic import FlowLogic
from corda_sim.node.app_services import app_service_hub, start_services, stop_services
from corda_sim.node.assembly import NodeIdentity, build_hub, check_mode, load_identity
from corda_sim.node.cert_errors import KeyStoreException
from corda_sim.node.certificates import DevelopmentHierarchy
from corda_sim.node.config import NodeConfiguration
from corda_sim.node.fresh_keys import FRESH_ROOT_FILE, FreshKeyRoot
from corda_sim.node.services import ServiceHub
from corda_sim.node.storage.database import SqlStorage

NOW = datetime(2026, 11, 24, tzinfo=UTC)
NAME, CLUSTER = (CordaX500Name(name, "Zurich", "CH") for name in ("Worker", "Notary Service"))
HIERARCHY = DevelopmentHierarchy.create(NOW, os.urandom)
PASSWORD = "a password"


def config(**settings: object) -> NodeConfiguration:
    base = {"myLegalName": NAME, "p2pAddress": "h:1", "rpcSettings": {"address": "h:2"}}
    return NodeConfiguration.model_validate({**base, "keyStorePassword": PASSWORD, **settings})


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    made = HIERARCHY.node(NAME, NOW)
    made.store(tmp_path, PASSWORD)
    FreshKeyRoot(b"r" * 32).store(tmp_path / FRESH_ROOT_FILE, PASSWORD, os.urandom)
    return tmp_path


@pytest.fixture
def worker(certificates: Path) -> NodeIdentity:
    made = replace(HIERARCHY.node(NAME, NOW), service=HIERARCHY.service(CLUSTER, NOW))
    made.store(certificates, PASSWORD)
    return load_identity(config(), certificates)


def hub_of(storage: SqlStorage, identity: NodeIdentity, *notaries: Party) -> ServiceHub:
    infos = tuple(NotaryInfo(notary, validating=True) for notary in notaries)
    parameters = NetworkParameters(4, infos, 10_000, 10_000, NOW, 1)
    parties = [identity.party]
    return build_hub(
        storage,
        identity,
        parameters,
        [],
        parties,
        WriteBatch(),
        clock=lambda: 0,
        entropy=bytes,
    )


def test_a_plain_node_has_one_key(certificates: Path) -> None:
    found = load_identity(config(), certificates)
    assert found.party == Party(NAME, found.own.public)
    assert found.service is None
    assert found.keys == (found.own,)
    assert found.root.secret == b"r" * 32


def test_a_worker_signs_for_its_service_too(worker: NodeIdentity) -> None:
    assert worker.service is not None
    assert worker.keys == (worker.own, worker.service)


def test_another_password_opens_nothing(certificates: Path) -> None:
    with pytest.raises(KeyStoreException, match="password"):
        load_identity(config(keyStorePassword="wrong"), certificates)


def test_no_secret_shows(worker: NodeIdentity) -> None:
    assert (b"r" * 32).hex() not in repr(worker)
    assert "r" * 32 not in repr(worker)
    assert repr(worker.own.private.native) not in repr(worker)
    assert PASSWORD not in repr(config())


def test_a_development_root_is_for_development(tmp_path: Path) -> None:
    check_mode(config(), tmp_path, HIERARCHY.trust_root)
    with pytest.raises(ConfigurationException, match="devMode: false, but"):
        check_mode(config(devMode=False), tmp_path, HIERARCHY.trust_root)
    check_mode(config(devMode=False), tmp_path, HIERARCHY.node(NAME, NOW).tls.path[-1])


def test_services_get_their_settings_and_the_notarys_ledger(
    storage: SqlStorage, worker: NodeIdentity, tmp_path: Path
) -> None:
    assert worker.service is not None
    cluster = Party(CLUSTER, worker.service.public)
    hub = hub_of(storage, worker, cluster)
    plain = app_service_hub(config(), tmp_path, hub, worker, no_flow)
    assert plain.settings == {}
    assert plain.database_url == f"sqlite:///{tmp_path}/node.db"
    assert plain.service_identity == cluster
    notary = {"validating": True, "serviceLegalName": str(CLUSTER)}
    made = app_service_hub(config(notary=notary), tmp_path, hub, worker, no_flow)
    assert made.settings["notary"]["etaMessageThresholdSeconds"] == 10
    assert made.database_url == f"sqlite:///{tmp_path}/notary.db"
    assert made.service_key == worker.service


@pytest.mark.parametrize("listed", [True, False])
def test_the_service_key_is_that_of_the_service_named(
    storage: SqlStorage, worker: NodeIdentity, tmp_path: Path, listed: bool
) -> None:
    assert worker.service is not None
    other = Party(CordaX500Name("Other Service", "Zurich", "CH"), worker.service.public)
    hub = hub_of(storage, worker, *([other] if listed else []))
    settings = config(notary={"validating": True, "serviceLegalName": str(CLUSTER)})
    with pytest.raises(IllegalStateError, match="Other Service" if listed else "no notary"):
        app_service_hub(settings, tmp_path, hub, worker, no_flow)


def no_flow(logic: FlowLogic[Any]) -> str:
    raise AssertionError(f"nobody starts {logic}")


@dataclass
class Service:
    """Tells what was done to it."""

    calls: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.calls.append("start")

    async def stop(self) -> None:
        self.calls.append("stop")
        raise RuntimeError("the next one is stopped all the same")


class Other(Service):
    pass


class Silent:
    pass


def test_services_start_and_stop_with_the_node(
    storage: SqlStorage, worker: NodeIdentity, tmp_path: Path
) -> None:
    hub = hub_of(storage, worker)
    app_hub = app_service_hub(config(), tmp_path, hub, worker, no_flow)
    seen: list[AppServiceHub] = []

    def build(given: AppServiceHub) -> Service:
        seen.append(given)
        return Service()

    apps = [
        CordApp("one", services=(build, lambda _: None)),
        CordApp("two", services=(lambda _: Other(), lambda _: Silent())),
    ]
    start_services(hub, apps, app_hub)
    services = hub.cordapp_services
    assert seen == [app_hub]
    assert list(services) == [Service, Other, Silent]
    asyncio.run(stop_services(hub))
    assert [getattr(one, "calls", None) for one in services.values()] == [
        ["start", "stop"],
        ["start", "stop"],
        None,
    ]
