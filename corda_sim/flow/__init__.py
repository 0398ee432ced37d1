"""The public flow API: what a CorDapp's flows import."""

from corda_sim.flow.errors import (
    FlowException,
    FlowWaitTimeout,
    HospitalizeFlowException,
    UnexpectedFlowEndException,
)
from corda_sim.flow.logic import FlowLogic, FlowSession, UntrustworthyData
from corda_sim.flow.registry import flow_name, initiated_by, initiating_flow, startable_by_rpc
from corda_sim.flow.requests import FlowExternalOperation
from corda_sim.flow.services import StatesToRecord
from corda_sim.flow.timed import TimedFlow

__all__ = [
    "FlowException",
    "FlowExternalOperation",
    "FlowLogic",
    "FlowSession",
    "FlowWaitTimeout",
    "HospitalizeFlowException",
    "StatesToRecord",
    "TimedFlow",
    "UnexpectedFlowEndException",
    "UntrustworthyData",
    "flow_name",
    "initiated_by",
    "initiating_flow",
    "startable_by_rpc",
]
