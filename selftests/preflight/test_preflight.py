"""The preflight on a fake deployment: its questions, the meaning of each answer, and the stages that it blocks."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from keystoneauth1.exceptions import ConnectFailure, EndpointNotFound
from openstack.exceptions import HttpException, NotFoundException

from helpers.ceph.cluster import Cluster
from helpers.engine.stages import Registry, StageKey
from helpers.environment import Environment, NodeSpec, load_environment
from helpers.nodes.node import CommandFailed, Completed, DeadlinePassed, Unreachable
from helpers.openstack.login import Endpoint
from helpers.preflight.blockers import Answers, Asks, Blockers, reads, reads_in
from helpers.preflight.probes import expected_containers
from helpers.preflight.results import PREREQUISITES, Preflight, Probed
from helpers.preflight.survey import survey
from helpers.preflight.table import in_one_line, rendered
from helpers.runs.deployment import Deployment

PODMAN = "podman ps --all --format json"
NETWORK_ID = "0c1f9d2e-6f7a-4c2b-9a51-6f0f6b1d2c3a"
ROLES = ["glance", "ceph-mon", "compute"]


def running(*names: str, stopped: tuple[str, ...] = ()) -> tuple[int, str, str]:
    rows = [{"Names": [name], "State": "running"} for name in names]
    rows += [{"Names": [name], "State": "exited"} for name in stopped]
    return 0, json.dumps(rows), ""


class FakeNode:
    """A node on which all is well, except for the given answers."""

    def __init__(self, spec: NodeSpec, answers: Mapping[str, Any]) -> None:
        self.spec, self.name, self.hostname = spec, spec.name, spec.name
        mon = f"ceph-mon-{spec.name}"
        usual = {
            "without sudo": (0, "", ""),
            "true": (0, "", ""),
            PODMAN: running("glance_api", "nova_compute", mon),
            "rbd": (0, '["i"]', ""),
        }
        self.answers = {**usual, **answers}

    def run(self, *argv: str, deadline: float | None = None, sudo: bool = True) -> Completed:
        words = " ".join(argv)
        answer = self.answers["rbd" if "rbd" in argv else words if sudo else "without sudo"]
        if isinstance(answer, Exception):
            raise answer
        status, stdout, stderr = answer
        return Completed(self.name, argv, words, status, stdout, stderr, f"ssh {self.name} {words}")

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        completed = self.run(*argv, deadline=deadline)
        if completed.exit_status:
            raise CommandFailed(completed)
        return completed


class FakeGlance:
    def __init__(self, site: Any, answer: Any) -> None:
        self.site, self.answer, self.internal = site, answer, None

    def command(self, path: str) -> str:
        return f"curl {self.site.glance}{path}"

    def status(self, path: str, timeout: float) -> int:
        if isinstance(self.answer, Exception):
            raise self.answer
        if isinstance(self.answer, threading.Event):
            self.answer.wait(300)
            return 200
        return int(self.answer)


class FakeApi:
    """The service list of Nova or Cinder, or the error instead of it, and one flavor."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def flavor_id(self, name: str) -> str:
        self.services()
        if name != "tiny":
            raise NotFoundException(f"No Flavor found for {name}")
        return "1"

    def flavors(self) -> tuple[str, ...]:
        return ("tiny",)

    def services(self) -> tuple[()]:
        if isinstance(self.answer, Exception):
            raise self.answer
        return ()

    def command(self, *words: str) -> str:
        return " ".join(("openstack", *words))


