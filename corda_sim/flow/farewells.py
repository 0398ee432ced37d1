"""What ended flows still have to say to peers that haven't answered their session-inits."""

from dataclasses import dataclass, field

from msgspec.structs import replace

from corda_sim.core.identity import Party
from corda_sim.flow.journal import LAST_SEQ
from corda_sim.flow.messages import ErrorSessionMessage, ExistingSessionMessage
from corda_sim.flow.state import Buffered, Outgoing, SessionState


@dataclass(slots=True)
class Farewell:
    """The last messages of one session; `committed` once their rows are.

    Before the peer's confirmation they are addressed to our own session: its id is all we know.
    """

    session_id: int
    peer: Party
    committed: bool
    messages: dict[str, ExistingSessionMessage] = field(default_factory=dict)

    @property
    def is_addressed(self) -> bool:
        """Whether the peer has confirmed the session."""
        return all(one.recipient_session_id != self.session_id for one in self.messages.values())


class Farewells:
    """By our session's id, until the peer has rejected the session or taken every message.

    Corda keeps the flow itself for that long (ErrorFlowTransition: an initiating session buffers
    the error); here the rows of the outbox are enough.
    """

    def __init__(self) -> None:
        self._of_session: dict[int, Farewell] = {}
        self._sessions: dict[str, int] = {}

    def find(self, session_id: int) -> Farewell | None:
        """The farewell of a session of ours."""
        return self._of_session.get(session_id)

    def add(
        self,
        session_id: int,
        peer: Party,
        message_id: str,
        message: ExistingSessionMessage,
        *,
        committed: bool,
    ) -> Farewell:
        """One more message for the session's peer."""
        new = Farewell(session_id, peer, committed)
        farewell = self._of_session.setdefault(session_id, new)
        farewell.messages[message_id] = message
        self._sessions[message_id] = session_id
        return farewell

    def address(self, session_id: int, peer: Party, peer_session_id: int) -> list[Outgoing]:
        """The peer has confirmed: its messages, to be sent; none where it has confirmed before."""
        farewell = self._of_session[session_id]
        if farewell.is_addressed:
            return []
        farewell.peer = peer
        for message_id, message in farewell.messages.items():
            addressed = replace(message, recipient_session_id=peer_session_id)
            farewell.messages[message_id] = addressed
        return [Outgoing(peer, *message) for message in farewell.messages.items()]

    def remove(self, session_id: int) -> None:
        """Nothing more is to be said."""
        for message_id in self._of_session.pop(session_id).messages:
            del self._sessions[message_id]

    def delivered(self, message_id: str) -> None:
        """The peer's side has the message."""
        session_id = self._sessions.pop(message_id, None)
        if session_id is None:
            return
        farewell = self._of_session[session_id]
        del farewell.messages[message_id]
        if not farewell.messages:
            del self._of_session[session_id]


def last_words(session: SessionState, *, complete: bool) -> list[Buffered]:
    """What the peer has to get once it confirms; nothing of a session that was given up.

    Unless the flow's replay was `complete` only its error counts, placed after all else.
    """
    if session.abandoned:
        return []
    if complete:
        return list(session.buffered)
    errors = (one for one in session.buffered if isinstance(one.payload, ErrorSessionMessage))
    return [replace(one, seq=LAST_SEQ) for one in errors]
