"""Invariants of a network, checked on its databases after every test, simulation and demo."""

from corda_sim.invariants.check import check_directory, check_network, databases_of
from corda_sim.invariants.views import NodeDatabase
from corda_sim.invariants.violations import Violation, ViolationKind

__all__ = [
    "NodeDatabase",
    "Violation",
    "ViolationKind",
    "check_directory",
    "check_network",
    "databases_of",
]
