"""What earlier runs of the same deployment found, read from their reports, and what has changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from helpers.outcomes import Outcome
from helpers.reports.matrix import Matrix, matrix, shortened
from helpers.reports.summary import Change, ChangeKind, NoSummary, Summary, read

#: The number of earlier runs that count for each claim at each site: two weeks of nights.
MOST = 14
#: The number of runs that are searched for those.
_FARTHEST = 1000
#: Outcomes that say something about the deployment; blocked and skipped do not.
_JUDGED = {"passed", "failed", "unknown"}

KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)


@dataclass(frozen=True)
class Earlier:
    """An earlier run: its findings, its start (ISO 8601, UTC), and the name of its folder."""

    folder: str
    started: str
    matrix: Matrix

    @property
    def when(self) -> str:
        """The start in short, for a table: `11-26 18:02`."""
        return self.started[5:16].replace("T", " ")

    def cells(self, claim: str) -> Mapping[str, Outcome]:
        return next((row.cells for row in self.matrix.rows if row.claim == claim), {})


@dataclass(frozen=True)
class History:
    """Earlier runs, oldest first. `unread`: one line for each run whose summary cannot be read, newest first."""

    runs: tuple[Earlier, ...]
    unread: tuple[str, ...] = ()


def earlier_runs(reports: Path, summary: Summary, most: int = MOST) -> History:
    """Earlier runs with this environment file that judged the same claims at the same sites.

    For each claim at each site, the last `most` runs that judged it, whatever other runs selected meanwhile.
    """
    wanted = Counter(dict.fromkeys(_judged(matrix(summary.checks, summary.sites)), most))
    found: list[Earlier] = []
    unread: list[str] = []
    before = (path for path in reports.glob("*/summary.json") if path.parent.name < summary.run_id)
    for path in sorted(before, reverse=True)[:_FARTHEST]:
        if not wanted:
            break
        if path.parent.is_symlink():
            continue
        try:
            seen = read(path)
        except NoSummary as error:
            unread.append(str(error))
            continue
        earlier = Earlier(path.parent.name, seen.started, matrix(seen.checks, seen.sites))
        if seen.environment == summary.environment and (told := _judged(earlier.matrix) & wanted.keys()):
            found.append(earlier)
            wanted = +(wanted - Counter(told))
    return History(tuple(reversed(found)), tuple(unread))


def _judged(of: Matrix) -> set[tuple[str, str]]:
    """The claims at sites that the run judged."""
    return {(row.claim, column) for row in of.rows for column, outcome in row.cells.items() if outcome in _JUDGED}


def changes(now: Matrix, earlier: Sequence[Earlier]) -> list[Change]:
    """What is wrong now or was wrong when last judged, in the order of the matrix. Empty without earlier runs."""
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


def in_lines(found: Iterable[Change]) -> list[tuple[ChangeKind, str]]:
    """Equal changes in one line, new failures first: `B3 at dcn0, dcn1 (last passed 2026-11-25T22:00:12Z)`."""
    alike: dict[tuple[ChangeKind, str, str], list[str]] = {}
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
