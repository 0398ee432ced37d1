"""Structured logs: one JSON object a line in `NODE_DIR/logs/node.log`, each with its flow's id."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final

import structlog

from corda_sim.core.settings_errors import mask_passwords
from corda_sim.flow.logs import running_flow
from corda_sim.node.node_files import LOGS

LOG_FILE: Final = "node.log"
_MAX_BYTES: Final = 20 * 1024 * 1024
_FILES: Final = 5

Event = structlog.typing.EventDict


def configure(
    directory: Path, level: str = "INFO", *, to_console: bool = False, name: str = LOG_FILE
) -> None:
    """Send the logs of the process to a file of its directory, and to the console if asked.

    Raises: ValueError for an unknown level.
    """
    folder = directory / LOGS
    folder.mkdir(exist_ok=True)
    file = RotatingFileHandler(folder / name, maxBytes=_MAX_BYTES, backupCount=_FILES)
    handlers: list[logging.Handler] = [file]
    if to_console:
        handlers.append(logging.StreamHandler())
    root = logging.getLogger()
    root.handlers.clear()
    for handler in handlers:
        handler.setFormatter(formatter())
        root.addHandler(handler)
    root.setLevel(level)
    for chatty in ("pika", "alembic"):
        logging.getLogger(chatty).setLevel("WARNING")


def formatter() -> logging.Formatter:
    """Makes a line of JSON of a log record."""
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _without_passwords,
            structlog.processors.JSONRenderer(),
        ],
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.ExtraAdder(allow={"flow_id"}),
            _with_running_flow,
        ],
    )


def _with_running_flow(_logger: Any, _method: str, event: Event) -> Event:  # noqa: ANN401 - structlog's
    flow_id = running_flow()
    if flow_id is not None:
        event.setdefault("flow_id", flow_id)
    return event


def _without_passwords(_logger: Any, _method: str, event: Event) -> Event:  # noqa: ANN401 - structlog's
    return {
        key: mask_passwords(value) if isinstance(value, str) else value
        for key, value in event.items()
    }
