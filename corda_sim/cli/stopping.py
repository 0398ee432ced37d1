"""Commands that run until they are told to stop."""

import signal
import threading


def until_stopped() -> threading.Event:
    """Set by SIGTERM or SIGINT from now on."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def interrupt_when_stopped() -> None:
    """SIGTERM and a closed terminal end the command as SIGINT does: it cleans up."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
