"""The HTML page of a run: one self-contained file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from helpers.engine.results import StageResult
from helpers.outcomes import OUTCOMES, WORST_FIRST, Outcome, worst
from helpers.reports.causes import Cause
from helpers.reports.history import Earlier, in_lines
from helpers.reports.matrix import matrix, shortened
from helpers.reports.summary import Summary

_TEMPLATES = Path(__file__).parents[2] / "reports" / "templates"


@dataclass(frozen=True)
class Bar:
    """The bar of a stage in the timeline: `left` and `width` in percent, `start` in seconds after the first stage."""

    name: str
    outcome: Outcome
    start: float
    seconds: float
    left: float
    width: float


def timeline(results: Iterable[StageResult]) -> list[Bar]:
    """The stages that ran, by their start."""
    ran = sorted((result for result in results if result.started), key=lambda result: result.started)
    if not ran:
        return []
    origin = ran[0].started
    whole = max(max(result.started - origin + result.seconds for result in ran), 0.001)
    return [
        Bar(
            name=result.stage,
            outcome=result.outcome,
            start=result.started - origin,
            seconds=result.seconds,
            left=round(100 * (result.started - origin) / whole, 2),
            width=round(100 * result.seconds / whole, 2),
        )
        for result in ran
    ]


@dataclass(frozen=True)
class Page:
    """The content of the page."""

    summary: Summary
    causes: Sequence[Cause]
    bars: Sequence[Bar]
    earlier: Sequence[Earlier] = ()

    def render(self) -> str:
        """Render the page."""
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_TEMPLATES),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        now = matrix(self.summary.checks, self.summary.sites)
        return environment.get_template("index.html").render(
            summary=self.summary,
            causes=self.causes,
            bars=self.bars,
            matrix=now,
            outcomes=OUTCOMES,
            earlier=self.earlier,
            past={row.claim: [*(run.cells(row.claim) for run in self.earlier), row.cells] for row in now.rows},
            changes=in_lines(self.summary.changes),
            worst=worst,
            told=_told,
        )


def _told(cells: Mapping[str, Outcome]) -> str:
    """The outcomes of a claim in words, worst first: `failed at dcn0, dcn1; passed at central`."""
    columns: dict[Outcome, list[str]] = {}
    for column, outcome in cells.items():
        columns.setdefault(outcome, []).append(column)
    shown = (outcome for outcome in WORST_FIRST if outcome in columns)
    return "; ".join(f"{outcome} at {shortened(columns[outcome])}" for outcome in shown)