class FakeCloud:
    """A cloud with these services in its catalog. `answers`: service → its answer instead of the usual one."""

    def __init__(self, services: tuple[str, ...], glances: Mapping[str, Any], answers: Mapping[str, Any]) -> None:
        self.services, self.glances, self.answers = services, glances, answers
        self.nova, self.cinder = FakeApi(answers.get("compute")), FakeApi(answers.get("volume"))

    def networks(self) -> frozenset[str]:
        answer = self.answers.get("network", frozenset())
        if isinstance(answer, Exception):
            raise answer
        return frozenset(answer)

    def endpoints(self) -> tuple[Endpoint, ...]:
        return tuple(Endpoint(service, "public", "regionOne", "http://192.0.2.10") for service in self.services)

    def glance(self, site: Any) -> FakeGlance:
        return FakeGlance(site, self.glances.get(site.name, 200))


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    def site(number: int, name: str, **keys: object) -> dict[str, object]:
        address = f"192.0.2.{10 * number}"
        ceph = {"cluster": name, "runtime": "podman"}
        nodes = {f"{name}-0": {"address": address, "roles": ROLES}}
        return {"availability_zone": name, "glance": f"http://{address}:9292", "ceph": ceph, "nodes": nodes, **keys}

    sites = {
        "central": site(1, "central", central=True, store="default_backend"),
        "dcn0": site(2, "dcn0", store="dcn0"),
        "dcn1": site(3, "dcn1", store="dcn1"),
    }
    declared = {"cloud": "dcn", "image": {"uri": "http://192.0.2.10/g"}, "flavor": "tiny", "sites": sites}
    path = tmp_path / "environment.yaml"
    path.write_text(yaml.safe_dump(declared, sort_keys=False))
    return load_environment(path)


def deployed(
    environment: Environment,
    *,
    answers: Mapping[str, Mapping[str, Any]] | None = None,
    services: tuple[str, ...] = ("image", "compute", "block-storage", "network"),
    glances: Mapping[str, Any] | None = None,
    apis: Mapping[str, Any] | None = None,
    unreachable: Mapping[str, Unreachable] | None = None,
) -> Deployment:
    nodes: dict[str, Any] = {
        spec.name: FakeNode(spec, (answers or {}).get(spec.name, {})) for spec in environment.nodes
    }
    clusters = {
        site.name: Cluster(site, [nodes[spec.name] for spec in site.nodes]) for site in environment.storage_sites
    }
    cloud: Any = FakeCloud(services, glances or {}, apis or {})
    return Deployment(environment, cloud, nodes, clusters, unreachable or {})


def seen(found: Preflight) -> dict[str, str]:
    return {one.key: one.problem for one in found.findings}


def test_all_is_ready(environment: Environment):
    found = survey(deployed(environment))

    assert found.good
    assert len(found.probed) == 4 + 3 * 6
    assert {one.outcome for one in found.probed} == {"passed"}
    assert in_one_line(found).startswith("preflight: 3 sites ready; 22 probes in ")


def test_refused_sudo_is_said_once(environment: Environment):
    refused = (1, "", "sudo: a password is required\n")

    found = survey(deployed(environment, answers={"dcn1-0": {"true": refused, PODMAN: refused, "rbd": refused}}))

    assert seen(found) == {"preflight[dcn1-0-sudo]": "refused: sudo: a password is required"}
    assert (found.cell("dcn1", "containers"), found.cell("dcn1", "rbd")) == ("blocked",) * 2
    assert found.of("dcn1", "rbd")[0].because == "preflight[dcn1-0-sudo]"
    assert found.findings[0].outcome == "unknown"
    assert found.findings[0].reproduce == ("ssh dcn1-0 true",)


def test_an_unreachable_node_is_said_once(environment: Environment):
    silent = Unreachable("dcn0-0", "192.0.2.20:22", "timed out", "ssh dcn0-0")

    found = survey(deployed(environment, answers={"dcn0-0": {"rbd": silent}}, unreachable={"dcn0-0": silent}))

    assert seen(found) == {"preflight[dcn0-0-ssh]": "timed out"}
    assert found.cell("dcn0", "rbd") == "blocked"


def test_a_stopped_monitor_is_the_reason_why_rbd_does_not_answer(environment: Environment):
    answers = {
        PODMAN: running("glance_api", "nova_compute", stopped=("ceph-mon-dcn1-0",)),
        "rbd": (255, "", "Error: can only create exec sessions on running containers: container state improper\n"),
    }

    found = survey(deployed(environment, answers={"dcn1-0": answers}))

    assert seen(found) == {
        "preflight[dcn1-0-containers]": (
            "not running: ceph-mon-dcn1-0 or ceph-FSID-mon-dcn1-0; "
            "there are ceph-mon-dcn1-0 (exited), glance_api, nova_compute"
        )
    }
    assert found.findings[0].judge == "ceph_cluster[dcn1]"


