"""A program that takes GoQuorum's command line and answers as one node; it has no chain.

Its settings come from `fake.json` beside it: `version`, and `stuck`, how many starts of a node
bring no block. What it was started with is appended to `started` in its data directory.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


def option(name: str) -> str:
    return sys.argv[sys.argv.index(name) + 1]


class Node(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    mining = False
    may_mine = True

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"id": asked["id"], "result": self.answer(asked["method"])}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer(self, method: str) -> object:
        if method == "miner_start":
            Node.mining = Node.may_mine
        answers: dict[str, object] = {
            "net_peerCount": "0x9",
            "eth_blockNumber": hex(Node.mining),
            "eth_getBlockByNumber": {"miner": "0x" + "00" * 20},
        }
        return answers.get(method, "0x539")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def run(stuck: int) -> None:
    started = Path(option("--datadir")) / "started"
    with started.open("a") as file:
        file.write(json.dumps(sys.argv[1:]) + "\n")
    Node.may_mine = len(started.read_text().splitlines()) > stuck
    HTTPServer(("127.0.0.1", int(option("--http.port"))), Node).serve_forever()


def main() -> None:
    settings = json.loads((Path(sys.argv[0]).parent / "fake.json").read_text())
    if sys.argv[1:] == ["version"]:
        print(f"Geth\nVersion: 1.10.3-stable\n{settings['version']}\nGo Version: go1.19.8")
    elif "init" in sys.argv:
        if settings.get("refuses"):
            sys.exit("Fatal: invalid genesis file")
        (Path(option("--datadir")) / "geth" / "chaindata").mkdir()
    elif settings.get("dies"):
        sys.exit("Fatal: Failed to start mining: etherbase missing")
    else:
        run(settings["stuck"])


if __name__ == "__main__":
    main()
