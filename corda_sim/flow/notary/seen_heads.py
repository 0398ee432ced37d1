"""What a client keeps of the heads that notaries' answers carry."""

from typing import Any

from corda_sim.core.serialization import serialize
from corda_sim.flow.logic import FlowLogic
from corda_sim.flow.notary.heads import SignedHead

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
