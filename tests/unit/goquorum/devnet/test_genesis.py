"""The files of a network, against the ones that were seen to work."""

import json
from typing import Any

import pytest
import rlp

from goquorum.devnet.genesis import arguments, genesis, p2p_config, static_nodes
from goquorum.devnet.settings import DevnetSettings
from goquorum.quick.validators import ValidatorKeys


@pytest.fixture
def made(network: DevnetSettings) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(genesis(network)))
    return found


def test_the_rules_are_berlins_and_goquorums(made: dict[str, Any]) -> None:
    config = made["config"]
    early = ("homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople")
    forks = (*early, "petersburg", "istanbul", "muirGlacier", "berlin")
    assert all(config[f"{fork}Block"] == 0 for fork in forks)
    assert "londonBlock" not in config
    assert (config["isQuorum"], config["txnSizeLimit"], config["maxCodeSize"]) == (True, 128, 0)
    assert config["maxCodeSizeConfig"] == [{"block": 0, "size": 128}]


def test_the_request_timeout_is_in_milliseconds(made: dict[str, Any]) -> None:
    assert made["config"]["qbft"] == {
        "policy": 0,
        "epochlength": 30000,
        "ceil2Nby3Block": 0,
        "blockperiodseconds": 1,
        "requesttimeoutseconds": 4000,
    }


def test_the_validators_stand_in_the_extra_data_ascending(
    made: dict[str, Any], network: DevnetSettings
) -> None:
    keys = ValidatorKeys(network.seed_bytes())
    extra = rlp.decode(bytes.fromhex(made["extraData"][2:]))
    assert extra == [bytes(32), sorted(keys.address(n) for n in range(2)), [], b"", []]
    assert bytes.fromhex(made["mixHash"][2:]) == b"ctical byzantine fault tolerance"
    assert (made["difficulty"], made["gasLimit"]) == ("0x1", "0xe0000000")


def test_a_node_dials_those_before_it(network: DevnetSettings) -> None:
    assert static_nodes(network, 0) == []
    (first,) = static_nodes(network, 1)
    key, _, where = first.removeprefix("enode://").partition("@")
    assert len(bytes.fromhex(key)) == 64
    assert where == f"127.0.0.1:{network.nodes[0].p2p_port}?discport=0"


def test_everything_listens_on_loopback(network: DevnetSettings) -> None:
    command = arguments(network, 1)
    assert command[command.index("--http.addr") + 1] == "127.0.0.1"
    assert command[command.index("--netrestrict") + 1] == "127.0.0.0/8"
    assert command[command.index("--http.port") + 1] == str(network.nodes[1].rpc_port)
    assert p2p_config(network, 1) == (
        f'[Node.P2P]\nListenAddr = "127.0.0.1:{network.nodes[1].p2p_port}"\n'
    )


def test_the_etherbase_is_the_nodes_own_address(network: DevnetSettings) -> None:
    command = arguments(network, 1)
    address = ValidatorKeys(network.seed_bytes()).address(1).hex()
    assert command[command.index("--miner.etherbase") + 1] == "0x" + address
