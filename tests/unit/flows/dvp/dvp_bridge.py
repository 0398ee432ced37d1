"""Two banks, a validator and a notary on Corda; on the other side a chain with tokens.

The chain is in memory and runs our own Cross: what Solidity does there is tested elsewhere.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from corda_sim.core.contracts import Amount, Command, StateAndRef, StateRef
from corda_sim.core.identity import CordaX500Name, Party
from corda_sim.core.transactions import TransactionBuilder
from corda_sim.core.vault_query import LinearStateQueryCriteria
from corda_sim.cross.auth.types import MsgIBCSignTx
from corda_sim.cross.contract.locking import LockedValues, LockingContract
from corda_sim.cross.contract.module import ContractCall
from corda_sim.cross.environment import Environment
from corda_sim.cross.errors import CallRefused, ErrNotSigned
from corda_sim.cross.modules import cross_auth_module, cross_module
from corda_sim.cross.ports import AUTH_PORT, CROSS_PORT, VERSION
from corda_sim.cross.router import deliver as deliver_cross
from corda_sim.cross.xcc.types import ChannelInfo
from corda_sim.flow import FlowLogic, flow_name
from corda_sim.flow.cordapp import CordApp
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.packet import MsgAcknowledgement, MsgTimeout, MsgTimeoutOnClose, Packet
from corda_sim.ibc.channel.types import Channel, ChannelState
from corda_sim.ibc.client.height import Height
from corda_sim.ibc.context import Context
from corda_sim.ibc.host import paths
from corda_sim.ibc.lightclients.qbft.client import QbftClient
from corda_sim.ibc.port.module import IbcModule
from corda_sim.testing.mock_network import MockNetwork
from corda_sim.testing.mock_node import MockNode
from corda_sim.testing.site import START
from flows.accounts.create import CreateAccount
from flows.accounts.share import ShareAccountInfo
from flows.cash.issue import CashIssueFlow
from flows.cross.status import CrossStatusFlow
from flows.dvp.propose import DvpProposeFlow
from flows.dvp.start import DvpStartFlow, StartedDvp
from flows.dvp.terms import Terms
from flows.ibc.applications import ApplicationParts
from flows.ibc.building import BridgeTransactionFlow, Submitted
from flows.notarise import NotaryFlow
from states.cash import CashLock, Move
from states.cross.commands import AccountSigns
from tests.unit.cross.world import packet_of
from tests.unit.flows.ibc.host_side import HostBridge, packets_of
from tests.unit.ibc.bridge import Followed, QbftSide, Side
from tests.unit.ibc.enclave import Enclave

NFT, BUYER, SELLER = b"\x11" * 20, b"\x22" * 20, b"\x33" * 20
NEVER = Height(0, 2**64 - 1)
CORDA_START = int(START.timestamp())
"""Seconds since 1970 at which the Corda network's clock starts; the chain's is moved there."""


@flow_name("test.Claim")
class Claim(FlowLogic[Submitted]):
    """An impostor: claims that an account of another node signs, by this node's own key."""

    def __init__(self, message: bytes, name: CordaX500Name, account: UUID) -> None:
        self.message, self.name, self.account = message, name, account

    async def call(self) -> Submitted:
        own = self.our_identity.owning_key
        claim = AccountSigns(Party(self.name, own), self.account, own)
        parts = ApplicationParts(commands=(Command(claim, claim.signers),))
        return await self.sub_flow(BridgeTransactionFlow((self.message,), parts=parts))


@flow_name("test.Steal")
class Steal(FlowLogic[None]):
    """A patched node: has the notary sign that a lock's coins are its own, unverified here."""

    def __init__(self, lock: StateRef) -> None:
        self.lock = lock

    async def call(self) -> None:
        held = self.service_hub.state_and_ref(self.lock)
        own = self.our_identity
        builder = TransactionBuilder(held.state.notary).add_input_state(held)
        builder.add_output_state(held.state.data.released_to(own))
        builder.add_command(Move(), own.owning_key)
        stx = self.service_hub.sign_initial_transaction(builder)
        await self.sub_flow(NotaryFlow(stx, skip_verification=True))


