"""What earlier runs of the same deployment have seen, by their reports, and what has changed since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from helpers.outcomes import Outcome
from helpers.reports.matrix import Matrix, matrix, shortened
from helpers.reports.summary import Change, ChangeKind, NoSummary, Summary, read

#: How many runs are looked back upon for each claim at each site: two weeks of nights.
MOST = 14
#: How many runs are looked through for those.
_FARTHEST = 1000
#: What says something of the deployment; a check that was blocked or skipped does not.
_JUDGED = {"passed", "failed", "unknown"}

KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)


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
class History:
    """Earlier runs, oldest first; `unread`: of those whose summary cannot be read, a line each, the newest first."""

    runs: tuple[Earlier, ...]
    unread: tuple[str, ...] = ()


def earlier_runs(reports: Path, summary: Summary, most: int = MOST) -> History:
    """The runs of this environment file before this one that judged what this one judges.

    Of each claim at each site those that judged it last, `most` of them, however many runs of another selection there
    were meanwhile.
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
    """The claims at sites of which it says something."""
    return {(row.claim, column) for row in of.rows for column, outcome in row.cells.items() if outcome in _JUDGED}


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


def in_lines(found: Iterable[Change]) -> list[tuple[ChangeKind, str]]:
    """`B3 at dcn0, dcn1 (last passed 2026-11-25T22:00:12Z)`: what has changed alike in one line, new failures first."""
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
