"""What a CorDapp's entry point gives the node."""

from dataclasses import dataclass
from typing import Any

from corda_sim.flow.logic import FlowLogic


@dataclass(frozen=True, slots=True)
class CordApp:
    """A CorDapp: the object that an entry point of the group `corda_sim.cordapps` names.

    `contract_packages` are packages of which contract archives are built; `migrations` are the
    labels of the Alembic branches that its tables come from.
    """

    name: str
    flows: tuple[type[FlowLogic[Any]], ...] = ()
    contract_packages: tuple[str, ...] = ()
    migrations: tuple[str, ...] = ()
