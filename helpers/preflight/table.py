"""The preflight for people: one table of sites and prerequisites, and one line for each finding."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from helpers.outcomes import Outcome
from helpers.preflight.results import PREREQUISITES, UNDERCLOUD, Preflight, Prerequisite
from helpers.redact import redact

_MARKS: dict[Outcome | None, tuple[str, str, str]] = {
    "passed": ("✓", "ok", "green"),
    "failed": ("✗", "FAILED", "bold red"),
    "unknown": ("?", "UNKNOWN", "bold magenta"),
    "blocked": ("·", "-", "dim"),
    None: ("", "", ""),
}
#: The number of sites up to which a site that is ready has a row of its own.
_MOST_ROWS = 20


def in_one_line(preflight: Preflight) -> str:
    """One line: `preflight: 3 sites ready; 14 probes in 0.4 s`, or the number of findings."""
    sites = len(set(preflight.rows) - {UNDERCLOUD})
    what = f"{sites} site{'s' if sites > 1 else ''}"
    looked = f"{len(preflight.probed)} probes in {preflight.seconds:.1f} s"
    if preflight.good:
        return f"preflight: {what} ready; {looked}"
    number = len(preflight.findings)
    return f"preflight: {number} finding{'s' if number > 1 else ''} at {what}; {looked}"


def rendered(preflight: Preflight, *, width: int = 100, colour: bool = False, plain: bool = False) -> str:
    """Return the table, and below it each finding once with the command that reproduces it.

    :param plain: for a terminal that shows ASCII only
    """
    text = io.StringIO()
    console = Console(file=text, width=width, force_terminal=colour, color_system="standard" if colour else None)
    console.print(_table(preflight, plain), highlight=False)
    for found in preflight.findings:
        fancy, word, style = _MARKS[found.outcome]
        line = Text.assemble((word if plain else fancy, style), " ", (redact(str(found)), "bold"))
        console.print(line, soft_wrap=True, highlight=False)
        for command in filter(None, found.reproduce):
            console.print(Text(f"  reproduce: {command}"), soft_wrap=True, highlight=False)
    return text.getvalue().rstrip("\n")


def _table(preflight: Preflight, plain: bool) -> Table:
    columns = [one for one in PREREQUISITES if any(probed.prerequisite == one for probed in preflight.probed)]
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    table.add_column("site")
    for column in columns:
        table.add_column(column, justify="center")
    shown = _shown(preflight)
    for site in shown:
        table.add_row(site, *(_cell(preflight, site, column, plain) for column in columns))
    if len(shown) < len(preflight.rows):
        table.add_row(f"{len(preflight.rows) - len(shown)} more, all ready")
    return table


def _cell(preflight: Preflight, site: str, column: Prerequisite, plain: bool) -> Text:
    fancy, word, style = _MARKS[preflight.cell(site, column)]
    way = next((one.way for one in preflight.of(site, column) if one.way), "")
    return Text(" ".join(filter(None, (word if plain else fancy, way))), style)


def _shown(preflight: Preflight) -> Sequence[str]:
    if len(preflight.rows) <= _MOST_ROWS:
        return preflight.rows
    bad = {found.site for found in preflight.findings}
    return [site for site in preflight.rows if site in bad]