def test_a_cluster_that_does_not_answer_is_a_finding_of_its_own(environment: Environment):
    hung = DeadlinePassed("dcn1-0", "ssh dcn1-0 rbd", 9.0)

    found = survey(deployed(environment, answers={"dcn1-0": {"rbd": hung}}))

    assert seen(found) == {"preflight[dcn1-rbd]": "dcn1-0 did not answer within 9 s"}


def test_what_does_not_answer_in_time_says_so(environment: Environment):
    never = threading.Event()

    found = survey(deployed(environment, glances={"dcn0": never, "dcn1": 503}), deadline=3.0)
    never.set()

    assert seen(found) == {
        "preflight[dcn0-glance]": "no answer within 3 s",
        "preflight[dcn1-glance]": "http://192.0.2.30:9292 answers 503",
    }
    assert [one.outcome for one in found.findings] == ["unknown", "failed"]
    assert found.seconds < 60


def test_what_a_library_makes_of_an_answer_takes_no_other_with_it(environment: Environment):
    found = survey(deployed(environment, apis={"volume": KeyError("binary")}))

    assert seen(found) == {"preflight[central-volume]": "KeyError: 'binary'"}
    assert found.findings[0].outcome == "unknown"


def test_the_catalog_leads_to_what_the_run_uses(environment: Environment):
    gone = EndpointNotFound("public endpoint for block-storage service not found")

    found = survey(deployed(environment, services=("image", "compute", "network"), apis={"volume": gone}))

    assert seen(found) == {"preflight[central-catalog]": "no endpoint of volume; there are compute, image, network"}
    assert found.of("central", "volume")[0].because == "preflight[central-catalog]"


def test_an_api_that_is_down_is_one_finding(environment: Environment):
    refused = ConnectFailure("Unable to establish connection to http://192.0.2.10:9696: Connection refused")

    found = survey(deployed(environment, apis={"network": refused}))

    assert seen(found) == {"preflight[central-network]": str(refused)}
    assert [found.cell(site, "network") for site in found.rows] == ["failed", "blocked", "blocked"]
    assert found.findings[0].judge is None


@pytest.mark.parametrize("service", ["compute", "volume"])
def test_an_api_whose_services_are_listed_by_a_claim_too_is_told_there(environment: Environment, service: str):
    answered = requests.Response()
    answered.status_code, answered.request = 503, requests.Request("GET", "http://192.0.2.10/os-services").prepare()

    found = survey(deployed(environment, apis={service: HttpException(response=answered, details="no server")}))

    assert seen(found) == {f"preflight[central-{service}]": "GET http://192.0.2.10/os-services: HTTP 503 no server"}
    assert found.findings[0].judge == "services"


def test_apis_that_are_down_alike_are_a_finding_each(environment: Environment):
    down = dict.fromkeys(("compute", "volume", "network"), ConnectFailure("Connection refused"))

    found = survey(deployed(environment, apis=down))

    assert set(seen(found)) == {f"preflight[central-{name}]" for name in down}
    assert found.cell("dcn1", "network") == "blocked"


def test_a_site_s_network_must_be_there(environment: Environment):
    environment = replace(environment, network="{site}-network")

    found = survey(deployed(environment, apis={"network": {"central-network", "dcn0-network", NETWORK_ID}}))

    assert seen(found) == {
        "preflight[dcn1-network]": f"no network 'dcn1-network', which {environment} names; "
        "there are central-network, dcn0-network"
    }


def test_a_flavor_that_is_not_there_is_one_line_with_those_that_are(environment: Environment):
    environment = replace(environment, flavor="tinny")

    found = survey(deployed(environment))

    assert seen(found) == {"preflight[central-flavor]": f"no flavor 'tinny', which {environment} names; there are tiny"}
    assert found.findings[0].outcome == "failed"


def without_role(environment: Environment, name: str, role: str) -> Environment:
    """The environment in which no node of this site has the role."""
    declared = yaml.safe_load(environment.path.read_text())
    for node in declared["sites"][name]["nodes"].values():
        node["roles"] = [other for other in node["roles"] if other != role]
    environment.path.write_text(yaml.safe_dump(declared, sort_keys=False))
    return load_environment(environment.path)


