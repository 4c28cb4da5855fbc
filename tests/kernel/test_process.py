"""Names of processes: living, dead, and out of sight."""

import subprocess
import sys

from mlwright.kernel.process import is_alive, this_process

TELL = "from mlwright.kernel.process import this_process; print(this_process(), flush=True); input()"


def test_this_process_lives() -> None:
    assert this_process() == this_process()
    assert is_alive(this_process()) in (True, None)


def test_a_child_lives_until_it_ends() -> None:
    child = subprocess.Popen([sys.executable, "-c", TELL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    name = child.stdout.readline().strip()
    assert name != this_process()
    if sys.platform == "win32":
        assert is_alive(name) is None
    else:
        assert is_alive(name) is True
    child.kill()
    child.communicate()
    assert is_alive(name) is not True


def test_who_cannot_be_seen_from_here() -> None:
    host, boot, namespace, pid, started = this_process().split("|")
    assert is_alive("|".join(("elsewhere", boot, namespace, pid, started))) is None
    if sys.platform == "linux":
        assert is_alive("|".join((host, "an earlier boot", namespace, pid, started))) is False
        assert is_alive("|".join((host, boot, "another container", pid, started))) is None
        assert is_alive("|".join((host, boot, namespace, pid, "7"))) is False, "the pid was given to another"
