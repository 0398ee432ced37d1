"""The Corda network of the demonstration: two banks, a validator and a notary."""

import signal
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from corda_sim.cross.ports import AUTH_PORT, CROSS_PORT
from corda_sim.node.network_create import NetworkRequest, create_network
from corda_sim.node.run_files import node_processes
from corda_sim.node.supervisor import Supervisor
from corda_sim.testing.figures import await_quiet
from corda_sim.testing.node_clients import NodeClients
from notary.seat import set_up_notary
from states.cash import CASH_CONTRACT, CASH_ID

BUYERS_BANK, SELLERS_BANK, VALIDATOR = "PartyA", "PartyB", "Validator"
BUYER, SELLER = "alice", "bob"
TICKETS: Final = 100
CURRENCY: Final = "JPY"
START_SECONDS: Final = 300.0
_GONE_POLL_SECONDS: Final = 0.01


@dataclass(frozen=True, slots=True)
class CordaSide:
    """A network that is up. Flows are asked for again over lost connections."""

    supervisor: Supervisor
    clients: NodeClients

    @classmethod
    def create(cls, directory: Path, stack: ExitStack) -> Self:
        """Make the network and start it; `stack` ends it.

        Raises what creating and starting a network raise.
        """
        create_network(directory, NetworkRequest(outsider=False), set_up_notary)
        supervisor = Supervisor(directory)
        made = cls(supervisor, NodeClients(supervisor))
        stack.callback(made.close)
        made.start()
        return made

    def flow(self, node: str, flow: str, client_id: str, /, **arguments: str) -> Any:  # noqa: ANN401 - the flow's result
        """A flow's result. Raises FlowFailedException, NodeUnreachableException."""
        return self.clients[node].start_flow_until_done(flow, arguments, client_id).get()

    def stage(self, node: str, tx_id: str) -> str:
        """Where a cross-chain transaction is, as a node knows it."""
        found = self.clients[node].start_flow("CrossStatusFlow", {"tx_id": tx_id}).get()
        return str(found["stage"])

    def balances(self) -> dict[str, int]:
        """What buyer and seller hold, in whole units, by each one's own vault."""
        accounts = ((BUYERS_BANK, BUYER), (SELLERS_BANK, SELLER))
        return {f"{name}@{node}": self.balance(node, name) for node, name in accounts}

    def balance(self, node: str, account: str) -> int:
        """An account's coins, in whole units."""
        held = self.clients[node].invoke("vaultBalance", account=account)
        return int(held.get(CURRENCY, "0"))

    def kill(self, node: str) -> None:
        """End a node by SIGKILL."""
        for process in node_processes(self.clients.directory(node)):
            process.send(signal.SIGKILL)
            while process.is_alive():
                time.sleep(_GONE_POLL_SECONDS)

    def start(self, *nodes: str) -> None:
        """Start nodes, all by default, and wait for them."""
        self.supervisor.up(nodes, timeout_seconds=START_SECONDS)

    def close(self) -> None:
        """End the connections and the processes."""
        self.clients.close()
        self.supervisor.down()

    def is_calm(self) -> bool:
        """Wait until nothing is under way; whether that came in time. Raises NodeGone."""
        nodes = self.supervisor.manifest.nodes
        return await_quiet(self.clients.directory(node.name) for node in nodes)

    # --- what stands before the first settlement ---

    def make_host(self, chain_id: str, mrenclave: str, root: bytes) -> None:
        """The bridge's host on the ledger; it believes enclaves of one measurement.

        `root` is the attestation service's certificate, in DER.
        """
        everybody = f"{BUYERS_BANK};{SELLERS_BANK};{VALIDATOR}"
        base = self.flow(BUYERS_BANK, "GenesisCreateFlow", "genesis", participants=everybody)
        self.flow(
            BUYERS_BANK,
            "HostCreateFlow",
            "host",
            base_id=base,
            chain_id=chain_id,
            validators=VALIDATOR,
            mrenclave=mrenclave,
            attestation_root=root.hex(),
            development_mode="true",
            contracts=f"{CASH_ID}={CASH_CONTRACT}",
        )

    def admit(self, client_id: str) -> None:
        """Have both banks take a client's word, as `ibc admit` does."""
        for node in (BUYERS_BANK, SELLERS_BANK):
            self.flow(node, "AdmitClientFlow", "admit", client_id=client_id)

    def make_accounts(self, coins: int, states: int) -> None:
        """The buyer's and the seller's account, and the buyer's stablecoin in so many states."""
        banks = ((BUYERS_BANK, BUYER, SELLERS_BANK), (SELLERS_BANK, SELLER, BUYERS_BANK))
        for node, name, other in banks:
            self.flow(node, "CreateAccount", f"create {name}", name=name)
            self.flow(node, "ShareAccountInfo", f"share {name}", account=name, recipient=other)
        self.flow(
            BUYERS_BANK,
            "CashIssueFlow",
            "issue",
            amount=f"{coins} {CURRENCY}",
            splits=str(states),
            validator=VALIDATOR,
            to_account=BUYER,
        )

    def mint_tickets(self, channels: Mapping[str, str]) -> None:
        """A ticket for each packet to come, by port; else the first packet would wait for them."""
        for port, sends, receives in ((CROSS_PORT, TICKETS, 0), (AUTH_PORT, 0, TICKETS)):
            self.flow(
                BUYERS_BANK,
                "MintTicketsFlow",
                f"mint {port}",
                port=port,
                channel=channels[port],
                sends=str(sends),
                receives=str(receives),
            )