@pytest.mark.parametrize(("role", "cell"), [("glance", "roles"), ("ceph-mon", "rbd")])
def test_a_role_that_no_node_has_is_told_before_anything_is_looked_for(environment: Environment, role: str, cell: str):
    """Of a site with storage; nobody could say anything of what runs there."""
    environment = without_role(environment, "dcn1", role)
    found = survey(deployed(environment))

    assert seen(found) == {
        f"preflight[dcn1-{cell}]": f"no node has the role {role} in {environment}: name those that have it at "
        "sites.dcn1.nodes"
    }
    assert (found.findings[0].outcome, found.cell("dcn0", "roles")) == ("unknown", None)
    assert found.findings[0].reproduce == (f"grep -nE '^ *dcn1:|roles' {environment}",)


def test_without_a_flavor_nothing_is_booted_and_no_such_api_asked(environment: Environment):
    down = ConnectFailure("Connection refused")

    found = survey(
        deployed(replace(environment, flavor=None), apis=dict.fromkeys(("compute", "volume", "network"), down))
    )

    assert found.good


def test_a_glance_behind_a_node_that_nobody_can_log_in_to_is_one_finding(environment: Environment):
    """The node is the finding; whether the Glance answers is not looked at."""
    silent = Unreachable("dcn0-0", "192.0.2.20", "no route to host")
    sites = tuple(replace(site, via="dcn0-0") if site.name == "dcn0" else site for site in environment.sites)
    behind = replace(environment, sites=sites)

    found = survey(deployed(behind, glances={"dcn0": silent}, unreachable={"dcn0-0": silent}))

    assert [str(one) for one in found.findings] == ["dcn0, dcn0-0: ssh: no route to host"]
    assert found.of("dcn0", "glance")[0].because == "preflight[dcn0-0-ssh]"


def test_a_pod_that_is_not_there_is_a_node_that_cannot_be_reached(environment: Environment):
    """What leads to it says so; whether its service is well is not known."""
    gone = (1, "", 'Error from server (NotFound): pods "glance-0" not found\n')

    found = survey(deployed(environment, answers={"dcn1-0": {"without sudo": gone}}))

    (finding,) = (one for one in found.findings if one.node == "dcn1-0")
    assert (finding.prerequisite, finding.outcome) == ("ssh", "unknown")
    assert finding.problem == 'Error from server (NotFound): pods "glance-0" not found'


def test_the_table_says_each_finding_once_and_how_to_see_it(environment: Environment):
    shown = rendered(survey(deployed(environment, glances={"dcn1": 503})), plain=True)

    rows = [line.split() for line in shown.splitlines()]
    assert rows[0] == ["site", *(one for one in PREREQUISITES if one != "roles")]
    assert rows[1] == ["central", *["ok"] * 10, "podman"]
    assert rows[3] == ["dcn1", "ok", "FAILED", *["ok"] * 4, "podman"]
    assert shown.splitlines()[-2:] == [
        "FAILED dcn1: glance: http://192.0.2.30:9292 answers 503",
        "  reproduce: curl http://192.0.2.30:9292/v2/info/import",
    ]


@pytest.mark.parametrize(
    ("site", "expected"), [("central", ()), ("dcn0", ("cinder_volume",))], ids=["active-passive", "active-active"]
)
def test_a_volume_service_may_be_on_one_of_central_s_nodes(
    environment: Environment, site: str, expected: tuple[str, ...]
):
    nodes = tuple(NodeSpec(f"{site}-{number}", f"192.0.2.{number}", ("cinder-volume",), site) for number in (1, 2))
    sites = tuple(replace(each, nodes=nodes) if each.name == site else each for each in environment.sites)

    assert expected_containers(replace(environment, sites=sites), nodes[1]) == expected


# --- the stages that a finding blocks


def site_fact(site: object) -> str:
    return ""


def copied(images: object, site: object) -> str:
    return ""


def booted(servers: object, site: object) -> str:
    return ""


def filled(volumes: object, site: object) -> str:
    return ""


REGISTRY = Registry(axes=("site",))
JUDGE = REGISTRY.add(site_fact)
COPY = REGISTRY.add(copied)
BOOT = REGISTRY.add(booted)
FILL = REGISTRY.add(filled)


def held_up(environment: Environment, stage: Any, site: str, *findings: Probed) -> str | None:
    blockers = Blockers(Preflight(findings, 1.0), environment)
    found = blockers(stage, StageKey(stage.name, (("site", site),)))
    return found.key if found else None


