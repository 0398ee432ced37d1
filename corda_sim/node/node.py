"""A node process: one loop, one committer, one lease (net.corda.node.internal.AbstractNode)."""

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from corda_sim.core.crypto.crypto import load_private_key
from corda_sim.core.crypto.keys import KeyPair
from corda_sim.core.identity import Party
from corda_sim.core.serialization import serialize
from corda_sim.core.write_batch import WriteBatch
from corda_sim.flow.cordapp import AppServiceHub
from corda_sim.flow.effects import (
    Effect,
    ExternalEffect,
    FlowEnded,
    RetryEffect,
    SendEffect,
    TimerEffect,
)
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.manager import StateMachineManager
from corda_sim.flow.settings import EngineSettings
from corda_sim.node import crash
from corda_sim.node.assembly import (
    NodeIdentity,
    TableRows,
    build_hub,
    registry_of,
    start_services,
)
from corda_sim.node.attachments import load_trusted
from corda_sim.node.certificates import NodeCertificates
from corda_sim.node.committer import CommitCycle, Committer
from corda_sim.node.config import NodeConfiguration, load_config
from corda_sim.node.cordapps import installed_cordapps
from corda_sim.node.engine_room import EngineRoom, Outside
from corda_sim.node.fresh_keys import FRESH_ROOT_FILE, FreshKeyRoot
from corda_sim.node.health import HealthServer
from corda_sim.node.key_stores import KeyEntry, read_trust_store
from corda_sim.node.lease import Lease, LeaseKeeper, LeaseSettings
from corda_sim.node.messaging.service import (
    InboundPack,
    MessagingService,
    MessagingSettings,
    OurIdentity,
)
from corda_sim.node.metrics import EngineCollector, MessagingFigures
from corda_sim.node.network_map import POLL_INTERVAL_SECONDS, NetworkMapCache
from corda_sim.node.network_parameters import (
    load_past_parameters,
    read_network_parameters,
    stage_network_parameters,
    verify_network_parameters,
)
from corda_sim.node.node_files import CERTIFICATES, CORDAPPS, RunFile
from corda_sim.node.parameters_storage import NodeParametersStorage
from corda_sim.node.storage.database import SqlStorage
from corda_sim.node.storage.migrate import upgrade
from corda_sim.node.transports import make_transport

LOGGER = logging.getLogger(__name__)
FENCED_EXIT_CODE = 75
PURGE_INTERVAL_SECONDS = 60.0
READ_PATIENCE_SECONDS = 600.0


class _Delivery:
    """A pack of which each message is settled by its own step."""

    __slots__ = ("remaining", "tag")

    def __init__(self, pack: InboundPack) -> None:
        self.tag, self.remaining = pack.delivery, len(pack.messages)


