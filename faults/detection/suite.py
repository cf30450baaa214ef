"""The acceptance suite, run in a process of its own, with a limit of time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from faults.detection.seen import Seen, seen_in
from helpers.reports.summary import NoSummary, read

_ROOT = Path(__file__).parents[2]
#: seconds that a run of the suite may take; then it is interrupted, and given as long to clean up as `_GRACE`
_LIMIT = 480.0
_GRACE = 120.0
_REFUSED = 4
#: Plugins that are loaded wherever they are installed, and are of no use here.
_WITHOUT = ("cacheprovider", "allure_pytest", "anyio", "hypothesispytest", "xdist")


@dataclass(frozen=True)
class Suite:
    """The acceptance suite against one deployment. Its reports stay in `reports` to be looked at.

    :param tests: the folders of tests that are run
    :param limit: seconds that one run may take
    """

    environment: Path
    reports: Path
    tests: tuple[str, ...] = ("tests",)
    limit: float = _LIMIT

    def run(self, name: str, *, read_only: bool, options: Sequence[str] = ()) -> Seen:
        """Run it, with more options of pytest if need be; what it printed is kept in `<name>.txt`."""
        self.reports.mkdir(parents=True, exist_ok=True)
        before = set(self._runs())
        command = [sys.executable, "-m", "pytest", *self.tests, f"--environment={self.environment}"]
        command += ["-q", f"--reports={self.reports}", *(f"-pno:{plugin}" for plugin in _WITHOUT)]
        command += [*(["-m", "not mutating"] if read_only else []), *options]
        printed = self.reports / f"{name}.txt"
        with printed.open("w", encoding="utf-8") as output:
            code = _run(command, output.fileno(), self.limit)
        written = [folder for folder in self._runs() if folder not in before and (folder / "summary.json").exists()]
        if not written:
            return Seen(code, refused=_last_words(printed, code))
        try:
            return seen_in(read(written[-1] / "summary.json"), code)
        except NoSummary as error:
            return Seen(code, refused=str(error))

    def clean_leftovers(self) -> None:
        """Remove what a run could not remove while the deployment was broken."""
        command = [sys.executable, "-m", "dcn_verify", "clean", "--environment", str(self.environment)]
        with (self.reports / "leftovers.txt").open("a", encoding="utf-8") as output:
            _run([*command, f"--reports={self.reports}"], output.fileno(), self.limit)

    def _runs(self) -> list[Path]:
        return sorted(folder for folder in self.reports.glob("*-*-*") if (folder / "stages").is_dir())


def _run(command: Sequence[str], output: int, limit: float) -> int:
    # Many runs follow each other: without bytecode, each would compile the whole project anew.
    leave_out = {"DCN_ENVIRONMENT", "PYTHONDONTWRITEBYTECODE"}
    environment = {name: value for name, value in os.environ.items() if name not in leave_out}
    with subprocess.Popen(  # noqa: S603 - our own module
        command, cwd=_ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
    ) as process:
        try:
            return process.wait(limit)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        try:
            return process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _last_words(printed: Path, code: int) -> str:
    lines = [line for line in printed.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith("ERROR")), lines[-1] if lines else "it printed nothing")
    return f"{'refused before the start' if code == _REFUSED else f'exit code {code}'}: {said}"
