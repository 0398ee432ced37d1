"""Bringing everything up, from nothing to open channels."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corda_sim.testing.dvp_demo.bridge import Proxy, Relaying
from corda_sim.testing.dvp_demo.corda_side import BUYERS_BANK, CordaSide
from corda_sim.testing.dvp_demo.quorum_side import QuorumSide
from corda_sim.testing.dvp_demo.rig import Rig
from goquorum.contract_set import OURS, ContractSet
from goquorum.devnet import lifecycle
from goquorum.devnet.lifecycle import DevnetRequest
from goquorum.devnet.settings import BlockPeriod, Tier

COINS: Final = 1_000
CHAIN_ID: Final = "corda-demo"
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ChainChoice:
    """GoQuorum as it is wanted: a running network's `url`, a `geth` to start, or the quick tier.

    `contracts` are deployed there.
    """

    url: str | None = None
    geth: Path | None = None
    period: BlockPeriod | None = None
    contracts: ContractSet = OURS

    @property
    def tier(self) -> str:
        """What it is called."""
        return "attached" if self.url else "goquorum" if self.geth else "quick"

    def up(self, directory: Path, stack: ExitStack) -> str:
        """The endpoint. Raises what `devnet up` raises."""
        if self.url is not None:
            return self.url
        tier: Tier = "quick" if self.geth is None else "goquorum"
        request = DevnetRequest(tier, block_period=self.period)
        found = lifecycle.up(directory, request, self.geth)
        stack.callback(lifecycle.down, directory)
        return found.nodes[0].rpc


QUICK: Final = ChainChoice()


@dataclass(frozen=True, slots=True)
class Money:
    """The buyer's stablecoin, in whole units, and in how many states it is."""

    units: int
    states: int = 1


DEMO: Final = Money(COINS)


@contextmanager
def opened(
    directory: Path, choice: ChainChoice, tokens: Iterable[int], tell: Tell, money: Money = DEMO
) -> Iterator[Rig]:
    """Everything up and open, tokens and coins with their owners, until the block is left."""
    with ExitStack() as stack:
        corda, url, proxy = _processes(directory, choice, stack, tell)
        tell("Deploying the contracts; making the bridge's host, accounts, stablecoin and tokens")
        with ThreadPoolExecutor() as pool:
            deployed = pool.submit(_quorum, url, choice.contracts, proxy, directory, tokens)
            corda.make_host(CHAIN_ID, proxy.mrenclave, proxy.root)
            corda.make_accounts(money.units, money.states)
        relaying = Relaying(directory)
        relaying.configure(corda, url, proxy.address)
        tell("Opening clients, connection and channels")
        quorum = deployed.result()
        stack.callback(quorum.rpc.close)
        channels = relaying.open(corda, quorum)
        tell("Minting tickets for packets, starting the relayer")
        corda.mint_tickets(channels)
        stack.callback(relaying.stop)
        relaying.switch(BUYERS_BANK)
        yield Rig(corda, quorum, relaying, proxy)


def _quorum(
    url: str, contracts: ContractSet, proxy: Proxy, directory: Path, tokens: Iterable[int]
) -> QuorumSide:
    """In a thread, whose connection ends with it."""
    quorum = QuorumSide.deploy(url, proxy.root, directory, contracts)
    quorum.give(tokens)
    quorum.rpc.close()
    return quorum


def _processes(
    directory: Path, choice: ChainChoice, stack: ExitStack, tell: Tell
) -> tuple[CordaSide, str, Proxy]:
    """The Corda network, GoQuorum and LCP, started at once."""
    tell("Starting the Corda network, GoQuorum and LCP")
    with ThreadPoolExecutor() as pool:
        chain = pool.submit(choice.up, directory / "devnet", stack)
        lcp = pool.submit(Proxy.start, directory, stack)
        corda = CordaSide.create(directory / "network", stack)
    return corda, chain.result(), lcp.result()
