"""An import or copy of an image on its way: when it has ended, and whether it has reached its stores."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from helpers.openstack.records import ImageRecord, Task, listed
from helpers.wait import FailedState, TimedOut, wait_until


class Records(Protocol):
    """What shows the record and the tasks of an image: a Glance."""

    def image(self, image_id: str) -> ImageRecord | None: ...

    def tasks(self, image_id: str) -> tuple[Task, ...] | None: ...


class ImportFailed(Exception):
    """An import or copy ended without reaching its stores; the message says which, and what Glance says of it.

    `tasks` is None where Glance shows no tasks.
    """

    def __init__(self, message: str, record: ImageRecord | None, tasks: tuple[Task, ...] | None = ()) -> None:
        super().__init__(message)
        self.record, self.tasks = record, tasks


#: seconds that a record may need to show what its ended tasks have done
_SETTLING = 10.0
#: What an image is while its data is on the way.
ON_THE_WAY = {"uploading", "importing", "saving"}


@dataclass(frozen=True)
class _Import:
    """An import at one moment; `tasks` is None where Glance shows none, and the record has to tell by itself."""

    record: ImageRecord | None
    tasks: tuple[Task, ...] | None

    @property
    def ended(self) -> bool:
        if self.tasks is not None or self.record is None:
            return all(task.ended for task in self.tasks or ())
        record = self.record
        return not record.importing_to and not record.import_task and record.status not in ON_THE_WAY

    def reached(self, stores: frozenset[str] | None) -> bool:
        """Whether all is done: the image is in these stores (None: in any), and Glance is through with it."""
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
        # Glance believes that it has finished, yet the stores are not there: they will not come any more
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
        # the record is told apart
        raise ImportFailed(error.reason, record, glance.tasks(image_id) if record else ()) from error
    if record is None:  # `done` has ruled it out
        raise ImportFailed("the image is gone", None)
    return record
