"""The result of each stage on disk, so that every process of a run reads the same."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json

from helpers.engine.stages import StageKey
from helpers.outcomes import Outcome
from helpers.redact import redacted


@dataclass(frozen=True)
class StageResult:
    """The result of one stage.

    `error` says why the stage did not pass or was skipped. `cause` names the stage whose failure blocked it.
    `reproduce` holds the commands that show the failure. `started` is in seconds since the epoch, `seconds` is the
    duration of the stage itself.
    """

    stage: str
    outcome: Outcome
    value: Any = None
    error: str = ""
    cause: str | None = None
    reproduce: tuple[str, ...] = ()
    started: float = 0.0
    seconds: float = 0.0
    needs: tuple[str, ...] = field(default=())


class ResultStore:
    """A folder with one JSON file for each finished stage. Files are written atomically.

    The process that publishes a result keeps it in memory, for the case that the file cannot be written or is removed.
    `unwritten` describes the first result that could not be written, and is empty otherwise. `on_unwritten` is called
    at that moment.
    """

    def __init__(self, folder: Path, on_unwritten: Callable[[], object] = lambda: None) -> None:
        self.folder, self.on_unwritten = folder, on_unwritten
        self.unwritten = ""
        self._kept: dict[str, StageResult] = {}
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)

    def put(self, key: StageKey, result: StageResult, type_: Any) -> None:
        """Publish a result. Its value is serialized as JSON according to its declared type."""
        value = _adapter(type_).dump_python(result.value, mode="json") if result.outcome == "passed" else None
        # asdict would first copy the whole value
        record = redacted({field.name: getattr(result, field.name) for field in fields(result)} | {"value": value})
        path, unwritten = self._path(str(key)), ""
        partial = path.with_suffix(f".{os.getpid()}.partial")
        try:
            partial.write_bytes(to_json(record, indent=1))
            partial.rename(path)
        except OSError as error:
            unwritten = f"{path} cannot be written: {error.strerror}"
        self._kept[str(key)] = replace(_result(record), value=result.value)
        if unwritten and not self.unwritten:
            self.unwritten = unwritten
            self.on_unwritten()

    def get(self, key: StageKey, type_: Any) -> StageResult | None:
        """The result of a stage, with the value as its declared type. None if the stage has not finished."""
        try:
            return _finished(self._path(str(key)), type_)
        except OSError:
            return self._kept.get(str(key))

    def all(self) -> list[StageResult]:
        """The results of all finished stages in the order of their start, without their values."""
        records = [json.loads(path.read_bytes()) for path in self.folder.glob("*.json")]
        found = {record["stage"]: _result(record) for record in records}
        return [replace(one, value=None) for one in sorted({**self._kept, **found}.values(), key=_when)]

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


@cache
def _adapter(type_: Any) -> TypeAdapter[Any]:
    return TypeAdapter(type_)  # building one takes longer than using it a hundred times


@lru_cache(maxsize=512)
def _finished(path: Path, type_: Any) -> StageResult:
    """The result in a file, which never changes. It is cached: several tests read it. Raises FileNotFoundError."""
    record = json.loads(path.read_bytes())
    if record["outcome"] == "passed":
        record["value"] = _adapter(type_).validate_python(record["value"], strict=False)
    return _result(record)


def _when(result: StageResult) -> float:
    return result.started


def _result(record: dict[str, Any]) -> StageResult:
    lists = {name: tuple(record[name]) for name in ("reproduce", "needs")}
    return StageResult(**{**record, **lists})


def longest_chain(results: list[StageResult]) -> float:
    """Seconds of the longest chain of stages that need each other: the minimum that a schedule can take."""
    by_key = {result.stage: result for result in results}
    ends: dict[str, float] = {}

    def end(key: str) -> float:
        if key not in ends:
            result = by_key.get(key)
            ends[key] = (result.seconds + max(map(end, result.needs), default=0.0)) if result else 0.0
        return ends[key]

    return max(map(end, by_key), default=0.0)