def test_what_acts_needs_every_cluster_and_central_s_glance(environment: Environment):
    cluster, glance = Probed("dcn1", "rbd", None, "failed"), Probed("dcn1", "glance", None, "failed")
    central = Probed("central", "glance", None, "failed")

    assert held_up(environment, COPY, "dcn0", cluster) == "preflight[dcn1-rbd]"
    assert held_up(environment, COPY, "dcn1", glance) is None
    assert held_up(environment, COPY, "dcn0", central) == "preflight[central-glance]"


def test_what_boots_needs_the_site_s_own_glance(environment: Environment):
    glance = Probed("dcn1", "glance", None, "failed")

    assert held_up(environment, BOOT, "dcn1", glance) == "preflight[dcn1-glance]"
    assert held_up(environment, BOOT, "dcn0", glance) is None


@pytest.mark.parametrize(
    ("site", "prerequisite", "held"),
    [
        ("central", "compute", [BOOT]),
        ("central", "flavor", [BOOT]),
        ("central", "volume", [FILL]),
        ("dcn1", "network", [BOOT]),
        ("central", "network", []),
    ],
)
def test_a_stage_needs_the_apis_that_it_uses(environment: Environment, site: str, prerequisite: Any, held: list[Any]):
    finding = Probed(site, prerequisite, None, "failed")

    assert [stage for stage in (COPY, BOOT, FILL) if held_up(environment, stage, "dcn1", finding)] == held


def test_what_judges_a_finding_is_not_held_up_by_it(environment: Environment):
    findings = [Probed("dcn1", name, None, "failed") for name in ("glance", "rbd")]  # type: ignore[arg-type]

    assert held_up(environment, JUDGE, "dcn1", *findings) is None


@pytest.mark.parametrize(
    ("requirement", "finding", "held"),
    [
        (reads("site", "glance"), Probed("dcn1", "sudo", "dcn1-0", "unknown"), True),
        (reads("site", "cinder-volume"), Probed("dcn1", "sudo", "dcn1-0", "unknown"), False),
        (reads("central", "glance"), Probed("dcn1", "sudo", "dcn1-0", "unknown"), False),
        (reads_in("site", "glance"), Probed("dcn1", "containers", "dcn1-0", "failed", missing=("glance_api",)), True),
        (reads_in("site", "glance"), Probed("dcn1", "containers", "dcn1-0", "failed", missing=("ceph-mon",)), False),
        (reads("site", "glance"), Probed("dcn1", "containers", "dcn1-0", "failed", missing=("glance_api",)), False),
        (Answers("site"), Probed("dcn1", "rbd", None, "failed"), True),
        (Answers("central"), Probed("dcn1", "rbd", None, "failed"), False),
    ],
)
def test_a_stage_is_held_up_by_what_it_requires(
    environment: Environment, requirement: Any, finding: Probed, held: bool
):
    registry = Registry(axes=("site",))
    stage = registry.add(site_fact, requires=(requirement,))

    assert (held_up(environment, stage, "dcn1", finding) is not None) == held


def test_a_stage_names_the_finding_behind_what_was_not_looked_at(environment: Environment):
    sudo = Probed("dcn1", "sudo", "dcn1-0", "unknown")
    rbd = Probed("dcn1", "rbd", None, "blocked", because=sudo.key)

    assert held_up(environment, COPY, "dcn1", sudo, rbd) == "preflight[dcn1-0-sudo]"


def test_a_cluster_is_judged_unless_nobody_could_look(environment: Environment):
    registry = Registry(axes=("site",))
    stage = registry.add(site_fact, requires=(Asks("site"),))
    sudo, mon = Probed("dcn1", "sudo", "dcn1-0", "unknown"), Probed("dcn1", "containers", "dcn1-0", "failed")

    def behind(finding: Probed) -> Probed:
        return Probed("dcn1", "rbd", None, "blocked", because=finding.key)

    assert held_up(environment, stage, "dcn1", sudo, behind(sudo)) == sudo.key
    assert held_up(environment, stage, "dcn1", mon, behind(mon)) is None
    assert held_up(environment, stage, "dcn1", Probed("dcn1", "rbd", None, "failed")) is None
    assert held_up(environment, stage, "dcn1", sudo) is None, "another node could ask the cluster"
