"""node.toml: a node's settings, under the key names of Corda's node.conf.

Unknown keys are refused: a mistyped setting that is silently ignored is found in production.
"""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from corda_sim.core.settings_errors import ConfigurationException, explain
from corda_sim.core.settings_values import Duration, LegalName, NetworkAddress, to_toml
from corda_sim.flow import settings
from corda_sim.node.corda_keys import CORDA_KEYS_NOT_USED
from corda_sim.node.node_files import CORDAPPS

CONFIG_FILE: Final = "node.toml"
DEFAULT_DATABASE: Final = "sqlite:///node.db"
_SQLITE: Final = "sqlite:///"
_ADDRESS: Final = 'an address "host:port" or "unix:PATH"'
_DURATION: Final = 'seconds, or a duration as "30s"'


def _to_key(field: str) -> str:
    # Corda writes p2pAddress, where the general rule would make p2PAddress.
    return "p2p" + to_camel("x" + field[3:])[1:] if field.startswith("p2p_") else to_camel(field)


class _Settings(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=_to_key,
        validate_by_name=True,
        validate_by_alias=True,
    )


class RpcSsl(_Settings):
    """The key store of the RPC server: PEM, made by `node generate-rpc-ssl-settings`."""

    key_store_path: str = Field(
        description="a path, relative to the node's directory", min_length=1
    )
    key_store_password: str = Field(description="a password", min_length=1, repr=False)


class RpcSettings(_Settings):
    """Where the node serves RPC, and whether over TLS."""

    address: NetworkAddress = Field(description=_ADDRESS)
    use_ssl: StrictBool = Field(default=False, description="true or false")
    ssl: RpcSsl | None = Field(
        default=None, description="a table with keyStorePath and keyStorePassword"
    )

    @model_validator(mode="after")
    def _check_key_store(self) -> Self:
        if self.use_ssl and self.ssl is None:
            raise ValueError("useSsl needs a table ssl with keyStorePath and keyStorePassword")
        return self

    @property
    def key_store(self) -> RpcSsl | None:
        """The key store when RPC goes over TLS."""
        return self.ssl if self.use_ssl else None


class RpcUser(_Settings):
    """Who may call RPC: `StartFlow.<class>`, `InvokeRpc.<method>` or `ALL`."""

    username: str = Field(description="a user name", min_length=1)
    password: str = Field(description="a password", repr=False)
    permissions: tuple[str, ...] = Field(default=(), description='a list such as ["ALL"]')


class DataSourceProperties(_Settings):
    """The database; a relative SQLite path is relative to the node's directory."""

    url: str = Field(
        default=DEFAULT_DATABASE, repr=False, description='"sqlite:///FILE" or "postgresql://…"'
    )

    @model_validator(mode="before")
    @classmethod
    def _flatten(cls, value: object) -> object:
        # Corda nests the properties of the driver: dataSourceProperties.dataSource.url.
        if isinstance(value, dict) and isinstance(inner := value.get("dataSource"), dict):
            return {**{key: value[key] for key in value if key != "dataSource"}, **inner}
        return value

    @field_validator("url")
    @classmethod
    def _check_scheme(cls, url: str) -> str:
        if not url.startswith((_SQLITE, "postgresql://")) or url == _SQLITE:
            raise ValueError("not a database URL")
        return url

    def resolve(self, node_dir: Path) -> str:
        """The URL with a relative SQLite path made absolute."""
        if not self.url.startswith(_SQLITE):
            return self.url
        return f"{_SQLITE}{node_dir.resolve() / self.url.removeprefix(_SQLITE)}"


class NotaryConfig(_Settings):
    """This node is a notary, or a worker of one."""

    validating: StrictBool = Field(description="true or false")
    service_legal_name: LegalName | None = Field(
        default=None,
        description='the X.500 name of a notary cluster, as "O=Notary, L=Zurich, C=CH"',
    )
    eta_message_threshold_seconds: int = Field(default=10, ge=0, description="seconds, 0 or more")
    data_source_properties: DataSourceProperties = Field(
        default=DataSourceProperties(url="sqlite:///notary.db"), description="a table with a url"
    )
    witnesses: tuple[LegalName, ...] = Field(
        default=(), description="a list of X.500 names of nodes that remember this notary's head"
    )
    accept_head: str | None = Field(
        default=None,
        pattern="^[0-9A-Fa-f]{64}$",
        description="the database's head, 64 hex digits: batches lost after it are given up",
    )


class ValidatorConfig(_Settings):
    """This node co-signs: the contracts and commands that it may sign."""

    allow: tuple[str, ...] = Field(
        description='a list of "contract:Command" or "contract", as "corda_sim.cash.Cash:Issue"'
    )


