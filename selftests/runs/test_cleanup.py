"""Clean-up records as gone only what is gone everywhere and can no longer be written. All else is a leak."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from keystoneauth1.exceptions import ConnectTimeout

from helpers.ceph.cluster import Cluster
from helpers.ceph.clusters import Clusters
from helpers.environment import Ceph, NodeSpec, Site
from helpers.nodes.node import CommandFailed, Completed, DeadlinePassed
from helpers.openstack.records import ImageRecord, Task
from helpers.runs.cleanup import remove, remove_all
from helpers.runs.ledger import Ledger

STOPPED = "Error: can only create exec sessions on running containers: container state improper"
SITES = ("central", "dcn0")


class FakeNode:
    """A monitor's node, whose cluster contains `data`. `problem` is what it prints or raises instead."""

    def __init__(self, name: str) -> None:
        self.name = self.hostname = name
        self.data: set[str] = set()
        self.problem: str | Exception = ""
        self.asked = 0

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        self.asked += 1
        if isinstance(self.problem, Exception):
            raise self.problem
        words = argv[argv.index("rbd") :] if "rbd" in argv else ()
        answer: object = {"fsid": self.name}
        if words:
            here = self.data if "images" in words and "trash" not in words else ()
            answer = [{"image": name, "size": 1} for name in here]
        status, said = (255, f"{self.problem}\n") if self.problem else (0, "")
        reproduce = f"ssh {self.name} {' '.join(argv)}"
        return Completed(self.name, argv, "", status, json.dumps(answer), said, reproduce)

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        completed = self.run(*argv, deadline=deadline)
        if completed.exit_status:
            raise CommandFailed(completed)
        return completed


class FakeGlance:
    """Images by id. A deletion removes their data from the clusters, too."""

    def __init__(self, nodes: dict[str, FakeNode]) -> None:
        self._nodes = nodes
        self.images: dict[str, ImageRecord] = {}
        self.tasks_of: dict[str, tuple[Task, ...] | None] = {}
        self.deleted: list[str] = []

    def holds(self, image_id: str, *sites: str, importing_to: str = "", tasks: tuple[Task, ...] | None = ()) -> None:
        body = {"id": image_id, "name": image_id, "status": "active", "stores": ",".join(sites)}
        body |= {"disk_format": "raw", "container_format": "bare", "size": 1, "checksum": None}
        self.images[image_id] = ImageRecord.from_api(body | {"os_glance_importing_to_stores": importing_to}, "show")
        self.tasks_of[image_id] = tasks
        for site in sites:
            self._nodes[site].data.add(image_id)

    def image(self, image_id: str) -> ImageRecord | None:
        return self.images.get(image_id)

    def owned(self, prefix: str) -> list[tuple[str, str]]:
        return [(id, id) for id in self.images if id.startswith(prefix)]

    def tasks(self, image_id: str) -> tuple[Task, ...] | None:
        return self.tasks_of[image_id]

    def task(self, task_id: str) -> Task | None:
        return next((task for tasks in self.tasks_of.values() for task in tasks or () if task.id == task_id), None)

    def command(self, path: str) -> str:
        return f"curl {path}"

    def delete(self, image_id: str) -> None:
        self.deleted.append(image_id)
        del self.images[image_id]
        for node in self._nodes.values():
            node.data.discard(image_id)


class Lab:
    """Two sites, central's Glance, and a ledger in a folder."""

    def __init__(self, folder: Path, delete: float = 0.4) -> None:
        self.nodes = {name: FakeNode(name) for name in SITES}
        self.glance = FakeGlance(self.nodes)
        self.nova = SimpleNamespace(
            server=lambda id: None,
            named=lambda prefix: [],
            command=lambda *words: " ".join(words),
            delete=lambda id: None,
            has_flavor=lambda id: False,
            delete_flavor=lambda id: None,
        )
        sites = [self._site(name) for name in SITES]
        environment = SimpleNamespace(
            central=sites[0],
            storage_sites=sites,
            timeouts=SimpleNamespace(delete=delete, api=60),
            ssh=SimpleNamespace(deadline=60),
            services=SimpleNamespace(glance=SimpleNamespace(container=None)),
            cloud="cloud",
        )
        cloud = SimpleNamespace(
            glance=lambda site: self.glance,
            nova=self.nova,
            neutron=SimpleNamespace(),
            cinder=SimpleNamespace(volumes=list, command=lambda *words: ""),
            environment=environment,
        )
        clusters = Clusters({site.name: Cluster(site, [self.nodes[site.name]]) for site in sites})
        self.deployment: Any = SimpleNamespace(
            environment=environment, cloud=cloud, clusters=clusters, nodes={}, tenant=None
        )
        self.ledger = Ledger(folder / "ledger.jsonl")

    @staticmethod
    def _site(name: str) -> Site:
        ceph = Ceph.model_validate({"cluster": name, "runtime": "podman"})
        nodes = (NodeSpec(name, "192.0.2.20", ("ceph-mon",), name),)
        return Site(name, name == "central", name, name, name, None, f"http://{name}:9292", ceph, nodes)

    def left(self) -> set[str | None]:
        """The ids that a later run will look for."""
        return {entry.id for entry in Ledger(self.ledger.path).pending()}


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_what_is_gone_from_the_api_and_every_cluster_is_noted_so(lab: Lab):
    lab.glance.holds("8083", *SITES)
    lab.ledger.plan("image", "guest", id="8083")

    assert remove(lab.ledger, lab.deployment) == []
    assert lab.left() == set()


