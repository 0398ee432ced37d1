"""The embedded transport's frames, over Unix sockets."""

import queue
import socket
import struct
import threading
from hashlib import sha256
from pathlib import Path

from tests.integration.hostile.peer import Member, base58, plain

HELLO, PACK, CONFIRM, REFUSED = range(4)


def inbox(member: Member) -> str:
    return "p2p.inbound.DL" + base58(sha256(member.spki).digest())


class Frames:
    """One connection, frame by frame."""

    def __init__(self, made: socket.socket) -> None:
        self._socket = made

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def frame(self, kind: int, payload: bytes) -> None:
        self.send(struct.pack(">IB", len(payload) + 1, kind) + payload)

    def read(self) -> tuple[int, bytes]:
        size, kind = struct.unpack(">IB", self._exactly(5))
        return kind, self._exactly(size - 1)

    def _exactly(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    def close(self) -> None:
        self._socket.close()


class Connection(Frames):
    """To a peer: packs go this way alone."""

    def __init__(self, me: Member, peer: Member) -> None:
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(60)
        made.connect(peer.socket)
        super().__init__(made)
        self._sequence = 0
        self.frame(HELLO, plain([1, me.network_id, me.name, inbox(peer)]))
        assert self.read()[0] == HELLO

    def offer(self, data: bytes) -> None:
        """Send a pack without waiting."""
        self._sequence += 1
        self.frame(PACK, struct.pack(">Q", self._sequence) + data)

    def pack(self, data: bytes) -> None:
        """Send a pack and wait for its confirmation."""
        self.offer(data)
        kind, payload = self.read()
        assert (kind, payload) == (CONFIRM, struct.pack(">Q", self._sequence)), payload

    def ended(self) -> bool:
        """Whether the other side refuses and leaves."""
        try:
            kind, _ = self.read()
            return kind == REFUSED and self._socket.recv(1) == b""
        except (ConnectionError, EOFError):
            return True


class Listener:
    """Where peers bring their packs to; `packs` fills up with what they said."""

    def __init__(self, me: Member) -> None:
        self.packs: queue.Queue[bytes] = queue.Queue()
        self._me = me
        Path(me.socket).unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(me.socket)
        self._server.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                made, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(Frames(made),), daemon=True).start()

    def _serve(self, line: Frames) -> None:
        try:
            assert line.read()[0] == HELLO
            line.frame(HELLO, plain([1, self._me.network_id, self._me.name, inbox(self._me)]))
            while True:
                _, payload = line.read()
                self.packs.put(payload[8:])
                line.frame(CONFIRM, payload[:8])
        except (EOFError, OSError):
            line.close()

    def close(self) -> None:
        self._server.close()
