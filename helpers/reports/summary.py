"""The model of `summary.json`, the findings of a run for programs. Only this module writes and reads the file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from helpers.outcomes import Outcome
from helpers.preflight.results import Probed
from helpers.redact import redacted
from helpers.runs.leak import Leak

#: It changes when a key is removed or changes its meaning. Readers ignore keys that they do not know.
Version = Literal[1]
VERSION: Version = 1

ChangeKind = Literal["new", "still", "fixed"]


class NoSummary(ValueError):
    """A file is not a summary that this version can read. The message is one line with the file and the reason."""


@dataclass(frozen=True)
class Check:
    """One claim at one site, by one test."""

    claim: str | None
    """The id of the claim; null for a test of no claim."""
    site: str | None
    """The name of the site; null where the claim belongs to none."""
    test: str
    """The node id of the test or stage."""
    outcome: Outcome
    """What became of it."""
    cause: str | None
    """What blocked it: the `stage` of a failure. Otherwise, in one line, why it failed, is unknown or was skipped."""
    seconds: float
    """How long it took."""


@dataclass(frozen=True)
class Failure:
    """A cause of failed or unknown checks, as the terminal and the page show it."""

    test: str
    """The node id of the test or stage, or the finding of the preflight."""
    outcome: Literal["failed", "unknown"]
    """Whether it failed, or nobody could find out."""
    claims: tuple[str, ...]
    """The ids of the claims that it is about."""
    sites: tuple[str, ...]
    """The names of the sites that it is about."""
    stage: str | None
    """What the checks that it blocks name as their `cause`; null for a test, which blocks none."""
    title: str
    """What should hold, in one line."""
    message: str
    """What was done, what was expected, and what was seen."""
    looks_like: str | None
    """The known failure that it resembles, and where to read on."""
    reproduce: tuple[str, ...]
    """The commands that show it."""


@dataclass(frozen=True)
class Change:
    """A claim at a site whose outcome has changed, or that still fails."""

    kind: ChangeKind
    """Whether it passed and is wrong now, is still wrong, or is right again."""
    claim: str
    """The id of the claim."""
    column: str
    """The name of the site; `all` where the claim belongs to none."""
    since: str
    """When the first of the `runs` began that saw it so without a break; of what is new or fixed, when the last run
    began that saw it otherwise."""
    runs: int
    """How many runs in a row, this one included, have seen it so."""


@dataclass(frozen=True)
class Skip:
    """A reason why tests were skipped."""

    reason: str
    """What the environment file does not declare, or the deployment does not offer."""
    tests: tuple[str, ...]
    """The names of these tests."""


@with_config(ConfigDict(use_attribute_docstrings=True, json_schema_serialization_defaults_required=True))
@dataclass(frozen=True)
class Summary:
    """The findings of a run of dcn-verify."""

    version: Version
    """The version of this format. It changes when a key is removed, or means something else. Keys may be added without
    a new version: pass over those that you do not know."""
    run_id: str
    """The id of the run, which is also the name of the directory."""
    environment: str
    """The path of the environment file."""
    started: str
    """When the run began: ISO 8601, in UTC."""
    wall_s: float
    """How many seconds it took."""
    longest_chain_s: float
    """How many seconds the longest chain of stages took: no run of these checks can be faster."""
    sites: tuple[str, ...]
    """The names of the sites, in the order of the environment file."""
    outcomes: dict[Outcome, int]
    """Each outcome, and how many tests and stages came to it."""
    checks: tuple[Check, ...]
    """One entry for each claim, site and test, in the order of the claims."""
    interrupted: bool = False
    """Whether the run was ended before all checks were made. Such a run is never good."""
    failures: tuple[Failure, ...] = ()
    """What failed, then what is unknown."""
    leaks: tuple[Leak, ...] = ()
    """What could not be removed. Each is a failure of F5."""
    preflight: tuple[Probed, ...] = ()
    """What the preflight found wanting. It counts where a selected check is blocked by it."""
    changes: tuple[Change, ...] = ()
    """What has changed since earlier runs of the same environment file, and what is still wrong."""
    skipped: tuple[Skip, ...] = ()
    """Why tests were skipped, each reason once."""
    unread: tuple[str, ...] = ()
    """Earlier runs in the same directory that `changes` leaves out, because their summary cannot be read: which, and
    why."""

    @property
    def good(self) -> bool:
        """Whether the run was completed, and nothing failed, was blocked, is unknown or was left behind."""
        wrong = any(self.outcomes[bad] for bad in ("failed", "blocked", "unknown"))
        return not (self.interrupted or self.leaks or wrong)


_MODEL = TypeAdapter(Summary)


def schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_MODEL.json_schema(mode="serialization")}


def write(summary: Summary, file: Path) -> None:
    """Write the file, without secrets."""
    content = redacted(_MODEL.dump_python(summary, mode="json"))
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(file: Path) -> Summary:
    """The summary in a file. Raises NoSummary."""
    if file.exists() and not file.is_file():
        raise NoSummary(f"{file}: no regular file")
    try:
        return _MODEL.validate_json(file.read_bytes())
    except OSError as error:
        raise NoSummary(f"{file}: {error.strerror}") from None
    except ValidationError as error:
        raise NoSummary(f"{file}: {_why(error)}") from None


def _why(error: ValidationError) -> str:
    """What is wrong with the file, in one line; for another version, only that."""
    mistakes = error.errors(include_url=False)
    by_place = {mistake["loc"]: mistake for mistake in mistakes}
    version = by_place.get(("version",))
    if version and version["type"] == "missing":
        return f"it has no version, as those of an older dcn-verify; this one reads version {VERSION}"
    if version:
        return f"its version is {str(version['input'])[:20]!r}; this dcn-verify reads version {VERSION}"
    where = ".".join(map(str, mistakes[0]["loc"]))
    return f"{where}: {mistakes[0]['msg']}" if where else mistakes[0]["msg"]
