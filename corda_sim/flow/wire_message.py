"""The seam between flow engine and messaging: one session message, already encoded."""

from typing import Annotated

import msgspec

MAX_MESSAGE_ID_LENGTH = 64
"""Characters that Corda's column `node_message_ids.message_id` holds."""

MessageId = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_MESSAGE_ID_LENGTH)]


class WireMessage(
    msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False
):
    """A session message as transports see it: its de-duplication id and its encoded form.

    `is_init` marks a session-init (Corda's header `corda_p2p_message_type=session_init`).
    """

    message_id: MessageId
    is_init: bool
    body: bytes
