"""Several nodes of one host: the first that answers is asked.

All of a host's parties hold its states, so that any of them can submit what isn't a party's own to
decide: while one is away, the others go on.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

from corda_sim.rpc.client import FlowOutcome
from corda_sim.rpc.errors import NodeUnreachableException

AWAY_SECONDS: Final = 5.0
"""How long a node that didn't answer comes last."""
R = TypeVar("R")


class CordaNode(Protocol):
    """A node's RPC (`corda_sim.rpc.client.NodeRpcClient`)."""

    def start_flow(
        self, flow: str, arguments: Mapping[str, str], client_id: str = ""
    ) -> FlowOutcome:
        """Start a flow, or find it again, and wait for its outcome."""

    def invoke(self, method: str, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        """Call an operation."""


class CordaNodes:
    """Safe to share between threads. `clock` counts seconds."""

    def __init__(self, nodes: Sequence[CordaNode], clock: Callable[[], float]) -> None:
        self._nodes, self._clock = tuple(nodes), clock
        self._away_until = [0.0] * len(self._nodes)

    def call(self, ask: Callable[[CordaNode], R]) -> R:
        """The answer of the first node that has one. Raises NodeUnreachableException."""
        return self.call_numbered(lambda _, node: ask(node))

    def call_numbered(self, ask: Callable[[int, CordaNode], R]) -> R:
        """As `call`; `ask` is told which node it is."""
        return self._ask(ask, lambda _: True)

    def call_until(self, ask: Callable[[CordaNode], R], is_final: Callable[[R], bool]) -> R:
        """The first answer that is final, else the last that there is.

        Raises NodeUnreachableException.
        """
        return self._ask(lambda _, node: ask(node), is_final)

    def _ask(self, ask: Callable[[int, CordaNode], R], is_final: Callable[[R], bool]) -> R:
        answers: list[R] = []
        last = NodeUnreachableException("there is no node to ask")
        for number in self._order():
            try:
                answers.append(ask(number, self._nodes[number]))
            except NodeUnreachableException as error:
                self._away_until[number] = self._clock() + AWAY_SECONDS
                last = error
                continue
            if is_final(answers[-1]):
                break
        if not answers:
            raise last
        return answers[-1]

    def _order(self) -> Iterator[int]:
        now = self._clock()
        away = [number for number, until in enumerate(self._away_until) if until > now]
        yield from (number for number in range(len(self._nodes)) if number not in away)
        yield from away
