"""A healthy deployment in bad weather: `python -m benchmarks.reliability [--runs N] [--kind KIND ...] [--first SEED]`.

Each run verifies a simulated deployment of three sites, in which a share of all answers is lost, late or an error that
passes. Its verdict is wrong if anything is failed, unknown or blocked, if anything is left over, or made twice: what is
made twice is left over, as the ledger knows of one. A run is repeated by its kind and seed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
import yaml

from benchmarks.sites import ROOT, environment
from simulator.process import running
from simulator.world.weather import KINDS, SHARE

_PLUGINS = ("no:cacheprovider", "no:allure_pytest")
#: The kinds of weather by which runs are counted; `all` is all of them at once, `clear` none.
ALL, CLEAR = "all", "clear"


@dataclass(frozen=True)
class Ran:
    """One run: how often what has happened, its verdict, what is left over, and its seconds.

    `printed` is empty when the verdict is that of a clear day.
    """

    kind: str
    seed: int
    happened: Mapping[str, int]
    outcomes: Mapping[str, int]
    left: Mapping[str, Sequence[str]]
    seconds: float
    printed: str

    def __str__(self) -> str:
        verdict = ", ".join(f"{number} {outcome}" for outcome, number in self.outcomes.items() if number)
        left = f"; left over: {dict(self.left)}" if self.left else ""
        events = sum(self.happened.values())
        said = "WRONG" if self.printed else "right"
        return f"{said}: {self.kind}, seed {self.seed}: {verdict or 'no verdict'}; {events} events{left}"


def run(kind: str, seed: int, *options: str, share: float = SHARE) -> Ran:
    """Verify a healthy deployment in this kind of weather.

    :param options: of pytest
    """
    weather = ["--weather", str(seed), "--weather-share", str(share)]
    weather += [] if kind == ALL else ["--weather-kind", kind]
    with tempfile.TemporaryDirectory(prefix="dcn-verify-reliability-") as folder:
        with running(Path(folder), *([] if kind == CLEAR else weather)) as file:
            command = [sys.executable, "-m", "pytest", f"--environment={file}", f"--reports={folder}/reports", "-q"]
            command += [*(f"-p{plugin}" for plugin in _PLUGINS), *options]
            begun = time.monotonic()
            ended = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)  # noqa: S603 - ours
            seconds = time.monotonic() - begun
            after = _cleared(file)
        summary = Path(folder, "reports/latest/summary.json")
        outcomes = json.loads(summary.read_text(encoding="utf-8"))["outcomes"] if summary.exists() else {}
    right = ended.returncode == 0 and not after["holds"]
    printed = "" if right else ended.stdout + ended.stderr
    return Ran(kind, seed, after["happened"], outcomes, after["holds"], seconds, printed)


def _cleared(file: Path) -> dict[str, dict[str, int]]:
    """End the weather, and see what has happened, and what the deployment holds."""
    files = urlsplit(yaml.safe_load(file.read_text(encoding="utf-8"))["image"]["uri"])
    there = f"http://{files.hostname}:{int(files.port or 0) + 1}/weather"  # the admin port comes after that of files
    found: dict[str, dict[str, int]] = requests.delete(there, timeout=10).json()
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """0 when every verdict was right."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability", description=__doc__)
    parser.add_argument("--runs", type=int, default=10, help="how many of each kind (default 10)")
    parser.add_argument(
        "--kind", action="append", choices=(CLEAR, *KINDS, ALL), help="a kind of weather (default: each, and all)"
    )
    parser.add_argument("--share", type=float, default=SHARE, help=f"of all answers (default {SHARE})")
    parser.add_argument("--first", type=int, default=1, metavar="SEED", help="seed of the first run (default 1)")
    options = parser.parse_args(argv)
    rows, wrong = [f"{'weather':12} {'runs':>5} {'wrong':>6} {'events':>7} {'mean s':>7} {'most s':>7}"], 0
    for kind in options.kind or (CLEAR, *KINDS, ALL):
        ran = []
        for seed in range(options.first, options.first + options.runs):
            ran.append(run(kind, seed, share=options.share))
            _say(f"{ran[-1]} ({ran[-1].seconds:.0f} s)\n{ran[-1].printed}")
        bad, seconds = sum(bool(one.printed) for one in ran), [one.seconds for one in ran]
        events = sum(sum(one.happened.values()) for one in ran) / len(ran)
        rows.append(f"{kind:12} {len(ran):5} {bad:6} {events:7.0f} {sum(seconds) / len(ran):7.1f} {max(seconds):7.1f}")
        wrong += bad
    _say("\n".join(rows) + "\n")
    return 1 if wrong else 0


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