class Node:
    """One node over its directory. `run` returns when `stop` was called."""

    def __init__(self, node_dir: Path, config: NodeConfiguration | None = None) -> None:
        self.directory = node_dir
        self.config: NodeConfiguration = config or load_config(node_dir)
        self.metrics_registry = CollectorRegistry()
        self.ready = False
        self.rpc_address = self.config.rpc_settings.address
        self._stopping = asyncio.Event()
        self._lease_wanted = threading.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._fatal: Exception | None = None
        self.apps = installed_cordapps()

    # --- life ---------------------------------------------------------------------------------

    async def open(self) -> bool:
        """Wait for the lease, then bring up engine and messaging; False when stopped before."""
        self.health = HealthServer(
            self.config.health_address, self.metrics_registry, self.why_not_ready
        )
        self.health.start()
        url = self.config.database_url(self.directory)
        branches = sorted({branch for app in self.apps for branch in app.migrations} - {"notary"})
        upgrade(url, ("node", *branches))
        tag = f"corda-sim-{os.getpid()}-{time.monotonic_ns()}"
        self.storage = SqlStorage(url, tag=tag, patience_seconds=READ_PATIENCE_SECONDS)
        if not await self._acquire_lease():
            return False
        self._assemble()
        await self._begin()
        return True

    async def _acquire_lease(self) -> bool:
        mutual = self.config.enterprise_configuration.mutual_exclusion_configuration
        settings = LeaseSettings(mutual.wait_interval / 1000, mutual.update_interval / 1000)
        self.lease = Lease(self.storage, settings)
        self._write_run_file("standby")
        epoch = await asyncio.to_thread(self.lease.wait, self._lease_wanted)
        if epoch is None:
            return False
        self._keeper = LeaseKeeper(self.lease, self._fenced)
        self._keeper.start()
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
        """Stop taking messages, give up the lease, close everything."""
        self.ready = False
        if hasattr(self, "messaging"):
            await self.messaging.stop()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for service in self.hub.cordapp_services.values():
                await _stop_service(service)
            self._keeper.stop()
        self.storage.close()
        self.health.stop()
        self._run_file.unlink(missing_ok=True)

    # --- assembly -----------------------------------------------------------------------------

    def _assemble(self) -> None:
        config = self.config
        certificates = self.directory / CERTIFICATES
        entries = NodeCertificates.load(certificates, config.key_store_password)
        root = read_trust_store(certificates / "truststore.pem")
        self._trust_root = root
        signed = read_network_parameters(self.directory, root, _now())
        parameters = verify_network_parameters(signed, root, _now())
        identity = self._identity(entries, certificates)
        batch = WriteBatch()
        stage_network_parameters(batch, signed)
        self.hub = build_hub(
            self.storage,
            identity,
            parameters,
            load_trusted(self.directory / CORDAPPS),
            [identity.party],
            batch,
            clock=time.time_ns,
            entropy=os.urandom,
        )
        rows = TableRows(self.storage)
        self.hub.past_parameters.update(load_past_parameters(rows.rows("node_network_parameters")))
        self.network_map = NetworkMapCache(
            self.directory, root, parameters, self.hub.identities, _now
        )
        self.network_map.load(rows.rows("node_infos"), batch)
        self.network_map.poll(batch)
        self.hub.members.update(self.network_map.service_members())
        self.storage.commit([batch], epoch=self.lease.epoch)
        self._build_engine()
        self._build_messaging(bytes(parameters.hash), parameters.max_message_size)

    def _identity(self, entries: NodeCertificates, certificates: Path) -> NodeIdentity:
        pair = _pair(entries.identity)
        self._service_pair = None if entries.service is None else _pair(entries.service)
        keys = (pair,) if self._service_pair is None else (pair, self._service_pair)
        root = FreshKeyRoot.load(certificates / FRESH_ROOT_FILE, self.config.key_store_password)
        return NodeIdentity(Party(self.config.my_legal_name, pair.public), keys, root)

    def _build_engine(self) -> None:
        self.registry = registry_of(self.apps)
        cleanup = self.config.enterprise_configuration.processed_message_cleanup
        settings = EngineSettings(
            message_retention=int(cleanup.general_retention_period_in_days * 86_400 * 10**9),
            reload_checkpoint_after_suspend=self.config.reload_checkpoint_after_suspend,
            flow_timeout=self.config.flow_timeout.for_engine(),
        )
        self.manager = StateMachineManager(self.hub, self.registry, settings)
        outside = Outside(self._send, self._ack, self._timer, self._external, self._retry)
        self.room = EngineRoom(self.manager, self.hub, outside)
        cycle = CommitCycle(self.manager, self.room.perform)
        self.committer = Committer(
            self.storage,
            cycle,
            self._on_fatal,
            epoch=lambda: self.lease.epoch,
            inline=self.storage.writer.dialect.name == "sqlite",
        )
        self.metrics_registry.register(EngineCollector(self.manager, cycle, self.hub))

    def _build_messaging(self, network_id: bytes, max_message_size: int) -> None:
        own = self.hub.our_identity
        service_keys = () if self._service_pair is None else (self._service_pair.public,)
        identity = OurIdentity(own, _OwnSigner(self), service_keys)
        transport = make_transport(
            self.config, self.directory, identity, network_id, max_message_size
        )
        self.messaging = MessagingService(
            transport,
            identity,
            self.network_map,
            MessagingSettings(network_id, max_message_size),
            time.time_ns,
            MessagingFigures(self.metrics_registry),
        )

    async def _begin(self) -> None:
        self._start_services()
        self._spawn(self.committer.run())
        effects = self.room.recover()
        await self.messaging.start(self._on_pack, self._on_confirmed)
        self.room.perform(effects)
        self.committer.wake()
        self._spawn(self._poll_network_map())
        self._spawn(self._purge_message_ids())
        self.room.start_service_flows()
        self.committer.wake()

    def _start_services(self) -> None:
        own = NodeParametersStorage(self.storage, self.hub, self._trust_root, _now)
        self.hub.cordapp_services[NodeParametersStorage] = own
        notary = self.config.notary
        service_name = None if self._service_pair is None else self._service_party()
        settings: dict[str, Any] = {}
        if notary is not None:
            settings["notary"] = notary.model_dump(by_alias=True)
        if self.config.validator is not None:
            settings["validator"] = self.config.validator.model_dump(by_alias=True)
        url = self.config.database_url(self.directory)
        if notary is not None:
            url = notary.data_source_properties.resolve(self.directory)
            upgrade(url, ("notary",))
        app_hub = AppServiceHub(
            services=self.hub,
            directory=self.directory / CERTIFICATES,
            database_url=url,
            settings=settings,
            sign=self.hub.sign,
            service_identity=service_name,
            service_key=self._service_pair,
            start_flow=self._start_service_flow,
            crash=lambda point: crash.hit(crash.CrashPoint(point)),
            log=LOGGER.warning,
        )
        start_services(self.hub, self.apps, app_hub)

    def _service_party(self) -> Party | None:
        pair = self._service_pair
        notaries = self.hub.network_parameters.notaries
        found = [n.identity for n in notaries if pair and n.identity.owning_key == pair.public]
        return found[0] if found else None

    def _start_service_flow(self, logic: FlowLogic[Any]) -> str:
        flow_id = self.room.start_service_flow(logic)
        self.committer.wake()
        return flow_id

    # --- the engine's outside -----------------------------------------------------------------

    def _on_pack(self, pack: InboundPack) -> None:
        delivery = _Delivery(pack)
        for message in pack.messages:
            self.manager.on_message(pack.sender, message, delivery)
        self.committer.wake()

    def _on_confirmed(self, tokens: Sequence[str]) -> None:
        for token in tokens:
            self.manager.confirmed(token)
        self.committer.wake()

    def _send(self, sends: Sequence[SendEffect]) -> None:
        self.messaging.send_all((s.recipient, s.message, s.token) for s in sends)

    def _ack(self, deliveries: Sequence[object]) -> None:
        settled = []
        for delivery in deliveries:
            if isinstance(delivery, _Delivery):
                delivery.remaining -= 1
                if not delivery.remaining:
                    settled.append(delivery.tag)
        if settled:
            self.messaging.ack(settled)

    def _timer(self, effect: TimerEffect) -> None:
        delay = max(0.0, (effect.deadline - time.time_ns()) / 1e9)

        def fire() -> None:
            self.manager.timer_fired(effect.flow_id, effect.step)
            self.committer.wake()

        asyncio.get_running_loop().call_later(delay, fire)

    def _retry(self, effect: RetryEffect) -> None:
        def again() -> None:
            self.perform(self.manager.discharge(effect.flow_id))

        asyncio.get_running_loop().call_later(effect.delay, again)

    def _external(self, effect: ExternalEffect) -> None:
        self._spawn(self._run_external(effect))

    async def _run_external(self, effect: ExternalEffect) -> None:
        try:
            result = await effect.operation.execute(effect.deduplication_id)
            outcome: bytes | Exception = serialize(result)
        except Exception as error:  # noqa: BLE001 - the flow gets whatever it was
            outcome = error
        self.manager.operation_done(effect.flow_id, effect.step, outcome)
        self.committer.wake()

    async def _poll_network_map(self) -> None:
        while True:
            await asyncio.sleep(POLL_INTERVAL_SECONDS)
            batch = WriteBatch()
            change = self.network_map.poll(batch)
            if batch:
                self.manager.shared_step().batch.extend(batch)
                self.committer.wake()
            if change:
                self.hub.members.update(self.network_map.service_members())
                self.messaging.network_map_changed()

    async def _purge_message_ids(self) -> None:
        while True:
            await asyncio.sleep(PURGE_INTERVAL_SECONDS)
            if self.room.purge_message_ids():
                self.committer.wake()

    def _spawn(self, work: Any) -> None:  # noqa: ANN401 - any coroutine
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_fatal(self, error: Exception) -> None:
        LOGGER.critical("the node can't go on: %s", error)
        self._fatal = error
        self._stopping.set()

    def set_draining(self, enabled: bool) -> None:
        """Take no new flows, over restarts too; or take them again, kept session-inits first."""
        self.room.set_draining(enabled)
        self.committer.wake()

    # --- for RPC ------------------------------------------------------------------------------

    def perform(self, effects: Sequence[Effect]) -> None:
        """Carry out effects of a command given to the manager, and commit what it staged."""
        self.room.perform(effects)
        self.committer.wake()

    def start_flow(
        self, logic: FlowLogic[Any], started_by: str, client_id: str | None = None
    ) -> tuple[str, asyncio.Future[FlowEnded]]:
        """Begin a flow: its id, and its outcome once it has one."""
        flow_id = self.manager.start_flow(logic, started_by, client_id)
        outcome: asyncio.Future[FlowEnded] = asyncio.get_running_loop().create_future()

        def tell(ended: FlowEnded) -> None:
            if not outcome.done():
                outcome.set_result(ended)

        self.room.when_ended(flow_id, tell)
        self.committer.wake()
        return flow_id, outcome


class _OwnSigner:
    """Signs packs with the legal identity's key."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def sign(self, data: bytes) -> bytes:
        """The signature of the identity key over `data`."""
        hub = self._node.hub
        return hub.sign(hub.our_identity.owning_key, data)


def _pair(entry: KeyEntry) -> KeyPair:
    return load_private_key(entry.pkcs8)


def _now() -> datetime:
    return datetime.now(UTC)


async def _stop_service(service: object) -> None:
    stop = getattr(service, "stop", None)
    if stop is not None:
        with contextlib.suppress(Exception):
            await stop()
