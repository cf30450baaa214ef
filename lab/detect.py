"""The detection matrix: break the lab in every way it knows, run the acceptance suite, and see which claims fail.

A fault is *caught* when every claim that it must break fails where the fault is, and nothing else fails but what may;
*missed* when such a claim passes; *noisy* when another claim fails too. What is blocked or unknown is no failure.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from helpers.claims import CLAIMS
from helpers.faults import FAULTS, Fault
from lab.command import CommandError
from lab.faults.healing import broken, heal, remove_orphans
from lab.faults.lab import FaultError, Lab
from lab.faults.registry import break_lab, place
from lab.faults.scope import scope
from lab.poll import NotReadyError

_ROOT = Path(__file__).parents[1]
#: seconds that one run of the suite may take; then it is interrupted, and given as long to clean up as `_GRACE`
_LIMIT = 480.0
_GRACE = 120.0
_REFUSED = 4
_OK = 0
_LONGEST = 400

Say = Callable[[str], None]


@dataclass(frozen=True)
class Failing:
    """A check that failed: its claim, the site it names if any, what it said in one line, and how to see it by hand."""

    claim: str
    site: str | None
    said: str
    by_hand: str = ""


@dataclass(frozen=True)
class Seen:
    """What a run of the suite showed. `run` is the folder of its reports; `refused` why it did not begin."""

    exit_code: int
    failing: tuple[Failing, ...] = ()
    blocked: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()
    leaks: int = 0
    run: str = ""
    refused: str = ""

    @property
    def failed(self) -> frozenset[str]:
        return frozenset(one.claim for one in self.failing)


@dataclass(frozen=True)
class Detection:
    """A fault of the lab and what the suite made of it. Claims are in the specification's order."""

    fault: str
    site: str
    verdict: str
    must: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    noise: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    leaks: int = 0
    headlines: tuple[str, ...] = ()
    run: str = ""
    seconds: float = field(default=0.0, compare=False)

    @property
    def good(self) -> bool:
        return self.verdict == "caught"


def judge(fault: Fault, site: str, seen: Seen, seconds: float = 0.0) -> Detection:
    """What the suite made of a fault at a site. A claim that fails at other sites only has not found it."""
    # What is wrong at central is seen at the sites.
    here = {one.claim for one in seen.failing if fault.site == "central" or one.site in {site, None}}
    missed = fault.must - here
    noise = seen.failed - fault.must - fault.may
    if seen.refused:
        verdict = "refused"
    elif missed:
        verdict = "missed"
    else:
        verdict = "noisy" if noise else "caught"
    lines = [
        " · ".join(filter(None, (one.claim, one.site, one.said))) + ("" if one.by_hand else " (no command by hand)")
        for one in seen.failing
        if one.claim in fault.must or one.claim in noise
    ]
    return Detection(
        fault=fault.name,
        site=site,
        verdict=verdict,
        must=in_order(fault.must),
        missed=in_order(missed),
        also=in_order(seen.failed - fault.must - noise),
        noise=in_order(noise),
        blocked=in_order(seen.blocked - seen.failed),
        unknown=in_order(seen.unknown - seen.failed),
        leaks=seen.leaks,
        headlines=(seen.refused,) if seen.refused else tuple(dict.fromkeys(lines)),
        run=seen.run,
        seconds=round(seconds, 1),
    )


def in_order(claims: Iterable[str]) -> tuple[str, ...]:
    """The claims in the order of the specification."""
    wanted = frozenset(claims)
    return tuple(claim for claim in CLAIMS if claim in wanted)


