"""What earlier runs of the same deployment have seen, by their reports, and what has changed since."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from helpers.outcomes import Outcome
from helpers.reports.summary import Check, Matrix, Summary, matrix, shortened

log = logging.getLogger(__name__)

#: How many runs are looked back upon for each claim at each site: two weeks of nights.
MOST = 14
#: How many runs are looked through for those.
_FARTHEST = 1000
#: What says something of the deployment; a check that was blocked or skipped does not.
_JUDGED = {"passed", "failed", "unknown"}

Kind = Literal["new", "still", "fixed"]
KINDS: tuple[Kind, ...] = ("new", "still", "fixed")


@dataclass(frozen=True)
class Earlier:
    """An earlier run: what it saw, when it began (ISO 8601, in UTC), and its folder's name."""

    folder: str
    started: str
    matrix: Matrix

    @property
    def when(self) -> str:
        """`11-26 18:02`, as a table has room for."""
        return self.started[5:16].replace("T", " ")

    def cells(self, claim: str) -> Mapping[str, Outcome]:
        return next((row.cells for row in self.matrix.rows if row.claim == claim), {})


@dataclass(frozen=True)
class Change:
    """A claim at a site (`all`: at none) that is not as it was, or still as it must not be.

    `since`: when the first of the `runs` began that saw it so without a break; of what is new or fixed, when the last
    one began that saw it otherwise.
    """

    kind: Kind
    claim: str
    column: str
    since: str
    runs: int


def earlier_runs(reports: Path, summary: Summary, most: int = MOST) -> tuple[Earlier, ...]:
    """The runs of this environment file before this one that judged what this one judges, oldest first.

    Of each claim at each site those that judged it last, `most` of them, however many runs of another selection there
    were meanwhile. What cannot be read is passed over.
    """
    wanted = Counter(dict.fromkeys(_judged(matrix(summary.checks, summary.sites)), most))
    found: list[Earlier] = []
    before = (path for path in reports.glob("*/summary.json") if path.parent.name < summary.run_id)
    for path in sorted(before, reverse=True)[:_FARTHEST]:
        if not wanted:
            break
        earlier = None if path.parent.is_symlink() else _read(path, summary.environment)
        if earlier and (told := _judged(earlier.matrix) & wanted.keys()):
            found.append(earlier)
            wanted = +(wanted - Counter(told))
    return tuple(reversed(found))


def _judged(of: Matrix) -> set[tuple[str, str]]:
    """The claims at sites of which it says something."""
    return {(row.claim, column) for row in of.rows for column, outcome in row.cells.items() if outcome in _JUDGED}


def _read(path: Path, environment: str) -> Earlier | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["environment"] != environment:
            return None
        checks = [Check(**check) for check in kept["checks"]]
        return Earlier(path.parent.name, kept["started"], matrix(checks, kept["sites"]))
    except (OSError, ValueError, KeyError, TypeError):
        log.debug("%s is no summary of a run", path, exc_info=True)
        return None


def changes(now: Matrix, earlier: Sequence[Earlier]) -> list[Change]:
    """What is wrong now, or was when it was looked at last, in the matrix's order; nothing where nobody had looked."""
    found = []
    for row in now.rows:
        for column, outcome in row.cells.items():
            if outcome in _JUDGED and (change := _change(row.claim, column, outcome, earlier)):
                found.append(change)
    return found


def _change(claim: str, column: str, now: Outcome, earlier: Sequence[Earlier]) -> Change | None:
    seen = [(run, outcome) for run in reversed(earlier) if (outcome := run.cells(claim).get(column)) in _JUDGED]
    if not seen:
        return None
    last, before = seen[0]
    if (now == "passed") == (before == "passed"):
        if now == "passed":
            return None
        streak = [run for run, _ in _while_bad(seen)]
        return Change("still", claim, column, streak[-1].started, len(streak) + 1)
    return Change("fixed" if now == "passed" else "new", claim, column, last.started, 1)


def _while_bad(seen: Iterable[tuple[Earlier, Outcome]]) -> Iterable[tuple[Earlier, Outcome]]:
    for run, outcome in seen:
        if outcome == "passed":
            return
        yield run, outcome


def in_lines(found: Iterable[Change]) -> list[tuple[Kind, str]]:
    """`B3 at dcn0, dcn1 (last passed 2026-11-25T22:00:12Z)`: what has changed alike in one line, new failures first."""
    alike: dict[tuple[Kind, str, str], list[str]] = {}
    for change in found:
        alike.setdefault((change.kind, change.claim, _told(change)), []).append(change.column)
    lines = [
        (kind, f"{claim} at {shortened(columns)} ({told})".replace(" at all ", " "))
        for (kind, claim, told), columns in alike.items()
    ]
    return sorted(lines, key=lambda line: KINDS.index(line[0]))


def _told(change: Change) -> str:
    moment = change.since[:16].replace("T", " ")
    if change.kind == "still":
        return f"since {moment}, {change.runs} runs"
    return f"{'passed' if change.kind == 'new' else 'did not pass'} {moment}"
