"""`demo`: a stablecoin on Corda against a token on GoQuorum, and all that can go wrong."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console

from corda_sim.core.errors import CordaError
from corda_sim.testing.dvp_demo.cases import CASES, Run, run_case
from corda_sim.testing.dvp_demo.report import DvpReport
from corda_sim.testing.dvp_demo.rig import Rig
from corda_sim.testing.dvp_demo.set_up import QUICK, ChainChoice, opened
from corda_sim.testing.dvp_demo.steps import Steps

FIRST_TOKEN: Final = 7
_SET_UP: Final = "set-up"


@dataclass(frozen=True, slots=True)
class DvpDemo:
    """What to run: in `directory`, else in a temporary place that is removed when all went well."""

    cases: Sequence[str] = tuple(CASES)
    choice: ChainChoice = QUICK
    directory: Path | None = None

    def run(self, console: Console) -> DvpReport:
        """Bring everything up, play the cases, check both chains, stop everything.

        Raises what setting up raises; a case that fails ends the run and is told among the
        violations.
        """
        os.environ.setdefault("PYTHONHASHSEED", "random")
        base = self.directory or Path(tempfile.mkdtemp(prefix="corda-sim-dvp-"))
        base.mkdir(parents=True, exist_ok=True)
        is_done = False
        try:
            report = self._run(base, console)
            report.tell(console)
            is_done = report.ok
        except KeyboardInterrupt:
            is_done = True
            raise
        finally:
            if self.directory is None and is_done:
                shutil.rmtree(base, ignore_errors=True)
            else:
                console.print(f"Keys, logs and databases are in {base}", soft_wrap=True)
        return report

    def _run(self, base: Path, console: Console) -> DvpReport:
        steps = Steps(console)
        tokens = range(FIRST_TOKEN, FIRST_TOKEN + len(self.cases))
        tell = partial(steps.tell, _SET_UP)
        with steps.shown(), opened(base, self.choice, tokens, tell) as rig:
            runs, problems = self._play(rig, tokens, steps)
            tell("Stopping, and checking the invariants")
            violations = rig.rest()
        return DvpReport.of(runs, [*problems, *violations], len(self.cases))

    def _play(self, rig: Rig, tokens: Sequence[int], steps: Steps) -> tuple[list[Run], list[str]]:
        runs: list[Run] = []
        for case, token in zip(self.cases, tokens, strict=True):
            try:
                runs.append(run_case(rig, case, token, partial(steps.tell, case)))
            except CordaError as error:
                return runs, [f"{case}: {type(error).__name__}: {error}"]
        return runs, []
