"""What a devnet is, in `DIR/devnet.json`: written when it is first brought up, and kept."""

import os
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from goquorum.errors import WrongUse

FILE_NAME: Final = "devnet.json"
EVM_FOLDER: Final = "evm"
"""Where the quick tier notes its EVM's process, to end it even if the quick one was killed."""

Tier = Literal["quick", "goquorum"]
BlockPeriod = Literal["1s", "instant"]
_Port = Annotated[int, Field(gt=0, lt=65536)]


class DevnetNotFound(WrongUse):
    """A directory holds no devnet, or one whose settings can't be read."""


class DevnetSettingsRefused(WrongUse):
    """What was asked for can't be, or differs from what the directory holds."""


class NodeSettings(BaseModel):
    """One node process, and the loopback ports that it listens on."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    rpc_port: _Port
    p2p_port: _Port | None = None

    @property
    def rpc(self) -> str:
        """Where it answers JSON-RPC."""
        return f"http://127.0.0.1:{self.rpc_port}"


class DevnetSettings(BaseModel):
    """A devnet. `seed` (hex) makes the validators' keys: a secret, if only of a devnet's."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    tier: Tier
    validators: Annotated[int, Field(ge=1, le=32)]
    block_period: BlockPeriod
    controls: bool
    seed: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    nodes: Annotated[tuple[NodeSettings, ...], Field(min_length=1)]

    def seed_bytes(self) -> bytes:
        """The seed of the validators' keys, 32 bytes."""
        return bytes.fromhex(self.seed)

    def period_seconds(self) -> int:
        """Whole seconds between blocks, 0 for instant ones."""
        return 0 if self.block_period == "instant" else 1


def has_settings(directory: Path) -> bool:
    """Whether there is a devnet in a directory."""
    return (directory / FILE_NAME).is_file()


def read_settings(directory: Path) -> DevnetSettings:
    """The devnet of a directory. Raises DevnetNotFound."""
    try:
        return DevnetSettings.model_validate_json((directory / FILE_NAME).read_bytes())
    except (OSError, ValidationError) as error:
        raise DevnetNotFound(f"{directory} holds no devnet that can be read: {error}") from error


def write_settings(directory: Path, settings: DevnetSettings) -> None:
    """Keep a devnet's settings, for its owner's eyes alone."""
    directory.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(directory / FILE_NAME, flags, 0o600), "w") as file:
        file.write(settings.model_dump_json(indent=2) + "\n")
