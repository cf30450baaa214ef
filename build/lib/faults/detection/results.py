"""What was seen of each fault, kept across calls, so that single faults can be looked at again.

The report of a source (the lab, the simulator) has everything that its runs said. `docs/reference/faults.json` has of
both sources what does not change from run to run while the result does not: it is committed, and verdicts are made from
it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from faults.catalogue import FAULTS, find
from faults.detection.seen import Failing, Seen
from faults.detection.verdicts import Detection, judge

_SETS = ("blocked", "unknown")


@dataclass(frozen=True)
class Observation:
    """What a run showed while this fault was in force at this site; `seconds` is how long that took."""

    fault: str
    site: str
    seen: Seen
    seconds: float = field(default=0.0, compare=False)

    @property
    def detection(self) -> Detection:
        """What the catalogue says about it now. Raises UnknownFault for a fault that it no longer has."""
        return judge(find(self.fault), self.site, self.seen, self.seconds)


class Results:
    """The report of one source, a file such as `reports/detection-lab.json`, written anew with each observation."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._kept: dict[str, Observation] = {}
        if file.exists():
            for kept in json.loads(file.read_text(encoding="utf-8"))["faults"]:
                self._kept[kept["fault"]] = _read(kept)

    def add(self, observation: Observation) -> None:
        self._kept[observation.fault] = observation
        self.file.parent.mkdir(parents=True, exist_ok=True)
        found = [_shown(one) | {"verdict": one.detection.verdict} for one in self.in_order()]
        _write(self.file, {"faults": found})

    def in_order(self) -> list[Observation]:
        """In the catalogue's order, without what it no longer has."""
        return [self._kept[fault.name] for fault in FAULTS if fault.name in self._kept]


def _shown(one: Observation) -> dict[str, Any]:
    seen = asdict(one.seen) | {name: sorted(getattr(one.seen, name)) for name in _SETS}
    return {"fault": one.fault, "site": one.site, "seconds": round(one.seconds, 1), "seen": seen}


def _read(kept: Mapping[str, Any]) -> Observation:
    seen = dict(kept["seen"]) | {name: frozenset(kept["seen"][name]) for name in _SETS}
    for name in ("failing", "prevented"):
        seen[name] = tuple(Failing(**each) for each in seen.get(name, ()))
    return Observation(kept["fault"], kept["site"], Seen(**seen), kept["seconds"])


def _write(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


# --- what is published


Published = dict[str, dict[str, Observation]]


def published(file: Path) -> Published:
    """Source → fault → what was seen, of `faults.json`; of claims and sites only, not what the runs said."""
    if not file.exists():
        return {}
    content = json.loads(file.read_text(encoding="utf-8"))
    return {
        source: {name: _unpacked(name, kept) for name, kept in faults.items()} for source, faults in content.items()
    }


def publish(file: Path, source: str, observations: Iterable[Observation]) -> Published:
    """Write what a source has seen anew, and leave the other source's, and faults that were not looked at, alone."""
    found = published(file)
    of_source = found.setdefault(source, {})
    of_source.update({one.fault: replace(one, seen=_compact(one.seen), seconds=0.0) for one in observations})
    known = [fault.name for fault in FAULTS]
    found = {name: {fault: found[name][fault] for fault in known if fault in found[name]} for name in sorted(found)}
    lines = []
    for name, faults in found.items():
        rows = [
            f"  {json.dumps(fault)}: {json.dumps(_packed(one), ensure_ascii=False)}" for fault, one in faults.items()
        ]
        lines.append(f" {json.dumps(name)}: {{\n" + ",\n".join(rows) + "\n }")
    file.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    return found


def _compact(seen: Seen) -> Seen:
    return replace(
        seen, failing=_places(_words(seen.failing)), prevented=_places(_words(seen.prevented)), run="", exit_code=0
    )


def _words(failing: Iterable[Failing]) -> list[str]:
    """`A8 dcn1`: each claim at each site once, in order; without what was said."""
    return [" ".join(filter(None, words)) for words in sorted({(one.claim, one.site or "") for one in failing})]


def _places(words: Iterable[str]) -> tuple[Failing, ...]:
    return tuple(Failing(claim, site or None, "") for claim, _, site in (each.partition(" ") for each in words))


def _packed(one: Observation) -> dict[str, Any]:
    content = {
        "failed": _words(one.seen.failing),
        "prevented": _words(one.seen.prevented),
        "blocked": sorted(one.seen.blocked),
        "unknown": sorted(one.seen.unknown),
        "refused": one.seen.refused,
    }
    return {"site": one.site} | {name: value for name, value in content.items() if value}


def _unpacked(fault: str, kept: Mapping[str, Any]) -> Observation:
    seen = Seen(
        exit_code=0,
        failing=_places(kept.get("failed", ())),
        prevented=_places(kept.get("prevented", ())),
        blocked=frozenset(kept.get("blocked", ())),
        unknown=frozenset(kept.get("unknown", ())),
        refused=kept.get("refused", ""),
    )
    return Observation(fault, kept["site"], seen)
