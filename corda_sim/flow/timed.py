"""Flows that begin again when nobody answers them in time.

Source: net.corda.core.internal.TimedFlow and BackpressureAwareTimedFlow. Corda's hospital restarts
such a flow from the checkpoint before it (DoctorTimeout, NotaryDoctor); here the flow itself does,
so that each expiry is an input of its journal and a replay repeats which attempt was answered.
"""

from abc import abstractmethod
from datetime import timedelta
from typing import TypeVar

from corda_sim.flow.errors import FlowException, FlowTimeoutException
from corda_sim.flow.events import Abandoned
from corda_sim.flow.hospital import back_off_seconds
from corda_sim.flow.logic import FlowLogic

R_co = TypeVar("R_co", covariant=True)


class TimedFlow(FlowLogic[R_co]):
    """Makes attempts, each with sessions of its own, until one is answered.

    Whoever gets the same question twice has to answer it in the same way. The time that an attempt
    has grows from one to the next (`flowTimeout` in node.toml); its waits count together.
    """

    @abstractmethod
    async def attempt(self) -> R_co:
        """One attempt, from the beginning."""

    @abstractmethod
    def is_timeout_enabled(self) -> bool:
        """Whether another attempt could fare better than the one that hears nothing."""

    def is_worth_repeating(self, error: FlowException) -> bool:
        """Whether `error` says nothing about what was asked; by default none does."""
        del error
        return False

    async def call(self) -> R_co:
        """The result of the first attempt that is answered."""
        refusals, number = 0, 0
        while True:
            first, pause = self.context.sessions_opened, 0.0
            try:
                return await self._attempt_in_time(number)
            except FlowTimeoutException:
                number += 1
            except FlowException as error:
                if not self.is_worth_repeating(error):
                    raise
                pause = back_off_seconds(refusals)
                refusals += 1
            for session_id in self.context.sessions_since(first):
                self.context.add_op(Abandoned(session_id))
            if pause:
                await self.sleep(timedelta(seconds=pause))

    async def _attempt_in_time(self, number: int) -> R_co:
        self.context.deadline = self.service_hub.timeout(
            lambda policy: policy.delay(number) if self.is_timeout_enabled() else None
        )
        try:
            return await self.attempt()
        finally:
            self.context.deadline = None

    def postpone(self, wait: timedelta) -> None:
        """The other side says when it will answer; less than the usual time is ignored.

        Source: BackpressureAwareTimedFlow.applyWaitTimeUpdate.
        """
        if self.context.deadline is None:
            return
        asked = wait // timedelta(microseconds=1) * 1000
        later = self.service_hub.timeout(lambda policy: asked if asked >= policy.timeout else None)
        self.context.deadline = later or self.context.deadline
