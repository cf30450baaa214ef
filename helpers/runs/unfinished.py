"""Imports and copies that Glance has not finished, and that may still write an image's data.

If the image is deleted meanwhile, Glance continues, and notices the missing record only when the data is written. A
protected RBD image without a record remains. Source: glance/async_/flows/api_image_import.py.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, datetime

from helpers.nodes.containers import list_containers
from helpers.nodes.runner import CommandFailed, DeadlinePassed, Unreachable
from helpers.openstack.glance import Glance
from helpers.openstack.records import ImageRecord, Task
from helpers.runs.deployment import Deployment
from helpers.runs.ledger import Entry


@dataclass(frozen=True)
class Unfinished:
    """An unfinished import or copy: its tasks if Glance shows them, and `why` in words."""

    tasks: tuple[str, ...]
    why: str
    reproduce: str


class Imports:
    """The imports of a run's images, as the Glance service of the central site reports them."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    @property
    def _glance(self) -> Glance:
        return self._deployment.cloud.glance(self._deployment.environment.central)

    def of(self, record: ImageRecord) -> Unfinished | None:
        """What may still write this image; None if nothing can.

        If Glance has no API for tasks (before Wallaby), the record alone decides.
        """
        reproduce = self._glance.command(f"/v2/images/{record.id}/tasks")
        tasks = self._glance.tasks(record.id)
        if tasks is None:
            going = record.importing_to or record.import_task or record.status == "importing"
            return Unfinished((), f"the import has not ended: {record}", record.reproduce) if going else None
        return self._alive(tasks, f", of {record}", reproduce)

    def noted(self, entry: Entry) -> Unfinished | None:
        """The same for an image that somebody else has deleted, judged by the tasks that an earlier clean-up noted."""
        tasks = tuple(task for id in entry.tasks if (task := self._glance.task(id)))
        return self._alive(tasks, "", self._glance.command(f"/v2/tasks/{tasks[0].id}")) if tasks else None

    def _alive(self, tasks: tuple[Task, ...], what: str, reproduce: str) -> Unfinished | None:
        going = [task for task in tasks if not task.ended and not self._died(task)]
        if not going:
            return None
        said = ", ".join(f"{task.id} is {task.status}" for task in going)
        return Unfinished(tuple(task.id for task in going), f"import task {said}{what}", reproduce)

    def _died(self, task: Task) -> bool:
        """Whether every Glance service that could run the task was restarted since it was last noted."""
        if not task.updated or self._running_since is None:
            return False
        return datetime.fromisoformat(task.updated).replace(tzinfo=UTC).timestamp() < self._running_since

    @functools.cached_property
    def _running_since(self) -> int | None:
        """When the first of the central Glance services was started; None if that cannot be found out."""
        environment, nodes = self._deployment.environment, self._deployment.nodes
        container, started = environment.central.services.glance.container, []
        for spec in environment.central.nodes_with("glance"):
            try:
                found = list_containers(nodes[spec.name]).service(container) if container else None
            except (Unreachable, DeadlinePassed, CommandFailed):
                return None
            if found is None or found.started is None:
                return None
            started.append(found.started)
        return min(started, default=None)
