"""What all worlds of a process start from: one site, and disks on which cash was issued."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from corda_sim.flow.cordapp import AppServiceHub, CordApp
from corda_sim.node.cordapps import installed_cordapps
from corda_sim.node.network_plan import DEFAULT_VALIDATOR_ALLOW
from corda_sim.node.storage.migrate import upgrade
from corda_sim.testing.sim.disk import SimDisk
from corda_sim.testing.sim.notary import NotaryDisk, simulated_notary
from corda_sim.testing.sim.plan import NODES, PARTY_B
from corda_sim.testing.sim.poison import POISON_APP
from corda_sim.testing.site import NodeSpec, Site
from notary.hosting import HostedNotary, notary_service

_MIGRATIONS: Final = ("node", "accounts", "bridge", "cash", "validator")


@dataclass(frozen=True, slots=True)
class Images:
    """The content of all disks at one moment."""

    nodes: dict[str, sqlite3.Connection]
    notary: NotaryDisk


@dataclass(slots=True)
class Stage:
    """Made once a process, because making it takes as long as some worlds; one world at a time."""

    site: Site
    disks: dict[str, SimDisk]
    notary_disk: NotaryDisk = field(default_factory=NotaryDisk)
    monotonic: Callable[[], float] = lambda: 0.0

    @classmethod
    def make(cls, extra: Sequence[CordApp] = ()) -> "Stage":
        """A stage with empty databases; `extra` CorDapps beside the installed ones."""
        apps: list[CordApp] = []
        site = Site.make(NODES, apps, 0, validating=False)
        stage = cls(site, {name: SimDisk(name) for name in NODES})
        installed = [stage._simulated(app) for app in installed_cordapps()]
        stage.site = Site.make(NODES, [*installed, POISON_APP, *extra], 0, validating=False)
        for disk in stage.disks.values():
            upgrade(disk.url, _MIGRATIONS)
        return stage

    def _simulated(self, app: CordApp) -> CordApp:
        services = tuple(
            self._notary if factory is notary_service else factory for factory in app.services
        )
        return replace(app, services=services)

    def _notary(self, hub: AppServiceHub) -> HostedNotary | None:
        return simulated_notary(self.notary_disk, hub, self.monotonic)

    def spec(self, name: str) -> NodeSpec:
        """A node; PartyB is the validator of cash besides, so that three nodes play every part."""
        spec = self.site.spec(name, NO_DIRECTORY)
        if name == PARTY_B:
            spec.settings["validator"] = {"allow": DEFAULT_VALIDATOR_ALLOW}
        return spec

    def images(self) -> Images:
        """A copy of all disks."""
        nodes = {name: disk.image() for name, disk in self.disks.items()}
        return Images(nodes, self.notary_disk.copy())

    def load(self, images: Images) -> None:
        """Put a copy onto the disks."""
        for name, disk in self.disks.items():
            disk.load(images.nodes[name])
        self.notary_disk = images.notary.copy()


NO_DIRECTORY: Final = Path("/nonexistent")
"""Simulated nodes have no files."""
