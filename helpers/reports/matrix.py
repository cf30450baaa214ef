"""The matrix of claims and sites."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from helpers.outcomes import Outcome, worst
from helpers.reports.claims import CLAIMS
from helpers.reports.summary import Check

#: The column of claims that belong to no site.
ALL = "all"


@dataclass(frozen=True)
class Row:
    """The row of one claim: column → outcome. Sites that the claim does not concern have no entry."""

    claim: str
    title: str
    cells: dict[str, Outcome]

    def at(self, outcome: Outcome) -> list[str]:
        """The columns with that outcome."""
        return [column for column, seen in self.cells.items() if seen == outcome]


@dataclass(frozen=True)
class Matrix:
    """The matrix of claims and sites."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def matrix(found: Iterable[Check], sites: Sequence[str]) -> Matrix:
    """The matrix of these checks; `all` is a column when a claim belongs to no site."""
    outcomes: dict[str, dict[str, set[Outcome]]] = {}
    for check in found:
        if check.claim:
            outcomes.setdefault(check.claim, {}).setdefault(check.site or ALL, set()).add(check.outcome)
    used = {column for cells in outcomes.values() for column in cells}
    columns = tuple(column for column in dict.fromkeys((*sites, *sorted(used - {ALL}), ALL)) if column in used)
    rows = tuple(
        Row(claim, title, {column: worst(outcomes[claim][column]) for column in columns if column in outcomes[claim]})
        for claim, title in CLAIMS.items()
        if claim in outcomes
    )
    return Matrix(columns, rows)


def shortened(names: Sequence[str], most: int = 6) -> str:
    """The names, or the first of them and how many more there are."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
