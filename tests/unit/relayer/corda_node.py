"""A node's RPC over the host in memory: what `CordaChain` asks, answered as JSON."""

import json
from collections.abc import Mapping
from typing import Any

from corda_sim.core.errors import CordaError
from corda_sim.ibc.any import AnyMessage
from corda_sim.ibc.lightclients.corda.types import Entry
from corda_sim.ibc.protobuf import Message
from corda_sim.ibc.router import ResultType, deliver, read_message
from corda_sim.rpc.client import FlowOutcome
from corda_sim.rpc.errors import NodeUnreachableException, RpcException
from tests.unit.ibc.corda_ledger import Bridge as CordaTransaction
from tests.unit.relayer.chains import LEDGER_START, MemoryCorda

OURS = ["ibcHost", "ibcPaths", "ibcQuery", "ibcHeader", "ibcEvents", "removeClientId"]


class MemoryNode:
    """Flows run at once, each in a transaction of its own; they are found again by client id."""

    def __init__(self, host: MemoryCorda) -> None:
        self.host = host
        self.flows: dict[str, FlowOutcome] = {}
        self.started: list[tuple[str, tuple[str, ...]]] = []
        self.hosts: list[object] = []
        self.polls: list[str] = []
        self.listed: list[str] = []
        self.away = False
        self.is_anothers = False
        self.loses_answers = False

    def invoke(self, method: str, **arguments: Any) -> Any:  # noqa: ANN401 - JSON
        self._check()
        self.hosts.append(arguments.pop("host", None))
        if method not in OURS:
            raise RpcException("IllegalArgumentError", f"There is no operation {method}")
        return json.loads(json.dumps(getattr(self, method)(**arguments)))

    def ibcHost(self) -> dict[str, object]:  # noqa: N802 - the operation's name
        state = self.host.state
        return {
            "base_id": {"txhash": state.base_id.txhash.hex(), "index": state.base_id.index},
            "notary_key": state.notary_key.hex(),
            "validator_keys": [one.hex() for one in state.validator_keys],
            "threshold": state.threshold,
            "height": LEDGER_START + self.host.heights[-1],
        }

    def ibcPaths(self, prefix: str) -> list[str]:  # noqa: N802 - as above
        self.listed.append(prefix)
        return [path for path in self.host.store.paths(prefix) if self.host.store.get(path)]

    def ibcQuery(self, path: str) -> dict[str, object]:  # noqa: N802 - as above
        made = self.host.made.get(path)
        if path not in self.host.store.values or made is None:
            return {"value": None, "tear_off": "", "height": 0}
        value, millis = made
        if not value:
            raise RpcException("FeatureLater", f"absence of {path} can't be witnessed yet")
        shown = CordaTransaction([Entry(path, value)], millis=millis).tear_off()
        height = LEDGER_START + millis
        return {"value": value.hex(), "tear_off": shown.encode().hex(), "height": height}

    def ibcHeader(self, height: int) -> dict[str, object]:  # noqa: N802 - as above
        found = [one for one in self.host.heights if LEDGER_START + one >= height]
        if not found:
            return {"tear_off": "", "height": 0}
        shown = CordaTransaction(millis=found[0]).tear_off()
        return {"tear_off": shown.encode().hex(), "height": LEDGER_START + found[0]}

    def ibcEvents(self, since: str, wait_seconds: float) -> dict[str, object]:  # noqa: N802 - as above
        del wait_seconds
        self.polls.append(since)
        told = self.host.log[0 if since.startswith("@") else int(since or 0) :]
        height = LEDGER_START + self.host.heights[-1]
        events = [
            {"type": one.type, "attributes": dict(one.attributes), "height": height} for one in told
        ]
        return {"cursor": str(len(self.host.log)), "events": events}

    def removeClientId(self, client_id: str) -> bool:  # noqa: N802 - as above
        return self.flows.pop(client_id, None) is not None

    def start_flow(
        self, flow: str, arguments: Mapping[str, str], client_id: str = ""
    ) -> FlowOutcome:
        self._check()
        assert flow == "corda_sim.ibc.IbcSubmitFlow"
        self.hosts.append(arguments.get("base_id"))
        if client_id not in self.flows:
            messages = [
                read_message(AnyMessage.decode(bytes.fromhex(one)))
                for one in arguments["messages"].split(";")
            ]
            self.started.append((client_id, tuple(type(one).__name__ for one in messages)))
            missing = FlowOutcome("flow", None, "", "ContractCallMissing", "prepare")
            self.flows[client_id] = missing if self.is_anothers else self._run(messages)
        if self.loses_answers:
            raise NodeUnreachableException("the node went away")
        return self.flows[client_id]

    def _run(self, messages: list[Message]) -> FlowOutcome:
        name = f"flow-{len(self.started)}"
        try:
            with self.host.context.attempt() as inner:
                results = [deliver(inner, one).result for one in messages]
        except CordaError as error:
            return FlowOutcome(name, None, "", type(error).__name__, str(error))
        is_new = any(one is ResultType.SUCCESS for one in results)
        if is_new:
            self.host.make_block()
        made = {"transaction": name if is_new else "", "results": [one.name for one in results]}
        return FlowOutcome(name, made, "", "", "")

    def _check(self) -> None:
        if self.away:
            raise NodeUnreachableException("The node can't be reached")
