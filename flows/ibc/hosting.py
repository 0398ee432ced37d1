"""Making a host: first its genesis, then the host with its rules."""

from collections.abc import Iterable

from corda_sim.core.contracts import StateRef
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import Party
from corda_sim.core.transactions import SignedTransaction, TransactionBuilder
from corda_sim.flow import (
    FlowLogic,
    initiated_by,
    initiating_flow,
    startable_by_rpc,
)
from flows.finality import FinalityFlow, FinalityResponder
from flows.ibc.validated import ValidatedFlow
from flows.ibc.window import window_for
from states.ibc import Binding, Genesis, GenesisCreate, Host, HostConfig, HostCreate
from states.ibc.contract import check_host, initial_counters
from states.ibc.messages import parties_to_messages

DEFAULT_PORTS = ("cross=cross", "cross-auth=cross-auth", "nop=nop")


class _ToEverybody(FlowLogic[SignedTransaction]):
    """Sign, have the validators sign, and finalise with all parties."""

    def __init__(
        self, builder: TransactionBuilder, validators: Iterable[Party], parties: Iterable[Party]
    ) -> None:
        self.builder, self.validators, self.parties = builder, validators, parties

    async def call(self) -> SignedTransaction:
        """The transaction, final."""
        stx = self.service_hub.sign_initial_transaction(self.builder)
        stx = await self.sub_flow(ValidatedFlow(stx, self.validators))
        others = [party for party in self.parties if party != self.our_identity]
        sessions = [self.initiate_flow(party) for party in others]
        return await self.sub_flow(FinalityFlow(stx, sessions))


@startable_by_rpc
@initiating_flow("corda_sim.ibc.GenesisCreateFlow")
class GenesisCreateFlow(FlowLogic[StateRef]):
    """Make what one host can be made from; participants are those of the host, validators too.

    Raises: IllegalArgumentError for participants without this node, NotaryException.
    """

    def __init__(self, participants: tuple[Party, ...], notary: Party | None = None) -> None:
        self.participants = participants
        self.notary = notary

    async def call(self) -> StateRef:
        """The base id of the host to come."""
        if self.our_identity not in self.participants:
            raise IllegalArgumentError("The maker of a genesis is one of its participants")
        builder = TransactionBuilder(self.notary or self.service_hub.notary_identities()[0])
        builder.add_output_state(Genesis(parties=self.participants))
        builder.add_command(GenesisCreate(), self.our_identity.owning_key)
        stx = await self.sub_flow(_ToEverybody(builder, (), self.participants))
        return StateRef(stx.id, 0)


@startable_by_rpc
@initiating_flow("corda_sim.ibc.HostCreateFlow")
class HostCreateFlow(FlowLogic[StateRef]):
    """Make the host of a genesis; see ``HostConfig``. Every validator has to sign.

    ``ports`` are ``port=module``, ``contracts`` ``id=contract``. Raises: IllegalArgumentError for
    a host that can't work, ValidationRefusedException, NotaryException.
    """

    def __init__(  # noqa: PLR0913 - each is one setting of the host
        self,
        base_id: StateRef,
        chain_id: str,
        validators: tuple[Party, ...],
        *,
        threshold: int = 1,
        mrenclave: bytes = b"",
        attestation_root: bytes = b"",
        development_mode: bool = False,
        operators: tuple[bytes, ...] = (),
        operators_threshold_numerator: int = 0,
        operators_threshold_denominator: int = 0,
        ports: tuple[str, ...] = DEFAULT_PORTS,
        contracts: tuple[str, ...] = (),
    ) -> None:
        self.base_id = base_id
        self.validators = validators
        self.config = HostConfig(
            chain_id,
            parties_to_messages(validators),
            threshold,
            mrenclave,
            operators,
            operators_threshold_numerator,
            operators_threshold_denominator,
            attestation_root,
            development_mode,
            tuple(map(_binding, ports)),
            tuple(map(_binding, contracts)),
        )

    async def call(self) -> StateRef:
        """The base id."""
        genesis = self.service_hub.state_and_ref(self.base_id)
        parties = genesis.state.data.parties
        host = Host(base_id=self.base_id, parties=parties, config=self.config)
        check_host(host)
        builder = TransactionBuilder(genesis.state.notary).add_input_state(genesis)
        builder.add_output_state(host).add_output_state(initial_counters(host))
        keys = (self.our_identity.owning_key, *(one.owning_key for one in self.validators))
        builder.add_command(HostCreate(), *dict.fromkeys(keys))
        builder.set_time_window(window_for(self.service_hub.now(), ()))
        await self.sub_flow(_ToEverybody(builder, self.validators, parties))
        return self.base_id


def _binding(text: str) -> Binding:
    name, equals, target = text.partition("=")
    if not (name and equals and target):
        raise IllegalArgumentError(f"{text!r} is not of the form NAME=TARGET")
    return Binding(name, target)


@initiated_by(GenesisCreateFlow)
class GenesisCreateResponder(FinalityResponder):
    """Receives a genesis."""


@initiated_by(HostCreateFlow)
class HostCreateResponder(GenesisCreateResponder):
    """Receives a host."""
