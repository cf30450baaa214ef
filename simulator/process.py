"""Run a simulated deployment in its own process as long as it is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_READY = "ready: "
_PATIENCE = 30.0


class DidNotStart(RuntimeError):
    """The simulator ended before it was ready; the message is its output."""


@contextmanager
def running(folder: Path, *options: str, speed: str = "none") -> Iterator[Path]:
    """Start `dcn-verify simulate` with these options, yield the path of its environment file, and end it again."""
    folder = folder.resolve()
    command = [sys.executable, "-m", "dcn_verify", "simulate", "--state", str(folder), "--speed", speed, *options]
    errors = folder / "simulator.log"
    folder.mkdir(parents=True, exist_ok=True)
    # Without bytecode files, each of many simulators would compile the whole project again.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with (
        errors.open("w") as log,
        subprocess.Popen(  # noqa: S603 - our own module
            command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            said = process.stdout.readline() if process.stdout else ""
            if not said.startswith(_READY):
                process.wait(_PATIENCE)
                raise DidNotStart(" ".join((said + errors.read_text()).split()) or "the simulator said nothing")
            yield Path(said.removeprefix(_READY).strip())
        finally:
            process.terminate()
            process.wait(_PATIENCE)