def read_junit(file: Path) -> dict[str, str]:
    """Test → what it said when it failed, from `junit.xml`: the summary has only the first line of it."""
    said = {}
    for case in ElementTree.parse(file).iter("testcase"):  # noqa: S314 - of our own making
        failure = case.find("failure")
        if failure is not None:
            said[f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"] = failure.text or ""
    return said


def read_summary(
    summary: Mapping[str, Any], exit_code: int, run: str = "", texts: Mapping[str, str] | None = None
) -> Seen:
    """What `summary.json` of a run says; `texts`: test → all that it said."""

    def claims(outcome: str) -> frozenset[str]:
        return frozenset(
            check["claim"] for check in summary["checks"] if check["claim"] and check["outcome"] == outcome
        )

    failing = []
    for check in summary["checks"]:
        if check["claim"] and check["outcome"] == "failed":
            lines = [line.strip() for line in (texts or {}).get(check["test"], "").splitlines()]
            by_hand = [line for line in lines if line.startswith("by hand: ")]
            said = " / ".join(line for line in lines[1:] if line and line not in by_hand)
            failing.append(
                Failing(check["claim"], check["site"], said[:_LONGEST] or check["cause"] or "", *by_hand[:1])
            )
    # Nobody tests that nothing is left: the run says what is.
    failing += [
        Failing("F5", None, f"left behind: {one['kind']} {one['problem']}", one["by_hand"]) for one in summary["leaks"]
    ]
    return Seen(
        exit_code=exit_code,
        failing=tuple(failing),
        blocked=claims("blocked"),
        unknown=claims("unknown"),
        leaks=len(summary["leaks"]),
        run=run,
    )


@dataclass(frozen=True)
class Suite:
    """The acceptance suite, run in a process of its own. Its reports stay in `reports` to be looked at."""

    environment: Path
    reports: Path
    limit: float = _LIMIT

    def run(self, name: str, scope: Sequence[str] = ("tests",)) -> Seen:
        """Run it, or what `scope` selects of it; what it printed is kept in `<name>.txt`."""
        self.reports.mkdir(parents=True, exist_ok=True)
        before = set(self._runs())
        command = [sys.executable, "-m", "pytest", *scope, f"--environment={self.environment}"]
        command += ["-q", "-p", "no:cacheprovider", "--reports", str(self.reports)]
        printed = self.reports / f"{name}.txt"
        with printed.open("w", encoding="utf-8") as output:
            code = _run(command, output.fileno(), self.limit)
        written = [folder for folder in self._runs() if folder not in before and (folder / "summary.json").exists()]
        if not written:
            return Seen(code, refused=_last_words(printed, code))
        summary = json.loads((written[-1] / "summary.json").read_text(encoding="utf-8"))
        return read_summary(summary, code, written[-1].name, read_junit(written[-1] / "junit.xml"))

    def clean_leftovers(self) -> None:
        """Remove what a run could not remove while the lab was broken."""
        command = [sys.executable, "-m", "helpers.leftovers", "--environment", str(self.environment)]
        with (self.reports / "leftovers.txt").open("a", encoding="utf-8") as output:
            _run([*command, "--reports", str(self.reports)], output.fileno(), self.limit)

    def _runs(self) -> list[Path]:
        return sorted(folder for folder in self.reports.glob("*-*-*") if folder.is_dir())


def _run(command: Sequence[str], output: int, limit: float) -> int:
    environment = {name: value for name, value in os.environ.items() if name != "DCN_ENVIRONMENT"}
    with subprocess.Popen(
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


class UnhealthyError(RuntimeError):
    """The suite does not pass on the lab as it is: nothing can be learnt from breaking it."""


def check_healthy(suite: Suite) -> None:
    """Run the whole suite once; raises UnhealthyError unless all of it passes."""
    seen = suite.run("healthy")
    if seen.exit_code != _OK:
        bad = ", ".join(in_order(seen.failed | seen.blocked | seen.unknown))
        raise UnhealthyError(f"the healthy lab does not pass: {seen.refused or bad}; see {suite.reports}/healthy.txt")


def detect(lab: Lab, fault: Fault, suite: Suite, wanted_site: str | None = None) -> Detection:
    """Break, look, heal; and remove what the suite could not remove meanwhile."""
    begun = time.monotonic()
    where = place(fault, lab.plan, wanted_site)
    site = where.name
    try:
        break_lab(lab, fault.name, site)
        seen = suite.run(fault.name, scope(fault, site, central=where.central))
    except (FaultError, CommandError, NotReadyError, OSError) as error:
        seen = Seen(1, refused=f"the fault could not be brought about: {str(error).splitlines()[0]}")
    finally:
        heal(lab)
    if seen.leaks or not (seen.run or fault.read_only):
        suite.clean_leftovers()
        remove_orphans(lab)
    return judge(fault, site, seen, time.monotonic() - begun)


class Results:
    """`detection.json`: the last result of each fault, kept across calls: single faults can be looked at again."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.found: dict[str, Detection] = {}
        if file.exists():
            for kept in json.loads(file.read_text(encoding="utf-8"))["faults"]:
                values: dict[str, Any] = {
                    name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
                }
                self.found[kept["fault"]] = Detection(**values)

    def add(self, detection: Detection) -> None:
        self.found[detection.fault] = detection
        self.file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"faults": [asdict(one) for one in self.in_order()]}, indent=1, ensure_ascii=False)
        self.file.write_text(text + "\n", encoding="utf-8")

    def in_order(self) -> list[Detection]:
        return [self.found[fault.name] for fault in FAULTS if fault.name in self.found]


def matrix(detections: Sequence[Detection]) -> str:
    """Faults by claims, for a terminal."""
    columns = in_order(claim for one in detections for claim in (*one.must, *one.also, *one.noise))
    width = max((len(one.fault) for one in detections), default=5)
    lines = [" ".join(["fault".ljust(width), "site".ljust(7), *(claim.rjust(3) for claim in columns), "verdict"])]
    for one in detections:
        cells = [_cell(one, claim).rjust(3) for claim in columns]
        lines.append(" ".join([one.fault.ljust(width), one.site.ljust(7), *cells, one.verdict]))
    legend = "X must fail and does   ! must fail and does not   x may fail and does   N noise   b blocked   ? unknown"
    return "\n".join([*lines, legend])


def _cell(one: Detection, claim: str) -> str:
    for sign, claims in (
        ("!", one.missed),
        ("X", one.must),
        ("N", one.noise),
        ("x", one.also),
        ("b", one.blocked),
        ("?", one.unknown),
    ):
        if claim in claims:
            return sign
    return "."


_DOCUMENT = """\
# What is detected

Every fault below was really brought about in the lab (`python -m lab break FAULT`), the acceptance suite was run, and
the lab was healed again. Written by `make detect`; the catalogue is `helpers/faults.py`, how the lab is broken is in
`lab/faults/`.

- **must fail**: the claims that the fault belongs to. It is *caught* when each of them fails at the site of the fault.
- **also failed**: consequences, such as a copy that cannot be made. Anything else that fails makes the fault *noisy*.
- **blocked, unknown**: what needed something that failed, and what nobody could look at. Never a pass, never a failure.

{counts}

| fault | what is broken | source | at | must fail | also failed | blocked, unknown | verdict |
|---|---|---|---|---|---|---|---|
{rows}

## Claims

| claim | | caught by |
|---|---|---|
{claims}
"""


def document(detections: Sequence[Detection]) -> str:
    """docs/detection.md; nothing in it changes from run to run while the results do not."""
    faults = {fault.name: fault for fault in FAULTS}
    rows = []
    for one in detections:
        fault = faults[one.fault]
        must = " ".join(f"{claim} (not found)" if claim in one.missed else claim for claim in one.must)
        also = " ".join((*one.also, *(f"**{claim}**" for claim in one.noise)))
        others = " ".join((*one.blocked, *(f"{claim}?" for claim in one.unknown)))
        verdict = one.verdict if one.good else f"**{one.verdict}**"
        cells = (f"`{one.fault}`", fault.title, fault.source, one.site, must, also, others, verdict)
        rows.append(f"| {' | '.join(cells)} |".replace("  ", " "))
    caught = [one for one in detections if one.good]
    by_claim = {
        claim: [f"`{one.fault}`" for one in detections if claim in one.must and claim not in one.missed]
        for claim in in_order(claim for one in detections for claim in one.must)
    }
    claims = [f"| {claim} | {CLAIMS[claim]} | {', '.join(names) or '**none**'} |" for claim, names in by_claim.items()]
    counts = f"{len(caught)} of {len(detections)} faults are caught."
    left = [f"`{name}`" for name in faults if name not in {one.fault for one in detections}]
    if left:
        counts += f"\n\nNot looked at yet are {len(left)} more faults of the catalogue: {', '.join(left)}."
    return _DOCUMENT.format(counts=counts, rows="\n".join(rows), claims="\n".join(claims))


def run(
    lab: Lab,
    faults: Sequence[Fault],
    suite: Suite,
    results: Results,
    say: Say,
    *,
    wanted_site: str | None = None,
    budget: float | None = None,
    healthy: bool = True,
) -> list[Detection]:
    """Look at faults one after the other; after `budget` seconds no further one is begun.

    :raises UnhealthyError: the suite does not pass before anything is broken
    """
    begun = time.monotonic()
    if broken(lab):
        heal(lab)
    if healthy:
        say("healthy lab: the whole suite has to pass first")
        check_healthy(suite)
    done: list[Detection] = []
    for number, fault in enumerate(faults, 1):
        if budget is not None and time.monotonic() - begun > budget:
            say(f"the budget is spent: {len(faults) - len(done)} faults were not looked at")
            break
        found = detect(lab, fault, suite, wanted_site)
        results.add(found)
        done.append(found)
        say(f"{number:3}/{len(faults)} {found.verdict:8} {fault.name} at {found.site} ({found.seconds:.0f} s)")
        for line in found.headlines[:6]:
            say(f"            {line}")
        for what, claims in (("not found by", found.missed), ("noise", found.noise), ("unknown", found.unknown)):
            if claims:
                say(f"            {what}: {' '.join(claims)}")
    return done
