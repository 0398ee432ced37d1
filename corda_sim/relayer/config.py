"""The relayer's configuration file (TOML). Unknown keys are refused.

```toml
state_dir = "relayer"               # where a running relayer tells what it does

[corda]                             # a node that takes part in the host
address = "127.0.0.1:10006"
username = "relayer"
password = "…"

[goquorum]
url = "http://127.0.0.1:8545"
bridge = "bridge.json"              # made by `goquorum deploy`
key = "relayer-key.json"            # a keystore, or a plain key of mode 0600

[lcp]
address = "127.0.0.1:50051"

[channels]                          # ports and the versions of their channels
cross = "cross-1"
cross-auth = "cross-1"
```
"""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from corda_sim.core.settings_errors import ConfigurationException, explain
from corda_sim.core.settings_values import Duration, NetworkAddress
from corda_sim.ibc.errors import FeatureLater

_ADDRESS: Final = 'an address "host:port"'
_DURATION: Final = 'seconds, or a duration as "30s"'
_FILE: Final = "a file's path, relative to this file"
_ZERO: Final = timedelta(0)
CROSS_VERSION: Final = "cross-1"


def _as_path(value: object) -> Path:
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError("not a path")
    return Path(value)


_Path = Annotated[Path, BeforeValidator(_as_path)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NodeSettings(_Settings):
    """A node's RPC.

    The user may call ibcHost, ibcQuery, ibcPaths, ibcHeader, ibcEvents and removeClientId, and
    start corda_sim.ibc.IbcSubmitFlow.
    """

    address: NetworkAddress = Field(description=_ADDRESS)
    username: str = Field(description="a user name", min_length=1)
    password: str = Field(description="a password", repr=False)
    trust: _Path | None = Field(default=None, description=_FILE)


class CordaSettings(NodeSettings):
    """The node that is asked first, and those that are asked while it is away.

    A packet that makes a party lock something needs that party's own node: it is to be among them.
    `host` is a base id, where the nodes take part in several hosts.
    """

    fallbacks: tuple[NodeSettings, ...] = Field(
        default=(), description="a list of tables with address, username and password"
    )
    host: str | None = Field(
        default=None,
        pattern=r"^[0-9A-Fa-f]{64}\([0-9]+\)$",
        description='a base id as "HASH(index)"',
    )


class GoQuorumSettings(_Settings):
    """An endpoint, and how a light client is to follow the chain behind it.

    `trusting_period` of "0s" asks for no check of time. `poll` is how often to ask for a new block.
    """

    url: str = Field(description='a URL as "http://host:port"', pattern="^https?://[^/]")
    bridge: _Path = Field(description=_FILE)
    key: _Path = Field(description=_FILE)
    password_file: _Path | None = Field(default=None, description=_FILE)
    trusting_period: Duration = Field(default=timedelta(hours=12), description=_DURATION)
    max_clock_drift: Duration = Field(default=timedelta(seconds=15), description=_DURATION)
    poll: Duration = Field(default=timedelta(milliseconds=20), description=_DURATION)

    @model_validator(mode="after")
    def _check_durations(self) -> Self:
        if min(self.trusting_period, self.max_clock_drift) < _ZERO or self.poll <= _ZERO:
            raise ValueError("a duration is negative, or poll is 0")
        return self


class LcpSettings(_Settings):
    """A proxy, the names of its clients, and the lives of its keys."""

    address: NetworkAddress = Field(description=_ADDRESS)
    tls_root: _Path | None = Field(default=None, description=_FILE)
    goquorum_client: str = Field(default="hb-qbft-0", description="a client id", min_length=9)
    corda_client: str = Field(default="corda-host-0", description="a client id", min_length=9)
    key_expiration: Duration = Field(default=timedelta(days=7), description=_DURATION)
    key_renewal: Duration = Field(default=timedelta(days=1), description=_DURATION)

    @model_validator(mode="after")
    def _check_lives(self) -> Self:
        if not _ZERO < self.key_renewal < self.key_expiration:
            raise ValueError("key_renewal must be more than 0 and less than key_expiration")
        return self


class RelayerConfig(_Settings):
    """All of the file; paths are those of the file's directory.

    `refresh` is how long a client may go without hearing of the other chain.
    """

    corda: CordaSettings = Field(description="a table with address, username and password")
    goquorum: GoQuorumSettings = Field(description="a table with url, bridge and key")
    lcp: LcpSettings = Field(description="a table with address")
    prover: Literal["lcp", "direct"] = Field(default="lcp", description='"lcp"')
    channels: dict[str, str] = Field(
        default={"cross": CROSS_VERSION, "cross-auth": CROSS_VERSION},
        description="a table of ports and versions",
        min_length=1,
    )
    state_dir: _Path = Field(default=Path("relayer"), description="a directory's path")
    health_address: NetworkAddress = Field(default="127.0.0.1:0", description=_ADDRESS)
    refresh: Duration = Field(default=timedelta(hours=1), description=_DURATION)

    @model_validator(mode="after")
    def _check_refresh(self) -> Self:
        period = self.goquorum.trusting_period
        if self.refresh <= _ZERO or (period and 2 * self.refresh > period):
            raise ValueError("refresh must be more than 0 and at most half of trusting_period")
        return self


def load_config(path: Path) -> RelayerConfig:
    """Read the file.

    Raises:
        ConfigurationException: names the file and, for each problem, the key, what was expected
            and what was found.
        FeatureLater: a prover that isn't there yet.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        found = RelayerConfig.model_validate(content)
    except OSError as error:
        raise ConfigurationException(path, [f"can't be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationException(path, [f"not TOML: {error}"]) from error
    except ValidationError as error:
        raise ConfigurationException(path, explain(RelayerConfig, error)) from None
    if found.prover != "lcp":
        raise FeatureLater("light clients without LCP are not supported yet: prover must be lcp")
    return found
