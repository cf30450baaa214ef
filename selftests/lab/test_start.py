"""What the lab changes in OpenStack's programs: a guest's console stays the guest's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
#: Opens a terminal in a way that is given, and says which terminal is the process's own (0: none).
_SCRIPT = """
import sys
from lab.inside.start import open_without_terminal
with {open}(sys.argv[1]):
    print(open("/proc/self/stat").read().rpartition(")")[2].split()[4])
"""


def own_terminal(opened_by: str) -> str:
    """What the kernel says is the controlling terminal of a session's first process that has opened another's."""
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
    """As it does when it is opened in the usual way, so that the guest's end is a hang-up."""
    assert (own_terminal(opened_by) == "0") is none
