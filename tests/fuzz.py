"""Fuzzes one decoder, led by the code that its bytes reach (atheris, extra `fuzz`).

    python -m tests.fuzz NAME [libFuzzer's options and folders of bytes to begin with]

A crash, an error that is no refusal, or more than half a second of CPU time ends it, with the bytes
in a file `crash-…`.
"""

import contextlib
import sys
import time

import atheris

with atheris.instrument_imports(include=["corda_sim"]):
    from tests.property.decoders import Decoder, decoders, message_kinds

MAX_BYTES, CPU_SECONDS = 64 * 1024, 0.5
LIMITS = (f"-max_len={MAX_BYTES}", "-malloc_limit_mb=64")


def read_message(data: bytes) -> object:
    """The first byte chooses the kind of message."""
    kinds = message_kinds()
    return kinds[data[0] % len(kinds)].decode_strict(data[1:]) if data else None


def decoder_of(name: str) -> Decoder:
    return Decoder(read_message) if name == "protobuf" else decoders()[name]


def main(name: str, *options: str) -> None:
    decoder = decoder_of(name)

    def hold(data: bytes) -> None:
        began = time.thread_time()
        with contextlib.suppress(*decoder.refusals):
            decoder.read(data)
        if time.thread_time() - began > CPU_SECONDS:
            raise AssertionError(f"{name} took more than {CPU_SECONDS} s")

    atheris.Setup([sys.argv[0], *LIMITS, *options], hold)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
