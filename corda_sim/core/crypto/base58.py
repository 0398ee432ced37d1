"""Base58 in Bitcoin's alphabet (net.corda.core.crypto.Base58)."""

from corda_sim.core.errors import IllegalArgumentError

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {char: value for value, char in enumerate(ALPHABET)}


def encode(data: bytes) -> str:
    """`data` in Base58; each leading zero byte is a leading `1`."""
    number = int.from_bytes(data, "big")
    digits = []
    while number:
        number, digit = divmod(number, 58)
        digits.append(ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(digits))


def decode(text: str) -> bytes:
    """The bytes of a Base58 text; IllegalArgumentError for another character."""
    number = 0
    for position, char in enumerate(text):
        if char not in _DIGITS:
            raise IllegalArgumentError(f"Illegal character {char} at position {position}")
        number = number * 58 + _DIGITS[char]
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
