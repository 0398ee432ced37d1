"""RSA keys drawn from a secret seed, so that key generation needs no other source of entropy."""

import hmac
from collections.abc import Iterator
from math import gcd, prod

from cryptography.hazmat.primitives.asymmetric import rsa

from corda_sim.core.crypto.schemes import RSA_KEY_SIZE

_EXPONENT = 65537
_PRIME_BYTES = RSA_KEY_SIZE // 16
_ROUNDS = 8
"""Miller-Rabin rounds; FIPS 186-5 table B.1 asks for 4 at this size."""
_MIN_DISTANCE = 1 << (RSA_KEY_SIZE // 2 - 100)
"""FIPS 186-5 A.1.3: the primes differ in their first 100 bits."""
_SMALL_PRIMES = prod(n for n in range(3, 2000, 2) if all(n % d for d in range(3, n, 2)))


class _Stream:
    """Bytes of HMAC-SHA512 in counter mode, keyed with the seed."""

    def __init__(self, seed: bytes) -> None:
        self._blocks = self._generate(seed)

    @staticmethod
    def _generate(seed: bytes) -> Iterator[bytes]:
        counter = 0
        while True:
            yield hmac.digest(seed, b"corda-sim RSA" + counter.to_bytes(8, "big"), "sha512")
            counter += 1

    def number(self) -> int:
        """As many bits as a prime has."""
        needed = -(-_PRIME_BYTES // 64)
        raw = b"".join(next(self._blocks) for _ in range(needed))
        return int.from_bytes(raw[:_PRIME_BYTES], "big")


def rsa_key_from_seed(seed: bytes) -> rsa.RSAPrivateKey:
    """The 3072-bit key with public exponent 65537 that `seed` determines."""
    stream = _Stream(seed)
    p = _prime(stream)
    q = _prime(stream)
    while abs(p - q) < _MIN_DISTANCE:
        q = _prime(stream)
    p, q = max(p, q), min(p, q)
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1) // gcd(p - 1, q - 1))
    public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
    private = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public_numbers=public
    )
    return private.private_key()


def _prime(stream: _Stream) -> int:
    top = 0b11 << (_PRIME_BYTES * 8 - 2)
    while True:
        candidate = stream.number() | top | 1
        if gcd(candidate, _SMALL_PRIMES) > 1 or gcd(candidate - 1, _EXPONENT) > 1:
            continue
        if _probably_prime(candidate, stream):
            return candidate


def _probably_prime(number: int, stream: _Stream) -> bool:
    twos = ((number - 1) & (1 - number)).bit_length() - 1
    odd = (number - 1) >> twos
    bases = (2 + stream.number() % (number - 3) for _ in range(_ROUNDS))
    return all(_passes(number, base, odd, twos) for base in bases)


def _passes(number: int, base: int, odd: int, twos: int) -> bool:
    power = pow(base, odd, number)
    if power in (1, number - 1):
        return True
    for _ in range(twos - 1):
        power = power * power % number
        if power == number - 1:
            return True
    return False
