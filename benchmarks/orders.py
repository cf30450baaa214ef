"""Healthy deployments verified in random orders: `python -m benchmarks.orders [--runs N] [--first SEED] [--jobs N]`.

Each run has a seed, which draws the deployment, how long its steps and answers are delayed, what is selected, the order
of the checks and the number of processes. Every run has to pass, and no stage may act on what it does not hold.
A run is repeated by its seed: `python -m benchmarks.orders --runs 1 --first SEED`; the deployment's delays are the same
again, what a machine's load adds to them is not.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sites import ROOT, environment
from simulator.faults.healthy import VARIATIONS
from simulator.process import running

#: Exit codes of pytest: all passed, and nothing was selected.
_GOOD = (0, 5)
_PLUGINS = ("benchmarks.disorder", "simulator.holding.plugin", "no:cacheprovider", "no:allure_pytest")
#: A deployment in which two round trips begin at one site, and so share an image.
_WITH_PAIRS = "four-dcn-sites"
_PAIRS = "pairs: [[dcn0, dcn1], [dcn0, dcn2], [dcn2, dcn3]]\n"


@dataclass(frozen=True)
class Drawn:
    """What a seed stands for: the deployment's variation, and how many processes verify it."""

    seed: int
    variation: str
    processes: int

    @classmethod
    def by(cls, seed: int) -> Drawn:
        """Two in five runs are on a deployment as the guide has it, and one in four is in several processes."""
        drawn = random.Random(seed)  # noqa: S311 - no secret
        plain, *others = VARIATIONS
        return cls(
            seed, drawn.choice((plain, plain, _WITH_PAIRS, *drawn.choices(others, k=2))), drawn.choice((0, 0, 0, 2))
        )

    @contextmanager
    def deployment(self, folder: Path) -> Iterator[Path]:
        """Its environment file, for as long as it runs."""
        with running(folder, *VARIATIONS[self.variation], "--delays", str(self.seed)) as file:
            if self.variation == _WITH_PAIRS:
                file.write_text(file.read_text(encoding="utf-8") + _PAIRS, encoding="utf-8")
            yield file


@dataclass(frozen=True)
class Ran:
    """One run; `said` is empty when it passed, otherwise what pytest printed."""

    drawn: Drawn
    selection: str
    verdict: str
    seconds: float
    said: str = ""

    def __str__(self) -> str:
        where = f"{self.drawn.variation}, -n {self.drawn.processes}, {self.selection}"
        return f"{'NOT PASSED' if self.said else 'passed'}: seed {self.drawn.seed}, {where}: {self.verdict}"


def run(seed: int, given: Path | None = None) -> Ran:
    """Verify a deployment in the order of that seed: the seed's own, or the one whose environment file is given."""
    drawn, begun = Drawn.by(seed), time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="dcn-verify-orders-") as folder,
        drawn.deployment(Path(folder)) if given is None else nullcontext(given) as file,
    ):
        command = [sys.executable, "-m", "pytest", f"--environment={file}", f"--reports={folder}/reports", "-q"]
        command += [*(f"-p{plugin}" for plugin in _PLUGINS), "--disorder", str(seed), "-n", str(drawn.processes)]
        ended = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)  # noqa: S603 - ours
    printed = ended.stdout + ended.stderr
    selection = re.search(r"^disorder: -k '(.*)'$", printed, re.MULTILINE)
    verdict = re.findall(
        r"^(?:=* ?)(\d+ (?:passed|failed|blocked|unknown|deselected).*?)(?: in [\d.]+s.*)?$", printed, re.MULTILINE
    )
    said = "" if ended.returncode in _GOOD else printed
    return Ran(drawn, selection[1] if selection else "", verdict[-1] if verdict else "", time.monotonic() - begun, said)


def main(argv: Sequence[str] | None = None) -> int:
    """0 when every run has passed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orders", description=__doc__)
    parser.add_argument("--runs", type=int, default=20, help="how many (default 20)")
    parser.add_argument("--first", type=int, default=1, metavar="SEED", help="seed of the first run (default 1)")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (default 2)")
    parser.add_argument(
        "--environment", type=Path, metavar="FILE", help="a deployment that is there, one run at a time"
    )
    options = parser.parse_args(argv)
    begun, failed = time.monotonic(), []
    with ThreadPoolExecutor(max_workers=1 if options.environment else options.jobs) as pool:
        seeds = range(options.first, options.first + options.runs)
        for number, future in enumerate(
            as_completed([pool.submit(run, seed, options.environment) for seed in seeds]), 1
        ):
            ran = future.result()
            failed += [ran] if ran.said else []
            _say(f"{number:4}/{options.runs} {ran} ({ran.seconds:.0f} s)\n{ran.said}")
    _say(f"{options.runs - len(failed)} of {options.runs} runs passed in {time.monotonic() - begun:.0f} s\n")
    return 1 if failed else 0


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
