"""What a request costs this machine: kept in the workspace by the self-test, read by every plan."""

import json
import os
import platform
from dataclasses import asdict
from pathlib import Path

from mlwright.kernel.clock import stamp, unstamp
from mlwright.kernel.errors import UserError
from mlwright.kernel.files import write_atomically
from mlwright.kernel.plan import Overhead

FILE = "selftest.json"


def keep_overhead(home: Path, overhead: Overhead) -> None:
    """Keep a measurement in a workspace, which is made if need be."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {**asdict(overhead), "at": stamp(overhead.at)}
    write_atomically(home / FILE, json.dumps(kept, indent=2).encode())


def overhead_of(home: Path) -> Overhead | None:
    """What the last self-test of a workspace measured on this machine; None where there was none."""
    try:
        kept = json.loads((home / FILE).read_text(encoding="utf-8"))
        found = Overhead(**{**kept, "at": unstamp(kept["at"])})
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"{home / FILE} cannot be read: {error}", hint="delete it, or measure again: mlwright plan --self-test"
        ) from error
    return found if found.machine == machine() else None


def machine() -> str:
    """This machine in a few words: a measurement of another one says nothing here."""
    return f"{platform.node() or 'this machine'} ({os.cpu_count()} cores, {platform.machine()})"
