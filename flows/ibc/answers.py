"""Cross's contracts while a transaction is planned: applications answer with their parts."""

from corda_sim.core.contracts import StateAndRef
from corda_sim.cross.contract.module import CallId, ContractCall, ContractModule
from corda_sim.cross.environment import Environment
from corda_sim.cross.errors import CallRefused
from corda_sim.cross.tx.types import ContractCallResult
from corda_sim.flow.context import StagedStep
from corda_sim.flow.services import NodeServices
from corda_sim.ibc.context import Context
from flows.ibc.applications import NO_PARTS, Action, ApplicationParts, Asked, fragment_of
from states.ibc import Host
from states.ibc.environment import environment_of
from states.ibc.execution import Surroundings


class AskedEnvironment:
    """Asks the applications first; what none of them knows is left to the commands at hand.

    ``parts`` are those of all answers so far.
    """

    def __init__(
        self,
        around: Surroundings,
        host: StateAndRef[Host],
        services: NodeServices,
        staged: StagedStep,
    ) -> None:
        self.parts: ApplicationParts = NO_PARTS
        self._host, self._services, self._staged = host, services, staged
        config = around.host.config
        given = environment_of(config, around.commands)
        self._given: ContractModule = given.contracts
        self.environment = Environment(config.chain_id, self, given.local)

    def on_call(self, ctx: Context, call: ContractCall) -> ContractCallResult:
        """As the application answers. Raises: CallRefused."""
        answer = self._ask(ctx, Action.CALL, call.id, call)
        return self._given.on_call(ctx, call) if answer is None else answer

    def on_prepare(self, ctx: Context, call: ContractCall) -> ContractCallResult:
        """As the application answers. Raises: CallRefused."""
        answer = self._ask(ctx, Action.PREPARE, call.id, call)
        return self._given.on_prepare(ctx, call) if answer is None else answer

    def on_commit(self, ctx: Context, call_id: CallId) -> None:
        """What was prepared will be done."""
        if self._ask(ctx, Action.COMMIT, call_id, None) is None:
            self._given.on_commit(ctx, call_id)

    def on_abort(self, ctx: Context, call_id: CallId) -> None:
        """What was prepared will be undone."""
        if self._ask(ctx, Action.ABORT, call_id, None) is None:
            self._given.on_abort(ctx, call_id)

    def _ask(
        self, ctx: Context, action: Action, call_id: CallId, call: ContractCall | None
    ) -> ContractCallResult | None:
        asked = Asked(action, call_id, call, ctx, self._host, self._services, self._staged)
        answer = fragment_of(asked)
        if answer is None:
            return None
        self.parts += answer.parts
        if answer.refused:
            raise CallRefused(answer.refused)
        return answer.result
