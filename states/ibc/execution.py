"""Running messages over bridge states: what the building flow does, and the contract again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from corda_sim.core.contracts import CommandWithParties, TimeWindow
from corda_sim.core.crypto.keys import PublicKey
from corda_sim.cross import router as cross
from corda_sim.cross.environment import Environment
from corda_sim.cross.modules import cross_auth_module, cross_module
from corda_sim.ibc import router
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.sending import SendPacket, send_packet
from corda_sim.ibc.context import Context
from corda_sim.ibc.errors import ErrInvalidPort
from corda_sim.ibc.lightclients.corda.self_client import LcpSelfClient
from corda_sim.ibc.lightclients.corda.types import ClientState
from corda_sim.ibc.lightclients.lcp.attestation import AttestationRoot
from corda_sim.ibc.lightclients.lcp.client import LcpClient
from corda_sim.ibc.lightclients.lcp.eip712 import Domain
from corda_sim.ibc.moment import Moment
from corda_sim.ibc.port.module import IbcModule
from corda_sim.ibc.port.nop import NopModule
from corda_sim.ibc.router import Delivery, ResultType
from states.ibc.environment import environment_of
from states.ibc.messages import base_id_message
from states.ibc.state import Host
from states.ibc.store import BridgeStore, Source
from states.ibc.tickets import MsgMintTickets, mint_tickets

MODULES: Mapping[str, Callable[[Environment], IbcModule]] = {
    "cross": cross_module,
    "cross-auth": cross_auth_module,
    "nop": lambda _env: NopModule(),
}
"""What a host can bind to its ports, by name."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that messages depend on beside bridge states.

    ``notary_key`` and ``window`` are the transaction's; by its ``commands`` accounts sign, and the
    contracts that Cross calls answer.
    """

    host: Host
    notary_key: PublicKey
    window: TimeWindow
    commands: Sequence[CommandWithParties[Any]]


class Execution:
    """Delivers messages one after the other over one store.

    ``env`` is what Cross is told, unless it follows from the transaction's commands.
    """

    def __init__(
        self, around: Surroundings, source: Source, env: Environment | None = None
    ) -> None:
        self.store = BridgeStore(source)
        config = around.host.config
        self._env = env or environment_of(config, around.commands)
        self.context = Context(
            self.store,
            Moment.of_window(around.window),
            _light_clients(around.host),
            _modules(around.host, self._env),
            self_client_of(around.host, around.notary_key),
        )

    def deliver(self, message: bytes) -> Delivery:
        """Run the handler of one message, the bytes of its Any.

        Raises: DecodeError, and what the handler raises; FeatureLater for an unknown message.
        """
        packed = AnyMessage.decode_strict(message)
        match packed.type_url:
            case MsgMintTickets.TYPE_URL:
                mint = MsgMintTickets.decode_strict(packed.value)
                mint_tickets(self.context, self.store, mint)
                return _done(None)
            case SendPacket.TYPE_URL:
                return _done(self._send(SendPacket.decode_strict(packed.value)))
            case url if url.startswith("/cross."):
                msg = cross.read_message(packed)
                return _done(cross.deliver(self.context, self._env, msg))
            case _:
                return router.deliver(self.context, router.read_message(packed))

    def _send(self, msg: SendPacket) -> object:
        if not isinstance(self.context.modules.get(msg.source_port), NopModule):
            raise ErrInvalidPort(f"only its module sends packets from port {msg.source_port}")
        with self.context.attempt() as inner:
            return send_packet(inner, msg)


def _done(value: object) -> Delivery:
    return Delivery(ResultType.SUCCESS, value)


def host_client_state(host: Host, notary_key: PublicKey) -> ClientState:
    """What another chain's client of this host says, but for the height."""
    return ClientState(
        base_id_message(host.base_id),
        notary_key.encoded,
        tuple(one.key for one in host.config.validators),
        host.config.threshold,
    )


def self_client_of(host: Host, notary_key: PublicKey) -> LcpSelfClient:
    """What this host requires of an LCP client of itself."""
    config = host.config
    threshold = (config.operators_threshold_numerator, config.operators_threshold_denominator)
    own = host_client_state(host, notary_key)
    return LcpSelfClient(own, config.mrenclave, config.operators, threshold)


def _modules(host: Host, env: Environment) -> dict[str, IbcModule]:
    known = ((port.name, MODULES.get(port.target)) for port in host.config.ports)
    return {name: make(env) for name, make in known if make is not None}


def _light_clients(host: Host) -> list[LcpClient]:
    config = host.config
    if not config.attestation_root:
        return []
    root = _attestation_root(config.attestation_root, config.development_mode)
    return [LcpClient(root, Domain(salt=bytes(host.base_id.txhash)))]


@lru_cache(maxsize=16)
def _attestation_root(certificate: bytes, development_mode: bool) -> AttestationRoot:
    return AttestationRoot(certificate, development_mode)
