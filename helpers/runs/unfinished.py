"""What may still write an image's data: imports and copies that Glance has not ended.

An image that is deleted meanwhile leaves a protected RBD image that no record tells of: Glance goes on, and finds the
record gone only when the data is there. Source: glance/async_/flows/api_image_import.py.
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
    """An import or copy that has not ended: its tasks where Glance tells of them, and `why` in words."""

    tasks: tuple[str, ...]
    why: str
    reproduce: str


class Imports:
    """What central's Glance says of the imports of a run's images."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment

    @property
    def _glance(self) -> Glance:
        return self._deployment.cloud.glance(self._deployment.environment.central)

    def of(self, record: ImageRecord) -> Unfinished | None:
        """What may still write this image; None when nothing does.

        Where Glance tells of no tasks (before Wallaby), the record alone says it.
        """
        reproduce = self._glance.command(f"/v2/images/{record.id}/tasks")
        tasks = self._glance.tasks(record.id)
        if tasks is None:
            going = record.importing_to or record.import_task or record.status == "importing"
            return Unfinished((), f"the import has not ended: {record}", record.reproduce) if going else None
        return self._alive(tasks, f", of {record}", reproduce)

    def noted(self, entry: Entry) -> Unfinished | None:
        """The same of an image that somebody else has deleted: by the tasks that an earlier clean-up noted."""
        tasks = tuple(task for id in entry.tasks if (task := self._glance.task(id)))
        return self._alive(tasks, "", self._glance.command(f"/v2/tasks/{tasks[0].id}")) if tasks else None

    def _alive(self, tasks: tuple[Task, ...], what: str, reproduce: str) -> Unfinished | None:
        going = [task for task in tasks if not task.ended and not self._died(task)]
        if not going:
            return None
        said = ", ".join(f"{task.id} is {task.status}" for task in going)
        return Unfinished(tuple(task.id for task in going), f"import task {said}{what}", reproduce)

    def _died(self, task: Task) -> bool:
        """Whether every Glance that could carry the task out was restarted since it was noted last."""
        if not task.updated or self._running_since is None:
            return False
        return datetime.fromisoformat(task.updated).replace(tzinfo=UTC).timestamp() < self._running_since

    @functools.cached_property
    def _running_since(self) -> int | None:
        """When the first of central's Glances was started; None where that cannot be found out."""
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
