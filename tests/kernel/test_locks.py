"""A lock keeps out other processes and threads, names its holder, and ends with its process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mlwright.kernel.errors import Conflict, ProviderError
from mlwright.kernel.locks import exclusive

_HOLD = """
import sys
from pathlib import Path
from mlwright.kernel.locks import exclusive
with exclusive(Path(sys.argv[1]), "ingesting handbook"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_it_is_given_back(tmp_path: Path) -> None:
    for _ in range(2):
        with exclusive(tmp_path / "deep" / "lock", "ingesting"):
            pass
    with pytest.raises(ZeroDivisionError), exclusive(tmp_path / "deep" / "lock", "failing"):
        _ = 1 / 0
    with exclusive(tmp_path / "deep" / "lock", "ingesting"):
        pass


def test_this_process_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    named = pytest.raises(Conflict, match=r"this process holds .*ingesting")
    with exclusive(lock, "ingesting"), named, exclusive(lock, "packing"):
        raise AssertionError("two held it")


@pytest.mark.skipif(os.name == "nt", reason="kill -9 is of Unix")
def test_another_process_is_named_and_its_death_frees_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    command = [sys.executable, "-c", _HOLD, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout and holder.stdout.readline() == "held\n"
        with pytest.raises(Conflict) as refused, exclusive(lock, "packing blobs"):
            raise AssertionError("two held it")
        assert refused.value.message.startswith("packing blobs is not possible now")
        assert f"process {holder.pid} holds {tmp_path} (ingesting handbook)" in refused.value.message
        assert f"kill {holder.pid}" in refused.value.hint
        holder.send_signal(signal.SIGKILL)
    with exclusive(lock, "packing blobs"):
        pass


def test_a_holder_that_has_not_signed_yet(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    for text in ("", '{"pid": 1'):
        with exclusive(lock, "ingesting"):
            lock.write_text(text, "utf-8")
            with pytest.raises(Conflict, match="another process"), exclusive(lock, "packing"):
                raise AssertionError("two held it")


def test_a_place_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(ProviderError, match="cannot be made"), exclusive(tmp_path / "file" / "lock", "x"):
        raise AssertionError("held nothing")
