"""Validation contexts: what a proxy message asks of the verifier's time (solidity_stack 4.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from corda_sim.core.errors import DecodeError
from corda_sim.ibc.lightclients.lcp.abi import decode_tuple, encode_tuple
from corda_sim.ibc.lightclients.lcp.errors import (
    LCPCommitmentHeaderFromFuture,
    LCPCommitmentOutOfTrustingPeriod,
)
from corda_sim.ibc.moment import Moment

_ABI = "(bytes32,bytes)"
_EMPTY, _TRUSTING_PERIOD = 0, 1
_WORD = 16


@dataclass(frozen=True, slots=True)
class TrustingPeriod:
    """Times of a header and of the state it was judged by, and limits; all in nanoseconds."""

    untrusted_header_timestamp: int
    trusted_state_timestamp: int
    trusting_period: int
    clock_drift: int

    def validate(self, now: Moment) -> None:
        """Raises: LCPCommitmentOutOfTrustingPeriod, LCPCommitmentHeaderFromFuture."""
        if now.latest >= self.trusted_state_timestamp + self.trusting_period:
            raise LCPCommitmentOutOfTrustingPeriod(
                f"trusted since {self.trusted_state_timestamp} for {self.trusting_period} ns"
            )
        if now.earliest + self.clock_drift <= self.untrusted_header_timestamp:
            raise LCPCommitmentHeaderFromFuture(f"a header of {self.untrusted_header_timestamp}")


Context = TrustingPeriod | None
"""None asks nothing (LCP's Empty)."""


def encode_context(context: Context) -> bytes:
    """The ABI of a ValidationContext."""
    if context is None:
        return encode_tuple(_ABI, (_header(_EMPTY), b""))
    words = (
        context.untrusted_header_timestamp,
        context.trusted_state_timestamp,
        context.trusting_period,
        context.clock_drift,
    )
    body = b"".join(word.to_bytes(_WORD, "big") for word in words)
    return encode_tuple(_ABI, (_header(_TRUSTING_PERIOD), body))


def decode_context(data: bytes) -> Context:
    """The context. Raises: DecodeError."""
    header, body = decode_tuple(_ABI, data)
    if header == _header(_EMPTY) and not body:
        return None
    if header != _header(_TRUSTING_PERIOD) or len(body) != 4 * _WORD:
        raise DecodeError("a validation context of a kind that isn't known")
    words = (int.from_bytes(body[at : at + _WORD], "big") for at in range(0, len(body), _WORD))
    return TrustingPeriod(*words)


def aggregate_contexts(contexts: Sequence[Context]) -> Context:
    """The strictest of all. Raises: DecodeError when periods or drifts differ."""
    asking = [one for one in contexts if one is not None]
    if not asking:
        return None
    if len({(one.trusting_period, one.clock_drift) for one in asking}) > 1:
        raise DecodeError("contexts with different trusting periods or clock drifts")
    return TrustingPeriod(
        max(one.untrusted_header_timestamp for one in asking),
        min(one.trusted_state_timestamp for one in asking),
        asking[0].trusting_period,
        asking[0].clock_drift,
    )


def _header(kind: int) -> bytes:
    return kind.to_bytes(2, "big") + bytes(30)
