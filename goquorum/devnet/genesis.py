"""The files of a GoQuorum network (goquorum 2.1, 2.3): pure, from the settings alone."""

from typing import Any, Final

from coincurve import PrivateKey

from corda_sim.ibc.lightclients.qbft.header import QBFT_MIX_HASH
from goquorum.devnet.settings import DevnetSettings
from goquorum.quick.anvil import CHAIN_ID, CODE_SIZE_LIMIT, GAS_LIMIT
from goquorum.quick.header import Extra
from goquorum.quick.refusals import SIZE_LIMIT
from goquorum.quick.validators import ValidatorKeys

REQUEST_TIMEOUT_MILLIS: Final = 4000
_KIB: Final = 1024
_FORKS: Final = (
    *("homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg"),
    *("istanbul", "muirGlacier", "berlin"),
)


def genesis(settings: DevnetSettings) -> dict[str, Any]:
    """Block 0 with the rules of the network, for `geth init`.

    v22.4.0 takes `requesttimeoutseconds` for milliseconds.
    """
    qbft = {"policy": 0, "epochlength": 30000, "ceil2Nby3Block": 0}
    timing = {"blockperiodseconds": 1, "requesttimeoutseconds": REQUEST_TIMEOUT_MILLIS}
    code_size = [{"block": 0, "size": CODE_SIZE_LIMIT // _KIB}]
    limits = {"txnSizeLimit": SIZE_LIMIT // _KIB, "maxCodeSize": 0, "maxCodeSizeConfig": code_size}
    config = {"chainId": CHAIN_ID} | {f"{fork}Block": 0 for fork in _FORKS}
    keys = ValidatorKeys(settings.seed_bytes())
    validators = tuple(sorted(keys.address(number) for number in range(settings.validators)))
    return {
        "config": config | {"isQuorum": True, **limits, "qbft": qbft | timing},
        "nonce": "0x0",
        "timestamp": "0x0",
        "gasLimit": hex(GAS_LIMIT),
        "gasUsed": "0x0",
        "number": "0x0",
        "difficulty": "0x1",
        "coinbase": "0x" + bytes(20).hex(),
        "parentHash": "0x" + bytes(32).hex(),
        "mixHash": "0x" + QBFT_MIX_HASH.hex(),
        "extraData": "0x" + Extra(validators, vanity=bytes(32)).encode().hex(),
        "alloc": {},
    }


def static_nodes(settings: DevnetSettings, number: int) -> list[str]:
    """Whom a node dials: the nodes before it alone, which have been started by then."""
    keys = ValidatorKeys(settings.seed_bytes())
    return [
        f"enode://{_public_key(keys.secret(other))}@127.0.0.1:{node.p2p_port}?discport=0"
        for other, node in enumerate(settings.nodes[:number])
    ]


def p2p_config(settings: DevnetSettings, number: int) -> str:
    """`config.toml`, which alone can bind the peer port to loopback."""
    return f'[Node.P2P]\nListenAddr = "127.0.0.1:{settings.nodes[number].p2p_port}"\n'


def arguments(settings: DevnetSettings, number: int) -> tuple[str, ...]:
    """The command line of a node after `--config` and `--datadir`."""
    address = "0x" + ValidatorKeys(settings.seed_bytes()).address(number).hex()
    gas = str(GAS_LIMIT)
    return (
        *("--networkid", str(CHAIN_ID), "--nodiscover", "--nat", "none"),
        *("--netrestrict", "127.0.0.0/8", "--syncmode", "full", "--gcmode", "archive"),
        *("--cache", "32", "--miner.threads", "1", "--miner.gasprice", "0"),
        *("--miner.etherbase", address, "--miner.gastarget", gas, "--miner.gaslimit", gas),
        *("--emitcheckpoints", "--verbosity", "1", "--ipcdisable"),
        *("--http", "--http.addr", "127.0.0.1", "--http.vhosts", "*"),
        *("--http.port", str(settings.nodes[number].rpc_port)),
        *("--http.api", "admin,eth,debug,miner,net,txpool,web3,istanbul"),
    )


def _public_key(secret: bytes) -> str:
    return PrivateKey(secret).public_key.format(compressed=False)[1:].hex()
