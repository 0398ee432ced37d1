"""The arguments of operations, checked where they come in."""

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from corda_sim.core.errors import IllegalArgumentError
from corda_sim.flow.runner import MAX_CLIENT_ID

MAX_PAGE_SIZE = 10_000
DEFAULT_PAGE_SIZE = 200
MAX_NOTE = 64 * 1024
"""The longest note on a transaction, in characters."""
MAX_ARGUMENTS = 1024 * 1024


class Request(BaseModel):
    """An operation's arguments; this one has none."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class FlowById(Request):
    """A flow, by its id or the unambiguous beginning of it."""

    flow_id: Annotated[str, Field(min_length=1, max_length=64)]


class ByClientId(Request):
    """A flow, by the client id that it was started with."""

    client_id: Annotated[str, Field(min_length=1, max_length=MAX_CLIENT_ID)]


class OfAccount(Request):
    """Of one account (name, `name@Party`, UUID), or of the whole node."""

    account: str | None = None


class VaultSelection(OfAccount):
    """A page of states; `state` is a wire name or the unambiguous end of one."""

    state: str | None = None
    status: Literal["unconsumed", "consumed", "all"] = "unconsumed"
    page: Annotated[int, Field(ge=1)] = 1
    page_size: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] = DEFAULT_PAGE_SIZE


class TransactionById(Request):
    """A transaction."""

    id: str


class TransactionNote(TransactionById):
    """A note for a transaction."""

    note: Annotated[str, Field(min_length=1, max_length=MAX_NOTE)]


class DrainingMode(Request):
    """Whether to take no new flows."""

    enabled: bool


R = TypeVar("R", bound=Request)


def parse_request(kind: type[R], text: str) -> R:
    """The arguments from their JSON text.

    Raises: IllegalArgumentError, which names each argument that is wrong.
    """
    if len(text) > MAX_ARGUMENTS:
        raise IllegalArgumentError("The arguments are too long")
    try:
        return kind.model_validate_json(text or "{}")
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, one['loc'])) or 'arguments'}: {one['msg']}"
            for one in error.errors()
        )
        raise IllegalArgumentError(wrong) from error
