"""The lab's changes to OpenStack's programs: the console of a guest does not become the terminal of a service."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
#: Opens a terminal in the given way, and prints the process's controlling terminal (0: none).
_SCRIPT = """
import sys
from lab.inside.start import open_without_terminal
with {open}(sys.argv[1]):
    print(open("/proc/self/stat").read().rpartition(")")[2].split()[4])
"""


def own_terminal(opened_by: str) -> str:
    """The controlling terminal of a session leader that has opened another terminal."""
    master, guest = os.openpty()
    try:
        command = [sys.executable, "-c", _SCRIPT.format(open=opened_by), os.ttyname(guest)]
        ended = subprocess.run(  # noqa: S603 - this very interpreter
            command, cwd=_ROOT, start_new_session=True, stdin=subprocess.DEVNULL, capture_output=True, check=True
        )
        return ended.stdout.decode().strip()
    finally:
        os.close(master)
        os.close(guest)


@pytest.mark.parametrize(("opened_by", "none"), [("open_without_terminal", True), ("open", False)])
def test_a_console_does_not_become_the_own_terminal(opened_by: str, none: bool):
    """An opened console does not become the controlling terminal, so that its end is no hang-up of the process."""
    assert (own_terminal(opened_by) == "0") is none
