"""What a relayer asks of the bridge, by RPC."""

from typing import TYPE_CHECKING

import pytest

from corda_sim.rpc.client import NodeRpcClient
from corda_sim.rpc.errors import RpcException

if TYPE_CHECKING:
    from tests.unit.rpc.conftest import Served


def make_genesis(client: NodeRpcClient) -> str:
    ours = client.invoke("nodeInfo")["name"]
    base_id = client.start_flow("GenesisCreateFlow", {"participants": ours}).get()
    assert isinstance(base_id, str)
    return base_id


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("ibcHost", {}),
        ("ibcQuery", {"path": "connections/connection-0"}),
        ("ibcPaths", {"prefix": "clients/"}),
        ("ibcHeader", {"height": 1}),
        ("ibcEvents", {}),
        ("ibcAdmitted", {}),
        ("ibcHost", {"host": f"{'AB' * 32}(0)"}),
    ],
)
def test_without_a_host(served: "Served", method: str, arguments: dict[str, object]) -> None:
    with served.client("admin") as client, pytest.raises(RpcException, match="no host"):
        client.invoke(method, **arguments)


@pytest.mark.parametrize(
    ("method", "arguments", "named"),
    [
        ("ibcQuery", {"path": ""}, "path"),
        ("ibcHeader", {"height": -1}, "height"),
        ("ibcEvents", {"wait_seconds": 61}, "wait_seconds"),
        ("ibcEvents", {"limit": 0}, "limit"),
        ("ibcHost", {"host": "nonsense"}, "HASH"),
    ],
)
def test_wrong_arguments(
    served: "Served", method: str, arguments: dict[str, object], named: str
) -> None:
    with served.client("admin") as client, pytest.raises(RpcException, match=named):
        client.invoke(method, **arguments)


def test_a_genesis_by_rpc_is_no_host_yet(served: "Served") -> None:
    with served.client("admin") as client:
        base_id = make_genesis(client)
        assert base_id.endswith("(0)")
        with pytest.raises(RpcException, match="no host"):
            client.invoke("ibcHost", host=base_id)
