"""A Corda host, asked by RPC."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.channel.types import Channel
from corda_sim.ibc.client.height import ZERO_HEIGHT, Height
from corda_sim.ibc.connection.types import ConnectionEnd
from corda_sim.ibc.errors import FeatureLater
from corda_sim.ibc.host import paths
from corda_sim.ibc.lightclients.corda.client import canonical_client_state, consensus_state_at
from corda_sim.ibc.lightclients.corda.types import BaseId, ClientState, Header, TearOff
from corda_sim.ibc.lightclients.lcp.keys import key_path
from corda_sim.ibc.lightclients.lcp.types import EnclaveKey
from corda_sim.ibc.moment import NANOS_PER_MILLI
from corda_sim.ibc.protobuf import Message
from corda_sim.relayer.chain import ChainEvent, Claim, Evidence, News
from corda_sim.relayer.corda.events import chain_event
from corda_sim.relayer.corda.flows import FlowSender, FlowSubmission
from corda_sim.relayer.corda.nodes import CordaNode, CordaNodes
from corda_sim.relayer.errors import NothingToProveException, ProofTooOldException
from corda_sim.rpc.errors import RpcException

OVERLAP_MILLIS: Final = 120_000
"""How far behind the newest event another node is read from."""
FEW: Final = 20
"""So many paths are asked for one by one."""
FLOWS: Final = 256
"""How many flows are waited for at a time: each until every party has its transaction."""
M = TypeVar("M", bound=Message)


class CordaChain:
    """A host that a node takes part in: that of a base id (`HASH(index)`), or its only one."""

    name = "corda"
    is_ordered = False

    def __init__(self, nodes: CordaNodes, host: str | None = None) -> None:
        self._nodes = nodes
        self._seen = 0
        """The highest height (ms) that an event was told of."""
        self._host = {} if host is None else {"host": host}
        self._pool = ThreadPoolExecutor(FLOWS, thread_name_prefix="corda-flow")
        self._flows = FlowSender(nodes, self._pool, host)

    def close(self) -> None:
        """Wait for no flow any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def leave(self) -> None:
        """Nothing to do: threads share the connection."""

    # --- what is proven ---

    def first_states(self) -> tuple[AnyMessage, AnyMessage]:
        """Of the newest bridge transaction."""
        host = self._invoke("ibcHost")
        height = Height(0, host["height"])
        client = ClientState(
            BaseId(bytes.fromhex(host["base_id"]["txhash"]), host["base_id"]["index"]),
            bytes.fromhex(host["notary_key"]),
            tuple(map(bytes.fromhex, host["validator_keys"])),
            host["threshold"],
            height,
        )
        return AnyMessage.pack(client), AnyMessage.pack(consensus_state_at(height))

    def state_at(self, height: Height) -> tuple[AnyMessage, AnyMessage]:
        """The host's keys, and the height's time."""
        client = self.first_states()[0].unpack(ClientState)
        canonical = AnyMessage.pack(canonical_client_state(client))
        return canonical, AnyMessage.pack(consensus_state_at(height))

    def header(self, height: Height, trusted: Height) -> AnyMessage:  # noqa: ARG002 - none is asked
        """The tear-off of the transaction of exactly that height."""
        found = self._invoke("ibcHeader", height=height.revision_height)
        if found["height"] != height.revision_height:
            raise ProofTooOldException(f"no bridge transaction has height {height}")
        return AnyMessage.pack(Header(TearOff.decode(bytes.fromhex(found["tear_off"]))))

    def between(self, low: Height, high: Height) -> Height | None:  # noqa: ARG002 - as above
        """No stop helps: a header isn't judged by a former one."""
        return None

    def prove(self, claims: Sequence[Claim], known: Height) -> Evidence:
        """Each by the transaction that made it: presence is good at any later height.

        Raises: NothingToProveException; FeatureLater for absence.
        """
        found = [self._evidence_of(claim) for claim in claims]
        height = max((known, *(at for at, _ in found)))
        return Evidence(height, tuple(proof for _, proof in found))

    def _evidence_of(self, claim: Claim) -> tuple[Height, bytes]:
        if claim.value is None:
            raise FeatureLater("time-outs of packets to Corda are not supported yet")
        found = self._invoke("ibcQuery", path=claim.path)
        if found["value"] != claim.value.hex():
            raise NothingToProveException(f"the host holds something else at {claim.path}")
        return Height(0, found["height"]), bytes.fromhex(found["tear_off"])

    def now(self) -> tuple[Height, int]:
        """The newest bridge transaction's."""
        height = Height(0, self._invoke("ibcHost")["height"])
        return height, height.revision_height * NANOS_PER_MILLI

    # --- what it holds ---

    def client_ids(self) -> tuple[str, ...]:
        """By the paths of their states."""
        found = self._names("clients/", "/clientState")
        return tuple(sorted(found, key=_number))

    def client_state(self, client_id: str) -> AnyMessage | None:
        """The client state."""
        return self._find(paths.client_state(client_id), AnyMessage.decode)

    def consensus_state(self, client_id: str, height: Height) -> AnyMessage | None:
        """A consensus state."""
        return self._find(paths.consensus_state(client_id, height), AnyMessage.decode)

    def latest_height(self, client_id: str) -> Height:
        """The highest of its consensus states' heights: each is a state of its own."""
        heights = map(Height.parse, self._names(paths.consensus_states(client_id)))
        return max(heights, default=ZERO_HEIGHT)

    def enclave_key(self, client_id: str, address: bytes) -> EnclaveKey | None:
        """A registered key."""
        return self._find(paths.client(client_id) + key_path(address), EnclaveKey.decode)

    def connections(self) -> Mapping[str, ConnectionEnd]:
        """By their paths."""
        names = sorted(self._names("connections/"), key=_number)
        ends = ((one, self._find(paths.connection(one), ConnectionEnd.decode)) for one in names)
        return {one: end for one, end in ends if end is not None}

    def channels(self, port_id: str) -> Mapping[str, Channel]:
        """By their paths."""
        names = sorted(self._names(paths.channel(port_id, "")), key=_number)
        ends = ((one, self._find(paths.channel(port_id, one), Channel.decode)) for one in names)
        return {one: end for one, end in ends if end is not None}

    def committed(self, wanted: Sequence[str]) -> list[bool]:
        """Whether there is a value; a ticket is none. Many under one path are listed at once."""
        folders = Counter(map(_folder, wanted))
        listed = {
            path
            for folder, number in folders.items()
            if number > FEW
            for path in self._invoke("ibcPaths", prefix=folder)
        }
        return [
            path in listed if folders[_folder(path)] > FEW else bool(self._value(path))
            for path in wanted
        ]

    def follow(self, cursor: str, seconds: float) -> News:
        """A long poll; the cursor says of which node it is, and each counts for itself."""
        asked, _, place = cursor.partition(":")

        def ask(number: int, node: CordaNode) -> News:
            is_same = asked in {"", str(number)}
            since = place if is_same else self._overlap()
            found = node.invoke("ibcEvents", since=since, wait_seconds=seconds, **self._host)
            return self._news(found, f"{number}:", since, is_reread=not is_same)

        return self._nodes.call_numbered(ask)

    def _overlap(self) -> str:
        """Where to begin at another node, which may have heard of things in another order."""
        return f"@{self._seen - OVERLAP_MILLIS}" if self._seen > OVERLAP_MILLIS else ""

    def _news(self, found: Any, node: str, since: str, *, is_reread: bool) -> News:  # noqa: ANN401 - JSON
        told = (chain_event(one["type"], one["attributes"]) for one in found["events"])
        events: tuple[ChainEvent, ...] = tuple(event for event in told if event is not None)
        self._seen = max((self._seen, *(one["height"] for one in found["events"])))
        is_newest = found["cursor"] == since
        return News(node + found["cursor"], events, is_newest, is_reread)

    def _names(self, start: str, end: str = "") -> list[str]:
        found = self._invoke("ibcPaths", prefix=start)
        return [one.removeprefix(start).removesuffix(end) for one in found if one.endswith(end)]

    def _value(self, path: str) -> bytes | None:
        try:
            found = self._invoke("ibcQuery", path=path)["value"]
        except RpcException as error:
            if error.type_name != FeatureLater.__name__:
                raise
            return None  # a ticket that waits to be used: its absence can't be proven yet
        return None if found is None else bytes.fromhex(found)

    def _find(self, path: str, decode: Callable[[bytes], M]) -> M | None:
        found = self._value(path)
        return decode(found) if found else None

    def _invoke(self, method: str, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        return self._nodes.call(lambda node: node.invoke(method, **arguments, **self._host))

    # --- what is sent to it ---

    def settle(self) -> None:
        """Nothing to wait for: a flow that runs is found again by its client id."""

    def submit(self, updates: Sequence[Message], messages: Sequence[Message]) -> FlowSubmission:
        """A flow, and so a transaction, for each message."""
        return self._flows.submit(updates, messages)


def _folder(path: str) -> str:
    return path.rpartition("/")[0] + "/"


def _number(identifier: str) -> int:
    return int(identifier.rpartition("-")[2])
