"""The notary's CorDapp descriptor, which the entry point `notary:cordapp` names."""

from typing import Final

from corda_sim.flow.cordapp import CordApp
from notary.flows import NotaryServiceFlow
from notary.hosting import notary_service, seen_heads_service
from notary.spendings import TellSpendingsFlow
from notary.witness import AnswerWorkerFlow, AskWitnessFlow

NOTARY_CORDAPP: Final = CordApp(
    name="corda-sim-notary",
    flows=(NotaryServiceFlow, AskWitnessFlow, AnswerWorkerFlow, TellSpendingsFlow),
    migrations=("notary",),
    services=(notary_service, seen_heads_service),
)
