"""A record: for each kind of request or command, and each status it was answered with, the answer's shape."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simulator.record.shapes import Field, Shape, union

#: HTTP by service type (`compute`), commands by `ssh`
Answers = dict[str, dict[str, Shape]]


class BadRecord(Exception):
    """A file is no record; one line that says which and why."""


@dataclass
class Record:
    """Service → kind of request → status → shape of the answer."""

    services: dict[str, Answers] = field(default_factory=dict)

    def add(self, service: str, kind: str, status: str, shape: Shape) -> None:
        """One more answer; its shape joins those that are there."""
        answers = self.services.setdefault(service, {}).setdefault(kind, {})
        answers[status] = union((answers.get(status, {}), shape))

    def join(self, other: Record) -> None:
        """All answers of another record."""
        for service, kind, status, shape in other:
            self.add(service, kind, status, shape)

    def __iter__(self) -> Iterator[tuple[str, str, str, Shape]]:
        for service, kinds in sorted(self.services.items()):
            for kind, answers in sorted(kinds.items()):
                for status, shape in sorted(answers.items()):
                    yield service, kind, status, shape

    def statuses(self, service: str, kind: str) -> Mapping[str, Shape]:
        return self.services.get(service, {}).get(kind, {})

    def plain(self) -> dict[str, dict[str, dict[str, dict[str, str]]]]:
        """As the file has it."""
        return {
            service: {
                kind: {status: {path: str(shape[path]) for path in sorted(shape)} for status, shape in answers.items()}
                for kind, answers in kinds.items()
            }
            for service, kinds in self.services.items()
        }

    @classmethod
    def of(cls, plain: Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]) -> Record:
        """What `plain` has given. ValueError, AttributeError: something else."""
        found = cls()
        for service, kinds in plain.items():
            for kind, answers in kinds.items():
                for status, shape in answers.items():
                    found.add(service, kind, status, {path: Field.parse(text) for path, text in shape.items()})
        return found

    def write(self, file: Path) -> None:
        """Sorted, a line for each key: the same answers give the same file."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(self.plain(), indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Record:
        """A record from its file. Raises BadRecord."""
        try:
            return cls.of(json.loads(file.read_text(encoding="utf-8")))
        except OSError as error:
            raise BadRecord(f"{file}: {error.strerror}; `make record` makes it on the lab") from error
        except (ValueError, AttributeError) as error:
            raise BadRecord(f"{file}: no record: {error}") from error
