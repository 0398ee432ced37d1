"""What Cross is told of this chain: its contracts' answers, and who has signed."""

from collections.abc import Sequence
from typing import Any

from corda_sim.core.contracts import CommandWithParties
from corda_sim.cross.environment import Environment
from states.cross.environment import environment_of as environment_by_ids
from states.ibc.messages import HostConfig


def environment_of(config: HostConfig, commands: Sequence[CommandWithParties[Any]]) -> Environment:
    """The environment of a transaction with these commands."""
    contracts = {one.name: one.target for one in config.contracts}
    return environment_by_ids(commands, config.chain_id, contracts)
