"""Waits for the end of an import or copy of an image, and says whether it has reached its stores."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from helpers.openstack.records import ImageRecord, Task, listed
from helpers.wait import FailedState, TimedOut, wait_until


class Records(Protocol):
    """A source of the record and the tasks of an image: Glance."""

    def image(self, image_id: str) -> ImageRecord | None: ...

    def tasks(self, image_id: str) -> tuple[Task, ...] | None: ...


class ImportFailed(Exception):
    """An import or copy ended without reaching its stores. The message names them, with Glance's own message.

    `tasks` is None if Glance has no API for tasks.
    """

    def __init__(self, message: str, record: ImageRecord | None, tasks: tuple[Task, ...] | None = ()) -> None:
        super().__init__(message)
        self.record, self.tasks = record, tasks


#: seconds within which a record shows the result of its finished tasks
_SETTLING = 10.0
#: The status of an image while its data is being transferred.
ON_THE_WAY = {"uploading", "importing", "saving"}


@dataclass(frozen=True)
class _Import:
    """An import at one moment. `tasks` is None if Glance has no API for tasks; the record alone decides then."""

    record: ImageRecord | None
    tasks: tuple[Task, ...] | None

    @property
    def ended(self) -> bool:
        if self.tasks is not None or self.record is None:
            return all(task.ended for task in self.tasks or ())
        record = self.record
        return not record.importing_to and not record.import_task and record.status not in ON_THE_WAY

    def reached(self, stores: frozenset[str] | None) -> bool:
        """Whether the image is in these stores (None: in any) and Glance has finished the import."""
        record = self.record
        return (
            record is not None
            and record.status == "active"
            and not record.importing_to
            and (stores is None or stores <= record.stores)
            and self.ended
        )

    def __str__(self) -> str:
        tasks = "" if self.tasks is None else f"; tasks: {', '.join(map(str, self.tasks)) or 'none'}"
        return f"{self.record or 'no such image'}{tasks}"


def wait_imported(
    glance: Records, image_id: str, stores: frozenset[str] | None, timeout: float, number: int
) -> ImageRecord:
    """See `Glance.wait_imported`."""

    def probe() -> _Import:
        record = glance.image(image_id)
        return _Import(record, glance.tasks(image_id) if record else ())

    ended_at: list[float] = []
    begun = False

    def failed(seen: _Import) -> str | None:
        nonlocal begun
        record = seen.record
        if record is None:
            return "the image is gone"
        begun = begun or seen.tasks is not None or not seen.ended
        if not seen.ended:
            ended_at.clear()
            return None
        bad = [task for task in seen.tasks or () if task.status == "failure"]
        if bad:
            return f"import task {bad[-1].id} failed: {bad[-1].message or 'no message'}"
        if record.failed and (stores is None or record.failed & stores):
            return f"Glance reports failed stores {', '.join(sorted(record.failed))}"
        # Glance considers the import finished, and the stores are missing: they will not be added any more
        ended_at.append(time.monotonic())
        if begun and ended_at[-1] - ended_at[0] > _SETTLING:
            what = "the import has ended" if seen.tasks is None else "every import task has ended"
            return f"{what}, but the image is {record.status} in {listed(record.stores)}"
        return None

    try:
        record = wait_until(
            probe,
            lambda seen: seen.reached(stores),
            timeout=timeout * number,
            what=f"import of image {image_id}",
            failed=failed,
            progress_timeout=timeout,
        ).record
    except (FailedState, TimedOut) as error:
        record = glance.image(image_id)
        # the record is shown separately
        raise ImportFailed(error.reason, record, glance.tasks(image_id) if record else ()) from error
    if record is None:  # excluded by `done`
        raise ImportFailed("the image is gone", None)
    return record
