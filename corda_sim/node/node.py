"""A node process: one loop, one committer, one lease (net.corda.node.internal.AbstractNode)."""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry

from corda_sim.core.errors import IllegalStateError
from corda_sim.core.network import NetworkParameters
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.effects import Effect, FlowEnded
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.settings import EngineSettings
from corda_sim.node.app_services import app_service_hub, start_services, stop_services
from corda_sim.node.assembly import TableRows, build_hub, check_mode, load_identity, registry_of
from corda_sim.node.attachments import load_trusted
from corda_sim.node.certificates import TRUST_STORE_FILE
from corda_sim.node.config import NodeConfiguration, load_config
from corda_sim.node.cordapps import installed_cordapps
from corda_sim.node.engine import NodeEngine
from corda_sim.node.health import HealthServer
from corda_sim.node.key_stores import read_trust_store
from corda_sim.node.lease import Lease, LeaseKeeper, LeaseSettings
from corda_sim.node.messaging.figures import MessagingFigures
from corda_sim.node.messaging.service import MessagingService, MessagingSettings, OurIdentity
from corda_sim.node.metrics import EngineCollector, FlowFigures
from corda_sim.node.network_map import POLL_INTERVAL_SECONDS, NetworkMapCache
from corda_sim.node.network_parameters import (
    load_past_parameters,
    read_network_parameters,
    stage_network_parameters,
    verify_network_parameters,
)
from corda_sim.node.node_files import CERTIFICATES, RunFile
from corda_sim.node.parameters_storage import NodeParametersStorage
from corda_sim.node.services import ServiceHub
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.storage.errors import FencedException
from corda_sim.node.storage.migrate import upgrade
from corda_sim.node.transports import make_transport

LOGGER = logging.getLogger(__name__)
FENCED_EXIT_CODE: Final = 75
READ_PATIENCE_SECONDS: Final = 600.0