def test_an_image_that_glance_still_writes_is_not_deleted_and_not_gone(lab: Lab):
    lab.glance.holds("8083", "central", importing_to="dcn0", tasks=(Task("t1", "processing", ""),))
    lab.ledger.plan("image", "guest", id="8083")

    (leak,) = remove(lab.ledger, lab.deployment)

    assert (lab.glance.deleted, lab.left()) == ([], {"8083"})
    assert leak.problem.startswith(
        "dcn0: expected: gone; seen: not deleted, as Glance may still write it: import task t1"
    )
    assert (leak.sites, leak.reproduce) == (("dcn0",), "curl /v2/images/8083/tasks")


def test_it_is_deleted_when_its_import_has_ended(lab: Lab):
    lab.glance.holds("8083", *SITES, importing_to="dcn0", tasks=(Task("t1", "failure", ""),))
    lab.ledger.plan("image", "guest", id="8083")

    assert remove(lab.ledger, lab.deployment) == []
    assert lab.glance.deleted == ["8083"]


def test_where_glance_tells_of_no_tasks_the_record_says_what_is_under_way(lab: Lab):
    lab.glance.holds("8083", "central", importing_to="dcn0", tasks=None)
    lab.glance.holds("8084", "central", tasks=None)
    for id in ("8083", "8084"):
        lab.ledger.plan("image", f"guest-{id}", id=id)

    assert [leak.id for leak in remove(lab.ledger, lab.deployment)] == ["8083"]
    assert lab.glance.deleted == ["8084"]


@pytest.mark.parametrize(("status", "left"), [("processing", {"8083"}), ("success", set())])
def test_a_record_that_somebody_else_deleted_is_unknown_while_its_task_goes_on(lab: Lab, status: str, left: set[str]):
    with lab.ledger.asking("image", "guest", id="8083") as entry:
        pass
    lab.ledger.unfinished(replace(entry, asked=0.0), ["t1"])
    lab.glance.tasks_of["8083"] = (Task("t1", status, ""),)

    assert {leak.id for leak in remove(lab.ledger, lab.deployment)} == left
    assert lab.left() == left


def test_an_image_in_a_cluster_that_serves_nobody_is_not_deleted(lab: Lab):
    """An image in a cluster that does not serve is not deleted, because Glance would block a worker. Others are."""
    lab.glance.holds("8083", *SITES)
    lab.glance.holds("8084", "central")
    for id in ("8083", "8084"):
        lab.ledger.plan("image", f"guest-{id}", id=id)
    lab.nodes["dcn0"].problem = STOPPED

    kept, unsure = remove(lab.ledger, lab.deployment)

    assert (lab.glance.deleted, lab.left()) == (["8084"], {"8083", "8084"})
    assert kept.problem.endswith(f"the cluster of dcn0, which gives no answer: dcn0: exit status 255: {STOPPED}")
    assert unsure.problem.startswith("dcn0: expected: gone; seen: deleted by the API, but the site's cluster")
    assert "rbd --cluster dcn0 -p images ls -l" in kept.reproduce
    assert {leak.sites for leak in (kept, unsure)} == {("dcn0",)}


def test_what_nobody_could_tell_is_looked_for_again(lab: Lab):
    lab.glance.holds("8084", "central")
    with lab.ledger.asking("image", "guest", id="8084"):
        lab.nodes["dcn0"].problem = STOPPED
    remove(lab.ledger, lab.deployment)
    lab.nodes["dcn0"].problem = ""
    later = Ledger(lab.ledger.path)

    assert remove(later, lab.deployment) == []
    assert lab.left() == set()


def test_a_silent_rbd_costs_its_deadline_once(lab: Lab):
    """A silent rbd costs its deadline once: each of the three pools is queried one time, however much is left."""
    lab.nodes["dcn0"].problem = DeadlinePassed("dcn0", "ssh dcn0 rbd ls", 50.0)
    for number in range(40):
        lab.glance.holds(f"808{number}", "central")
        lab.ledger.plan("image", f"guest-{number}", id=f"808{number}")

    (leak,) = remove(lab.ledger, lab.deployment)

    assert lab.nodes["dcn0"].asked == 3
    assert leak.name == "guest-39 and 39 more"
    assert (leak.reproduce, leak.sites) == ("ssh dcn0 rbd ls", ("dcn0",))