PATCHED = CordApp("test", flows=(Claim, Steal))


class TokenChain(QbftSide):
    """A chain whose contract moves tokens from their owners, who have to have signed."""

    def __init__(self, enclave: Enclave) -> None:
        self.env = Environment("evm", LockingContract("nft", self._transfer), self)
        self.refusing, self.auth = False, ""
        self.first: Height | None = None
        super().__init__(enclave)
        number = self.chain.make_block(seconds=CORDA_START - self.chain.blocks[1].time)
        state, consensus = self.chain.client_state(number), self.chain.consensus_state(number)
        self.followed = Followed(
            QbftClient(), AnyMessage.pack(state), AnyMessage.pack(consensus), self.now
        )

    @property
    def context(self) -> Context:
        modules: dict[str, IbcModule] = {
            CROSS_PORT: cross_module(self.env),
            AUTH_PORT: cross_auth_module(self.env),
        }
        plain = super().context
        return Context(
            plain.store, plain.now, plain.clients, modules, plain.self_client, self.events
        )

    def tell(self, other: Side, seconds: int = 1) -> Height:
        """As the relayer tells a host: each update goes on from the height that it told first."""
        if not self.followed.told.is_zero:
            self.followed.told = self.first = self.first or self.followed.told
        return super().tell(other, seconds)

    def require_signed(self, account_id: bytes) -> None:
        if account_id != SELLER:
            raise ErrNotSigned(account_id.hex())

    def _transfer(self, values: LockedValues, call: ContractCall) -> bytes:
        words = [call.call_info[at : at + 32] for at in range(0, 128, 32)]
        contract, seller, buyer = (word[12:] for word in words[:3])
        signed = {signer.id for signer in call.signers}
        if self.refusing or contract != NFT or seller not in signed:
            raise CallRefused("no approval")
        values.set(words[3], buyer)
        return b""

    def owner(self, token: int) -> bytes:
        """Whose a token is."""
        key = token.to_bytes(32, "big").hex()
        return self.store.values.get(f"cross/contracts/nft/values/{key}", SELLER)

    def sign(self, tx_id: bytes) -> Packet:
        """The seller signs."""
        channel = ChannelInfo(AUTH_PORT, self.auth)
        message = MsgIBCSignTx(AnyMessage.pack(channel), tx_id, (SELLER,), NEVER)
        deliver_cross(self.context, self.env, message)
        return packet_of(next(one for one in reversed(self.events) if one.type == "send_packet"))

    def ack_of(self, packet: Packet) -> bytes:
        """What it answered a packet."""
        written = [event for event in self.events if event.type == "write_acknowledgement"]
        return bytes.fromhex(
            next(one["packet_ack_hex"] for one in written if packet_of(one) == packet)
        )


class CrossBridge(HostBridge):
    """A host and a chain with Cross's channels; no node admits the client yet."""

    qbft: TokenChain

    def __init__(self, network: MockNetwork, base_id: StateRef | None = None) -> None:
        super().__init__(network, TokenChain, base_id)
        self.connect()
        self.calls, _ = self.open_channel(CROSS_PORT, VERSION)
        self.auth, self.qbft.auth = self.open_channel(AUTH_PORT, VERSION)


class DvpBridge(CrossBridge):
    """A bridge that both banks take."""

    def __init__(self, network: MockNetwork) -> None:
        super().__init__(network)
        self.network = network
        self.a, self.b = network["PartyA"], network["PartyB"]
        self.served = 0
        self.admit()

    def newcomers(self) -> "Dvp":
        """A buyer with 150 JPY, and a seller with a token."""
        self.served += 1
        return Dvp(self, self.served)


