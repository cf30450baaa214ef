"""A record: the shape of the answer for each kind of request or command and for each of its statuses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simulator.record.shapes import Field, Shape, union

#: Answers by kind and status. The services of a record are types such as `compute`, and `ssh` for commands.
Answers = dict[str, dict[str, Shape]]


class BadRecord(Exception):
    """The file is not a record; the message is one line with the file and the reason."""


@dataclass
class Record:
    """The shapes of answers by service, kind of request, and status."""

    services: dict[str, Answers] = field(default_factory=dict)

    def add(self, service: str, kind: str, status: str, shape: Shape) -> None:
        """Add an answer, and unite its shape with the known shape."""
        answers = self.services.setdefault(service, {}).setdefault(kind, {})
        answers[status] = union((answers.get(status, {}), shape))

    def join(self, other: Record) -> None:
        """Add all answers of another record."""
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
        """Return the record in the form of its file."""
        return {
            service: {
                kind: {status: {path: str(shape[path]) for path in sorted(shape)} for status, shape in answers.items()}
                for kind, answers in kinds.items()
            }
            for service, kinds in self.services.items()
        }

    @classmethod
    def of(cls, plain: Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]) -> Record:
        """Return the record from the output of `plain`. Raises ValueError or AttributeError for anything else."""
        found = cls()
        for service, kinds in plain.items():
            for kind, answers in kinds.items():
                for status, shape in answers.items():
                    found.add(service, kind, status, {path: Field.parse(text) for path, text in shape.items()})
        return found

    def write(self, file: Path) -> None:
        """Write the record sorted, with one line per key, so that the same answers give the same file."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(self.plain(), indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Record:
        """Read a record from its file. Raises BadRecord."""
        try:
            return cls.of(json.loads(file.read_text(encoding="utf-8")))
        except OSError as error:
            raise BadRecord(f"{file}: {error.strerror}; `make record` makes it on the lab") from error
        except (ValueError, AttributeError) as error:
            raise BadRecord(f"{file}: no record: {error}") from error