def test_a_silent_nova_keeps_no_image_from_being_deleted(lab: Lab):
    never = threading.Event()
    lab.nova.delete = lambda id: never.wait()
    lab.glance.holds("8083", "central")
    lab.ledger.plan("server", "pet", id="7001")
    lab.ledger.plan("image", "guest", id="8083")

    (leak,) = remove(lab.ledger, lab.deployment)
    never.set()

    assert (leak.kind, leak.problem) == ("server", "central: expected: gone; seen: no answer (after 0.4 s)")
    assert lab.left() == {"7001"}


def test_a_resource_whose_id_never_came_back_is_found_by_its_name(lab: Lab):
    servers = [("7001", "pet"), ("7002", "pet")]
    lab.nova.named = lambda prefix: list(servers)
    lab.nova.delete = lambda id: servers.remove((id, "pet"))
    lab.nodes["dcn0"].data = {"7002_disk"}
    lab.ledger.plan("server", "pet")

    (leak,) = remove(lab.ledger, lab.deployment)

    assert servers == []
    assert leak.problem.endswith("deleted by the API, and still in the clusters: images/7002_disk at dcn0")


@pytest.mark.parametrize(("planned_before", "left"), [(0.0, {None}), (120.0, set())])
def test_what_was_asked_for_just_now_may_still_come(lab: Lab, planned_before: float, left: set[None]):
    lab.ledger.plan("server", "pet")
    text = lab.ledger.path.read_text()
    record = json.loads(text)
    lab.ledger.path.write_text(json.dumps(record | {"asked": record["asked"] - planned_before}) + "\n")

    remove(Ledger(lab.ledger.path), lab.deployment)

    assert lab.left() == left


def test_an_image_whose_creation_was_not_answered_may_still_come(lab: Lab):
    with pytest.raises(ConnectTimeout), lab.ledger.asking("image", "guest", id="8083"):
        raise ConnectTimeout("no answer")

    (leak,) = remove(lab.ledger, lab.deployment)

    assert "its service has not answered: it may still come" in leak.problem
    assert lab.left() == {"8083"}


def test_what_cinder_does_not_tell_of_is_a_leak(lab: Lab):
    never = threading.Event()
    lab.deployment.cloud.cinder.volumes = never.wait
    lab.ledger.plan("server", "pet", id="7001")

    (leak,) = remove(lab.ledger, lab.deployment)
    never.set()

    assert leak.problem == "cannot tell whether Nova has made any that is left: no answer"


def test_cinder_has_time_to_answer_when_a_server_takes_all_of_it(lab: Lab):
    """A server that takes all the time is a leak, and Cinder, which answers, is not called silent."""

    def volumes() -> list[Any]:
        threading.Event().wait(0.2)
        return []

    lab.deployment.cloud.cinder.volumes = volumes
    with pytest.raises(ConnectTimeout), lab.ledger.asking("server", "pet"):
        raise ConnectTimeout("no answer")

    assert [(leak.kind, leak.name) for leak in remove(lab.ledger, lab.deployment)] == [("server", "pet")]


def test_the_ledgers_of_several_runs_are_cleaned_at_once(lab: Lab, tmp_path: Path):
    other = Ledger(tmp_path / "other.jsonl")
    for ledger, id in ((lab.ledger, "8083"), (other, "8084")):
        lab.glance.holds(id, *SITES)
        ledger.plan("image", f"guest-{id}", id=id)
    lab.nodes["dcn0"].problem = STOPPED

    found = remove_all([lab.ledger, other], lab.deployment)

    assert {path.name: [leak.id for leak in leaks] for path, leaks in found.items()} == {
        "ledger.jsonl": ["8083"],
        "other.jsonl": ["8084"],
    }


def _raises(error: Exception) -> Callable[[str], None]:
    def delete(id: str) -> None:
        raise error

    return delete


def test_a_mistake_of_ours_is_a_leak_and_no_traceback(lab: Lab):
    lab.nova.delete = _raises(ValueError("a mistake"))
    lab.ledger.plan("server", "pet", id="7001")

    (leak,) = remove(lab.ledger, lab.deployment)

    assert "ValueError: a mistake" in leak.problem


def test_a_flavor_is_gone_though_a_cluster_gives_no_answer(lab: Lab):
    """It has no data anywhere."""
    lab.nodes["dcn0"].problem = DeadlinePassed("dcn0", "ssh dcn0 rbd ls", 50.0)
    lab.ledger.plan("flavor", "tiny", id="1")

    assert (remove(lab.ledger, lab.deployment), lab.left()) == ([], set())
