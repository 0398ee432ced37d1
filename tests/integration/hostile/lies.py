"""Envelopes that lie."""

from dataclasses import replace

from tests.integration.hostile.peer import Envelope, Member, honest, session_init

NOBODYS = session_init("nobody.Knows", None)


def lies(me: Member, victim: Member, third: Member) -> dict[str, tuple[Envelope, str]]:
    """Envelopes with one thing wrong, and why each is refused."""
    true = honest(me, victim, NOBODYS)
    return {
        "foreign network": (replace(true, network_id=bytes(32)), "WrongNetworkException"),
        "sent on to a third party": (honest(me, third, NOBODYS), "WrongRecipientException"),
        "in another's name": (
            replace(true, sender=third.name, sender_key_hash=honest(third, me).sender_key_hash),
            "PackSignatureException",
        ),
        "no message": (replace(true, messages=()), "DecodeError"),
        "too many messages": (replace(true, messages=(NOBODYS,) * 33), "DecodeError"),
        "id too long": (replace(true, messages=(("x" * 65, True, NOBODYS[2]),)), "DecodeError"),
    }


LIES = (
    "foreign network",
    "sent on to a third party",
    "in another's name",
    "no message",
    "too many messages",
    "id too long",
)