class Dvp:
    """A buyer at PartyA, a seller at PartyB, and their DvPs."""

    def __init__(self, bridge: DvpBridge, token: int) -> None:
        self.bridge, self.token = bridge, token
        self.network, self.host, self.chain = bridge.network, bridge.host, bridge.qbft
        self.a, self.b = bridge.a, bridge.b
        self.chain.refusing = False
        self.buyer, self.seller = f"alice{token}", f"bob{token}"
        self.accounts: list[UUID] = []
        for node, name, other in ((self.a, self.buyer, self.b), (self.b, self.seller, self.a)):
            made = node.run_flow(CreateAccount(name))
            self.accounts.append(made.state.data.identifier.id)
            node.run_flow(ShareAccountInfo(name, other.party))
        validator = self.network.party_of("Validator")
        funds = Amount.parse("150 JPY")
        self.a.run_flow(CashIssueFlow(funds, validator=validator, to_account=self.buyer))

    def propose(self, price: str = "100 JPY", expires_in: int = 600) -> Terms:
        """Terms that both sides have read."""
        seller = f"{self.seller}@PartyB"
        asked = (Amount.parse(price), NFT, self.token, self.buyer, BUYER, seller, SELLER)
        return Terms.parse(self.a.run_flow(DvpProposeFlow(*asked, expires_in=expires_in)))

    def start(self, terms: Terms) -> StartedDvp:
        """The buyer signs."""
        self.network.advance(timedelta(seconds=1))
        return self.a.run_flow(DvpStartFlow(terms.text))

    def sign(self, terms: Terms, node: MockNode | None = None) -> Submitted:
        """The seller signs, and the host hears of it."""
        return self.sign_id(terms.tx_id, node)

    def sign_id(self, tx_id: bytes, node: MockNode | None = None) -> Submitted:
        """The seller signs whatever has this id, and the host hears of it."""
        packet = self.chain.sign(tx_id)
        return self.host.submit(self.bridge.recv(packet, self.chain), node=node)

    def locked(self, price: str = "100 JPY") -> tuple[Terms, Packet]:
        """A DvP whose coins are locked, and the call on its way."""
        terms = self.propose(price)
        self.start(terms)
        (packet,) = packets_of(self.sign(terms))
        return terms, packet

    def call(self, packet: Packet) -> MsgAcknowledgement:
        """The call comes to the chain; its answer, to be brought to the host."""
        self.chain.deliver(self.bridge.recv(packet, self.bridge.corda))
        return self.bridge.ack(packet, self.chain, self.chain.ack_of(packet))

    def time_out(self, terms: Terms, packet: Packet) -> MsgTimeout:
        """The proof that the call hasn't come by its time."""
        return self.bridge.timeout(packet, self.chain, terms.expires - self.chain_time + 1)

    @property
    def chain_time(self) -> int:
        """Seconds since 1970 of the chain's newest block."""
        chain = self.chain.chain
        return chain.blocks[chain.number].time

    def close(self, packet: Packet) -> MsgTimeoutOnClose:
        """The proof that the chain has closed the channel, and never took the call."""
        port, channel = packet.destination_port, packet.destination_channel
        place, store = paths.channel(port, channel), self.chain.store
        former = store.values[place]
        closed = replace(Channel.decode_strict(former), state=ChannelState.CLOSED).encode()
        store.set(place, closed)
        height = self.chain.tell(self.host)
        receipt = paths.packet_receipt(port, channel, packet.sequence)
        absence = self.chain.prove(receipt, height, None)
        proof = self.chain.prove(place, height, closed)
        store.set(place, former)
        return MsgTimeoutOnClose(packet, absence, proof, height)

    def stage(self, terms: Terms, node: MockNode | None = None) -> str:
        """Where the transaction is, as a node knows it."""
        return (node or self.a).run_flow(CrossStatusFlow(terms.tx_id)).stage

    @property
    def balances(self) -> tuple[int, int]:
        """What buyer and seller have, in yen."""
        buyer, seller = (
            sum(one.quantity for one in node.hub.vault.balances(account))
            for node, account in zip((self.a, self.b), self.accounts, strict=True)
        )
        return buyer, seller

    @property
    def token_owner(self) -> bytes:
        """Whose the token is."""
        return self.chain.owner(self.token)

    def locks(self, node: MockNode, terms: Terms) -> list[StateAndRef[CashLock]]:
        """The locks of a transaction that a node holds."""
        page = node.hub.vault.query_page(
            LinearStateQueryCriteria(external_ids=(terms.tx_id.hex(),))
        )
        return [node.hub.state_and_ref(ref) for ref in page.refs]
