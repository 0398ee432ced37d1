"""Beginning a flow's code: its services, and for a responder its first session."""

from hashlib import sha256
from typing import Any

from corda_sim.core.crypto.crypto import decode_public_key
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.flow.context import FlowContext
from corda_sim.flow.journal import SessionOrigin
from corda_sim.flow.logic import FlowLogic, FlowSession
from corda_sim.flow.machine import FlowMachine
from corda_sim.flow.messages import ConfirmSessionMessage, FlowInfo
from corda_sim.flow.registry import FlowRegistry
from corda_sim.flow.service_hub import FlowServiceHub
from corda_sim.flow.services import NodeServices
from corda_sim.flow.sessions import send_existing
from corda_sim.flow.state import Outgoing, SessionState, SessionStatus


def attach(
    logic: FlowLogic[Any], context: FlowContext, services: NodeServices, registry: FlowRegistry
) -> None:
    """Give a flow its services."""
    hub = FlowServiceHub(context, services, registry.apps)
    logic.attach(context, hub, None)
    for argument in logic.init_arguments[0]:
        if isinstance(argument, UnboundSession):
            argument.bind(context)


class UnboundSession(FlowSession):
    """The session that a responder is constructed with, before its run begins."""

    def __init__(self, session_id: int, counterparty: Party) -> None:
        self.session_id = session_id
        self.counterparty = counterparty
        self._closed = False

    def bind(self, context: FlowContext) -> None:
        """Tie the session to the flow's run."""
        self._context = context


def origin_party(origin: SessionOrigin) -> Party:
    """The initiator of a responder's session."""
    return Party(CordaX500Name.parse(origin.peer_name), decode_public_key(origin.peer_key))


def responder_session_id(seed: bytes) -> int:
    """Our id of the session that started a responder."""
    return int.from_bytes(sha256(seed + b"responder").digest()[:8], "big") >> 1


def origin_session(origin: SessionOrigin) -> SessionState:
    """The session that started a responder, its first payload unread."""
    return SessionState(
        session_id=origin.session_id,
        role="D",
        peer=origin_party(origin),
        opener_id=origin.peer_session_id,
        entropy=origin.entropy,
        status=SessionStatus.INITIATED,
        peer_session_id=origin.peer_session_id,
        peer_info=FlowInfo(origin.flow_version, origin.app_name),
        receive_seq=1,
        inbox=() if origin.first_payload is None else (origin.first_payload,),
    )


def open_responder(machine: FlowMachine) -> list[Outgoing]:
    """Open a responder's session and confirm it; nothing for other flows."""
    origin = machine.start.origin
    if origin is None:
        return []
    session = origin_session(origin)
    info = FlowInfo(
        machine.logic.flow_version, machine.logic.service_hub.app_of(type(machine.logic))
    )
    confirm = ConfirmSessionMessage(origin.session_id, info)
    machine.state, sends = send_existing(machine.state.with_session(session), session, confirm)
    return [send.outgoing for send in sends]