class FlowTimeout(_Settings):
    """When a timed flow that hears nothing is tried again (Corda's defaults)."""

    timeout: Duration = Field(default=timedelta(seconds=30), description=_DURATION)
    max_restart_count: int = Field(default=6, ge=0, description="a number, 0 or more")
    backoff_base: float = Field(default=1.8, ge=1, description="a number, 1 or more")

    def for_engine(self) -> settings.FlowTimeout:
        """The same for the flow engine."""
        nanoseconds = self.timeout // timedelta(microseconds=1) * 1000
        return settings.FlowTimeout(nanoseconds, self.max_restart_count, self.backoff_base)


class MutualExclusionConfiguration(_Settings):
    """The lease between the active node and its cold standby, in milliseconds."""

    update_interval: int = Field(default=500, gt=0, description="milliseconds, more than 0")
    wait_interval: int = Field(
        default=2000, gt=0, description="milliseconds, more than updateInterval"
    )

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.wait_interval <= self.update_interval:
            raise ValueError("waitInterval must exceed updateInterval")
        return self


class ProcessedMessageCleanup(_Settings):
    """How long the ids of session-inits are kept; an older init is rejected."""

    general_retention_period_in_days: float = Field(
        default=7, gt=0, description="days, more than 0"
    )


class EnterpriseConfiguration(_Settings):
    """The settings that Corda Enterprise adds."""

    mutual_exclusion_configuration: MutualExclusionConfiguration = MutualExclusionConfiguration()
    processed_message_cleanup: ProcessedMessageCleanup = ProcessedMessageCleanup()


class NodeConfiguration(_Settings):
    """A node's settings (Corda's `NodeConfiguration`)."""

    my_legal_name: LegalName = Field(
        description='the node\'s X.500 name, as "O=PartyA, L=London, C=GB"'
    )
    p2p_address: NetworkAddress = Field(description=_ADDRESS)
    rpc_settings: RpcSettings = Field(description="a table with an address")
    rpc_users: tuple[RpcUser, ...] = Field(
        default=(), description="a list of { username, password, permissions }"
    )
    data_source_properties: DataSourceProperties = Field(
        default=DataSourceProperties(), description="a table with a url"
    )
    messaging_server_address: str | None = Field(
        default=None,
        pattern=r"^amqps?://",
        description='the URL of a RabbitMQ broker, as "amqps://…"',
    )
    health_address: NetworkAddress = Field(default="127.0.0.1:0", description=_ADDRESS)
    dev_mode: StrictBool = Field(default=True, description="true or false")
    key_store_password: str = Field(default="cordacadevpass", repr=False, description="a password")
    trust_store_password: str = Field(default="trustpass", repr=False, description="a password")
    notary: NotaryConfig | None = Field(default=None, description="a table")
    validator: ValidatorConfig | None = Field(default=None, description="a table with allow")
    flow_timeout: FlowTimeout = FlowTimeout()
    reload_checkpoint_after_suspend: StrictBool = Field(default=False, description="true or false")
    transaction_cache_size_mega_bytes: int = Field(
        default=8, gt=0, description="megabytes, more than 0"
    )
    large_transaction_bytes: int = Field(
        default=settings.LARGE_TRANSACTION, ge=0, description="bytes, 0 or more"
    )
    cordapp_directories: tuple[str, ...] = Field(default=(), description="a list of directories")
    enterprise_configuration: EnterpriseConfiguration = EnterpriseConfiguration()

    def cordapp_folders(self, node_dir: Path) -> tuple[Path, ...]:
        """Where contract archives lie; a relative directory is relative to the node's."""
        return tuple(node_dir / folder for folder in (CORDAPPS, *self.cordapp_directories))

    def database_url(self, node_dir: Path) -> str:
        """The URL of the node's database."""
        return self.data_source_properties.resolve(node_dir)


def load_config(node_dir: Path) -> NodeConfiguration:
    """Read `node_dir`/node.toml.

    Raises:
        ConfigurationException: names the file and, for each problem, the key, what was expected
            and what was found.
    """
    path = node_dir / CONFIG_FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return NodeConfiguration.model_validate(content, by_name=False)
    except FileNotFoundError:
        raise ConfigurationException(path, ["there is no such file"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationException(path, [f"not TOML: {error}"]) from error
    except ValidationError as error:
        raise ConfigurationException(
            path, explain(NodeConfiguration, error, CORDA_KEYS_NOT_USED)
        ) from None


def write_config(node_dir: Path, config: NodeConfiguration) -> Path:
    """Write `node_dir`/node.toml with the settings that differ from their defaults.

    Only its owner may read the file: it holds passwords.
    """
    path = node_dir / CONFIG_FILE
    content = config.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(to_toml(content), encoding="utf-8")
    return path
