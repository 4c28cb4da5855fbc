"""The log of a server: warnings and errors in a file of the workspace, of bounded size."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

FILE, BYTES, OLD = "mlwright.log", 5_000_000, 3


@contextmanager
def logged(folder: Path) -> Iterator[Path]:
    """While it lasts, what mlwright and the server log goes to `folder/mlwright.log`, three older files beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / FILE, maxBytes=BYTES, backupCount=OLD, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    loggers = [logging.getLogger(name) for name in ("mlwright", "uvicorn.error")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield folder / FILE
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        handler.close()
