"""Names and places in a node's directory."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

CERTIFICATES = "certificates"
CORDAPPS = "cordapps"
RUN = "run"
LOGS = "logs"


@dataclass(frozen=True, slots=True)
class RunFile:
    """`NODE_DIR/run/<pid>.json`: what a node process says of itself."""

    name: str
    dir: str
    pid: int
    state: str
    rpc: str
    health: str

    def write(self, node_dir: Path) -> Path:
        """Write the file whole, so that no reader sees half of it."""
        folder = node_dir / RUN
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.pid}.json"
        temporary = path.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(self)), encoding="utf-8")
        temporary.replace(path)
        return path
