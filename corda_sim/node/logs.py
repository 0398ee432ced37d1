"""Structured logs: one JSON object a line in `NODE_DIR/logs/node.log`."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

import structlog

from corda_sim.node.node_files import LOGS

_MAX_BYTES = 20 * 1024 * 1024


def configure(node_dir: Path, level: str = "INFO", *, to_console: bool = False) -> None:
    """Send the logs of the process to the node's file, and to the console if asked."""
    folder = node_dir / LOGS
    folder.mkdir(exist_ok=True)
    handler: logging.Handler = RotatingFileHandler(
        folder / "node.log", maxBytes=_MAX_BYTES, backupCount=5
    )
    handlers = [handler, *([logging.StreamHandler()] if to_console else [])]
    formatter = structlog.stdlib.ProcessorFormatter(
        processor=structlog.processors.JSONRenderer(),
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
    )
    root = logging.getLogger()
    root.handlers.clear()
    for one in handlers:
        one.setFormatter(formatter)
        root.addHandler(one)
    root.setLevel(level)
    for chatty in ("pika", "alembic"):
        logging.getLogger(chatty).setLevel("WARNING")
