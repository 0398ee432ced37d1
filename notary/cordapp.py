"""The notary's CorDapp descriptor, loaded through the entry point `notary:cordapp`."""

from typing import Final

from corda_sim.flow.cordapp import CordApp
from notary.flows import NotaryServiceFlow
from notary.witness import AnswerWorkerFlow, AskWitnessFlow

cordapp: Final = CordApp(
    "corda_sim.notary", flows=(NotaryServiceFlow, AskWitnessFlow, AnswerWorkerFlow)
)
