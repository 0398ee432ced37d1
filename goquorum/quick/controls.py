"""The `quick_` methods: what a test may ask of the simulated validators.

| method | what it does |
|---|---|
| `quick_mine(n = 1)` | publishes the next n blocks at once |
| `quick_advanceTime(seconds)` | puts the chain's clock forward, for blocks not executed yet |
| `quick_useRound(r)` | the next block is sealed in round r |
| `quick_spoilSeals(fault)` | the next block's seals: one too `few`, one `doubled`, one `foreign` |
| `quick_vote(k, add)` | proposers vote for or against key k, until more than half have |
| `quick_replaceValidators([k, ...])` | another set from the next block on, without a vote |
"""

from collections.abc import Callable, Mapping
from typing import Final

from goquorum.quick.chain import QuickChain
from goquorum.quick.eth_calls import Call
from goquorum.quick.parameters import Params, count, items, parameter
from goquorum.quick.refusals import INVALID_PARAMS, RequestRefused
from goquorum.quick.sealer import Sealer, SealFault
from goquorum.quick.views import hexed


def _mine(chain: QuickChain, params: Params) -> str:
    for _ in range(count(params, 0) if params else 1):
        chain.mine()
    return hex(chain.head.number)


def _advance_time(chain: QuickChain, params: Params) -> int:
    chain.advance_time(count(params, 0))
    return int(chain.now())


def _use_round(chain: QuickChain, params: Params) -> bool:
    at_round = count(params, 0)
    return _control(chain, lambda sealer: sealer.use_round(at_round))


def _spoil_seals(chain: QuickChain, params: Params) -> bool:
    try:
        fault = SealFault(parameter(params, 0))
    except ValueError as error:
        raise RequestRefused(str(error), INVALID_PARAMS) from error
    return _control(chain, lambda sealer: sealer.spoil(fault))


def _vote(chain: QuickChain, params: Params) -> bool:
    number, add = count(params, 0), bool(parameter(params, 1))
    return _control(chain, lambda sealer: sealer.vote(number, add=add))


def _replace_validators(chain: QuickChain, params: Params) -> list[str]:
    named = items(params, 0)
    numbers = [count(named, place) for place in range(len(named))]
    if not numbers or len(set(numbers)) != len(numbers):
        raise RequestRefused("validators must be named, each once", INVALID_PARAMS)
    _control(chain, lambda sealer: sealer.replace_validators(numbers))
    return [hexed(one) for one in chain.sealer.validators]


def _control(chain: QuickChain, change: Callable[[Sealer], None]) -> bool:
    chain.control(change)
    return True


TEST_CONTROLS: Final[Mapping[str, Call]] = {
    "quick_mine": _mine,
    "quick_advanceTime": _advance_time,
    "quick_useRound": _use_round,
    "quick_spoilSeals": _spoil_seals,
    "quick_vote": _vote,
    "quick_replaceValidators": _replace_validators,
}