class Node:
    """One node over its directory: its life, its parts, and what RPC asks of it."""

    def __init__(self, node_dir: Path, config: NodeConfiguration | None = None) -> None:
        self.directory = node_dir
        self.config: NodeConfiguration = config or load_config(node_dir)
        self.metrics_registry = CollectorRegistry()
        self.ready = False
        self.rpc_address = self.config.rpc_settings.address
        self.apps = installed_cordapps()
        self._stopping = asyncio.Event()
        self._lease_wanted = threading.Event()
        self._fatal: Exception | None = None
        self._engine: NodeEngine | None = None
        self._closing = AsyncExitStack()

    # --- life ---------------------------------------------------------------------------------

    async def open(self) -> bool:
        """Wait for the lease, then bring up engine and messaging; False when stopped before."""
        self.health = HealthServer(
            self.config.health_address, self.metrics_registry, self.why_not_ready
        )
        self.health.start()
        self._closing.callback(self.health.stop)
        url = self.config.database_url(self.directory)
        branches = sorted({branch for app in self.apps for branch in app.migrations} - {"notary"})
        upgrade(url, ("node", *branches))
        tag = f"corda-sim-{os.getpid()}-{time.monotonic_ns()}"
        self.storage = SqlStorage(url, tag=tag, patience_seconds=READ_PATIENCE_SECONDS)
        self._closing.callback(self.storage.close)
        if not await self._acquire_lease():
            return False
        self._assemble()
        await self._begin(self._build_engine())
        return True

    async def _acquire_lease(self) -> bool:
        mutual = self.config.enterprise_configuration.mutual_exclusion_configuration
        settings = LeaseSettings(mutual.wait_interval / 1000, mutual.update_interval / 1000)
        self.lease = Lease(self.storage, settings)
        self._write_run_file("standby")
        self._closing.callback(lambda: self._run_file.unlink(missing_ok=True))
        epoch = await asyncio.to_thread(self.lease.wait, self._lease_wanted)
        if epoch is None:
            return False
        keeper = LeaseKeeper(self.lease, self._fenced)
        keeper.start()
        self._closing.callback(keeper.stop)
        return True

    def _fenced(self, error: Exception) -> None:
        LOGGER.critical("another process holds the lease, leaving at once: %s", error)
        os._exit(FENCED_EXIT_CODE)

    def _write_run_file(self, state: str) -> None:
        name = str(self.config.my_legal_name)
        me = RunFile(
            name, str(self.directory), os.getpid(), state, self.rpc_address, self.health.address
        )
        self._run_file = me.write(self.directory)

    def announce_ready(self, rpc_address: str | None = None) -> None:
        """Tell the run file and `/ready` that the node works; RPC listens at `rpc_address`."""
        self.rpc_address = rpc_address or self.rpc_address
        self._write_run_file("ready")
        self.ready = True

    def why_not_ready(self) -> str:
        """`standby` before the node works, then what its services still wait for; empty if ready.

        CorDapp services say so in their `why_not_ready`.
        """
        if not self.ready:
            return "standby"
        services = self.hub.cordapp_services.values()
        reasons = (getattr(service, "why_not_ready", str)() for service in services)
        return "\n".join(filter(None, reasons))

    def stop(self) -> None:
        """Ask the node to end."""
        self._lease_wanted.set()
        self._stopping.set()

    async def wait_stopped(self) -> None:
        """Return once `stop` was called; raises what ended the node by itself."""
        await self._stopping.wait()
        if self._fatal is not None:
            raise self._fatal

    async def close(self) -> None:
        """Stop taking messages, give up the lease, close everything that `open` got to."""
        self.ready = False
        await self._closing.aclose()

    def _on_fatal(self, error: Exception) -> None:
        if isinstance(error, FencedException):
            self._fenced(error)
        LOGGER.critical("the node can't go on: %s", error)
        self._fatal = error
        self._stopping.set()

    # --- assembly -----------------------------------------------------------------------------

    def _assemble(self) -> None:
        certificates = self.directory / CERTIFICATES
        self._trust_root = read_trust_store(certificates / TRUST_STORE_FILE)
        check_mode(self.config, self.directory, self._trust_root)
        self._identity = load_identity(self.config, certificates)
        batch = WriteBatch()
        parameters = self._parameters(batch)
        self.hub = self._build_hub(parameters, batch)
        self.network_map = self._build_network_map(parameters, batch)
        self.hub.members.update(self.network_map.service_members())
        self.storage.commit([batch], epoch=self.lease.epoch)

    def _parameters(self, batch: WriteBatch) -> NetworkParameters:
        signed = read_network_parameters(self.directory, self._trust_root, _now())
        stage_network_parameters(batch, signed)
        return verify_network_parameters(signed, self._trust_root, _now())

    def _build_hub(self, parameters: NetworkParameters, batch: WriteBatch) -> ServiceHub:
        hub = build_hub(
            self.storage,
            self._identity,
            parameters,
            load_trusted(*self.config.cordapp_folders(self.directory)),
            [self._identity.party],
            batch,
            clock=time.time_ns,
            entropy=os.urandom,
            cache_bytes=self.config.transaction_cache_size_mega_bytes * 1024 * 1024,
        )
        rows = TableRows(self.storage).rows("node_network_parameters")
        hub.past_parameters.update(load_past_parameters(rows))
        hub.workers = self._workers()
        own = NodeParametersStorage(self.storage, hub, self._trust_root, _now)
        hub.cordapp_services[NodeParametersStorage] = own
        return hub

    def _workers(self) -> Executor:
        # One thread: Python runs one at a time, another would only take its time from the loop.
        pool = ThreadPoolExecutor(1, "worker")
        self._closing.callback(pool.shutdown, wait=False, cancel_futures=True)
        return pool

    def _build_network_map(
        self, parameters: NetworkParameters, batch: WriteBatch
    ) -> NetworkMapCache:
        known = NetworkMapCache(
            self.directory, self._trust_root, parameters, self.hub.identities, _now
        )
        known.load(TableRows(self.storage).rows("node_infos"), batch)
        known.poll(batch)
        return known

    def _build_messaging(self) -> MessagingService:
        parameters, service = self.hub.network_parameters, self._identity.service
        identity = OurIdentity(
            self._identity.party,
            _OwnSigner(self.hub),
            () if service is None else (service.public,),
        )
        return MessagingService(
            make_transport(self.config, self.directory, identity, parameters, self.network_map),
            identity,
            self.network_map,
            MessagingSettings(bytes(parameters.hash), parameters.max_message_size),
            time.time_ns,
            MessagingFigures(self.metrics_registry),
        )

    def _build_engine(self) -> NodeEngine:
        self.messaging = self._build_messaging()
        self.registry = registry_of(self.apps)
        cleanup = self.config.enterprise_configuration.processed_message_cleanup
        settings = EngineSettings(
            message_retention=int(cleanup.general_retention_period_in_days * 86_400 * 10**9),
            reload_checkpoint_after_suspend=self.config.reload_checkpoint_after_suspend,
            flow_timeout=self.config.flow_timeout.for_engine(),
            large_transaction=self.config.large_transaction_bytes,
        )
        engine = NodeEngine(
            self.storage,
            self.hub,
            self.messaging,
            self.registry,
            settings,
            epoch=lambda: self.lease.epoch,
            on_fatal=self._on_fatal,
        )
        self.manager, self.room = engine.manager, engine.room
        self.metrics_registry.register(
            EngineCollector(engine.manager, engine.committer.cycle, self.hub)
        )
        engine.room.subscribers.append(FlowFigures(self.metrics_registry).note)
        return engine

    async def _begin(self, engine: NodeEngine) -> None:
        self._engine = engine
        self._closing.push_async_callback(stop_services, self.hub)
        self._closing.push_async_callback(engine.stop)
        app_hub = app_service_hub(
            self.config, self.directory, self.hub, self._identity, engine.start_service_flow
        )
        if self.config.notary is not None:
            upgrade(app_hub.database_url, ("notary",))
        start_services(self.hub, self.apps, app_hub)
        await engine.start()
        engine.spawn(self._poll_network_map(engine))
        engine.start_service_flows()

    async def _poll_network_map(self, engine: NodeEngine) -> None:
        while True:
            await asyncio.sleep(POLL_INTERVAL_SECONDS)
            batch = WriteBatch()
            change = self.network_map.poll(batch)
            if batch:
                engine.manager.shared_step().batch.extend(batch)
                engine.committer.wake()
            if change:
                self.hub.members.update(self.network_map.service_members())
                self.messaging.network_map_changed()

    # --- for RPC ------------------------------------------------------------------------------

    @property
    def engine(self) -> NodeEngine:
        """The running engine. Raises `IllegalStateError` before `open` and on a standby."""
        if self._engine is None:
            raise IllegalStateError("this process holds no lease: the node isn't up")
        return self._engine

    def perform(self, effects: Sequence[Effect]) -> None:
        """See `NodeEngine.perform`."""
        self.engine.perform(effects)

    def start_flow(
        self, logic: FlowLogic[Any], started_by: str, client_id: str | None = None
    ) -> tuple[str, asyncio.Future[FlowEnded]]:
        """See `NodeEngine.start_flow`."""
        return self.engine.start_flow(logic, started_by, client_id)

    def set_draining(self, enabled: bool) -> None:
        """See `NodeEngine.set_draining`."""
        self.engine.set_draining(enabled)


class _OwnSigner:
    """Signs packs with the legal identity's key."""

    def __init__(self, hub: ServiceHub) -> None:
        self._hub = hub

    def sign(self, data: bytes) -> bytes:
        """The signature of the identity key over `data`."""
        return self._hub.sign(self._hub.our_identity.owning_key, data)


def _now() -> datetime:
    return datetime.now(UTC)
