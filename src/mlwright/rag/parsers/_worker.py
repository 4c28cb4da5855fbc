"""The process that parses: reads requests from stdin, answers on stdout, and obeys caps of memory and CPU time.

Started by `mlwright.rag.parse` as `python -m mlwright.rag.parsers._worker BYTES`. It holds no secret and no file of the
workspace, so that a hostile document finds nothing in it.
"""

import contextlib
import gc
import importlib
import os
import signal
import sys
import time
from functools import cache
from typing import Any, BinaryIO, cast

from mlwright.kernel.errors import MlwrightError, Unreadable
from mlwright.rag.parsers import Drawer, Parser, ParserPart
from mlwright.rag.parsers._language import finished
from mlwright.rag.parsers._wire import clean, pack, receive, send

try:
    import resource
except ImportError:  # Windows has no such limits; there only the time cap of the parent holds
    resource = None  # type: ignore[assignment]


_LONGEST = 1000
"""Characters of a message; some errors quote the file."""
_SPLIT = "split the file, or raise `parse.memory` of the pipeline"


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the parent, which closes the pipe
    requests, answers = _private_pipes()
    _cap_memory(int(sys.argv[1]))
    send(answers, {"ready": os.getpid()})
    with contextlib.suppress(EOFError, BrokenPipeError):
        while True:
            header, data = receive(requests)
            answer, body = _answer(header, data)
            send(answers, answer, body)
            if answer.get("leave"):
                return


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes to ourselves: what a library prints must not land between two messages."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "r+b") as nothing:  # noqa: PTH123 (a descriptor is wanted, not a path)
        os.dup2(nothing.fileno(), 0)
        os.dup2(nothing.fileno(), 1)
    return requests, answers


def _cap_memory(size: int) -> None:
    if resource is None:
        return
    for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA):
        with contextlib.suppress(ValueError, OSError):  # macOS refuses RLIMIT_AS below what is mapped already
            resource.setrlimit(kind, (size, resource.getrlimit(kind)[1]))


def _cap_time(seconds: float) -> None:
    """End this process after so much more CPU time, should the parent be gone and no longer able to."""
    if resource is None:
        return
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time() + seconds) + 5, hard))


@cache
def _parser(module: str, config: str, fields: str) -> Parser:
    part: type[ParserPart] = getattr(importlib.import_module(module), config)
    parser = part.model_validate_json(fields).build()
    gc.freeze()  # what is loaded by now stays: collections need not look through it for each document
    return parser


def _answer(header: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    key = header["key"]
    _cap_time(header["seconds"])
    try:
        parser = _parser(*header["part"])
        if "draw" in header:
            return {}, cast("Drawer", parser).draw(data, key, *header["draw"])
        return pack(finished(parser.parse(data, key)))
    except Unreadable as error:
        return _failed(error.message, error.reason, error.hint), b""
    except MlwrightError as error:
        return {"error": "setup", "message": error.message, "hint": error.hint}, b""
    except MemoryError:
        del data
        failed = _failed(f"{key} needs more memory than a parser may use", "too_much_memory", _SPLIT)
        return failed | {"leave": True}, b""
    except RecursionError:
        return _failed(f"{key} is nested too deeply", "too_nested", "flatten the document"), b""
    except Exception as error:
        hint = "if other programs open the file, report it to the authors of the parser"
        return _failed(f"{key} cannot be parsed: {type(error).__name__}: {error}", "unreadable", hint), b""


def _failed(message: str, reason: str, hint: str) -> dict[str, Any]:
    return {"error": "unreadable", "message": clean(message)[:_LONGEST], "reason": reason, "hint": hint}


if __name__ == "__main__":
    main()
