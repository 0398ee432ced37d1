"""Component groups of a transaction (net.corda.core.contracts.ComponentGroupEnum)."""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any

import msgspec

from corda_sim.core.contracts.commands import Command
from corda_sim.core.contracts.state_ref import StateRef
from corda_sim.core.contracts.states import TransactionState
from corda_sim.core.contracts.time_window import TimeWindow
from corda_sim.core.crypto.hashes import SecureHash
from corda_sim.core.errors import IllegalArgumentError
from corda_sim.core.identity import Party
from corda_sim.core.serialization import PLATFORM, serializable, serialize


class ComponentGroupEnum(IntEnum):
    """Ordinals of the groups; later ones are tolerated and can be torn off."""

    INPUTS = 0
    OUTPUTS = 1
    COMMANDS = 2
    ATTACHMENTS = 3
    NOTARY = 4
    TIMEWINDOW = 5
    SIGNERS = 6
    REFERENCES = 7
    PARAMETERS = 8


MAX_GROUP_INDEX = 255


@serializable("corda.ComponentGroup", registry=PLATFORM)
class ComponentGroup(msgspec.Struct, frozen=True):
    """The opaque components of one group, each serialized once and kept as bytes for ever.

    Raises: IllegalArgumentError for an ordinal outside 0…255.
    """

    group_index: int
    components: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.group_index <= MAX_GROUP_INDEX:
            raise IllegalArgumentError(f"component group {self.group_index} is out of range")


def create_component_groups(  # noqa: PLR0913 - one for each group
    *,
    inputs: Sequence[StateRef] = (),
    outputs: Sequence[TransactionState[Any]] = (),
    commands: Sequence[Command[Any]] = (),
    attachments: Sequence[SecureHash] = (),
    notary: Party | None = None,
    time_window: TimeWindow | None = None,
    references: Sequence[StateRef] = (),
    network_parameters_hash: SecureHash | None = None,
) -> tuple[ComponentGroup, ...]:
    """Serialize components into their groups; empty groups are left out, a command is split in two.

    Source: net.corda.core.internal.TransactionUtils, createComponentGroups.
    Raises: NotSerializableException for a state or command that was not registered.
    """
    single: list[tuple[ComponentGroupEnum, Iterable[object]]] = [
        (ComponentGroupEnum.INPUTS, inputs),
        (ComponentGroupEnum.OUTPUTS, outputs),
        (ComponentGroupEnum.COMMANDS, [command.value for command in commands]),
        (ComponentGroupEnum.ATTACHMENTS, attachments),
        (ComponentGroupEnum.NOTARY, () if notary is None else (notary,)),
        (ComponentGroupEnum.TIMEWINDOW, () if time_window is None else (time_window,)),
        (ComponentGroupEnum.SIGNERS, [command.signers for command in commands]),
        (ComponentGroupEnum.REFERENCES, references),
        (
            ComponentGroupEnum.PARAMETERS,
            () if network_parameters_hash is None else (network_parameters_hash,),
        ),
    ]
    groups = ((group, tuple(map(serialize, values))) for group, values in single)
    return tuple(ComponentGroup(int(group), parts) for group, parts in groups if parts)
