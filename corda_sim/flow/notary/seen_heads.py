"""What a client keeps of the heads that notaries' answers carry."""

from typing import Any

from corda_sim.core.identity import Party
from corda_sim.core.serialization import serialize
from corda_sim.flow._traps import suspend
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.notary.errors import NotaryException
from corda_sim.flow.notary.heads import SignedHead
from corda_sim.flow.requests import ForceCheckpoint

_REMEMBER = (
    "INSERT INTO node_notary_heads (worker, sequence, head) VALUES (:worker, :sequence, :head) "
    "ON CONFLICT (worker) DO UPDATE SET sequence = excluded.sequence, head = excluded.head "
    "WHERE excluded.sequence > node_notary_heads.sequence"
)


def remember_head(flow: FlowLogic[Any], head: SignedHead) -> None:
    """Stage the head into the flow's step, unless the node has seen a higher one.

    The caller has checked the signature (`validate_response` does).
    """
    flow.execute(
        _REMEMBER, worker=head.head.worker, sequence=head.head.sequence, head=serialize(head)
    )


async def remember_refusal(flow: FlowLogic[Any], refusal: NotaryException, notary: Party) -> None:
    """Commit the head that a refusal carries: what a failing flow did last is undone.

    Raises:
        SignatureException: the head isn't signed by the notary.
    """
    if refusal.head is None:
        return
    refusal.head.verify(notary.owning_key)
    remember_head(flow, refusal.head)
    await suspend(ForceCheckpoint())
