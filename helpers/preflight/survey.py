"""The preflight itself: all sites in parallel, over the existing logins, within one deadline.

Each question has a thread of its own and shares nothing with the others. A question that is never answered is unknown,
and does not change any other result.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import wait
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from helpers.environment import Environment
from helpers.nodes.side_by_side import begin
from helpers.preflight.probes import (
    Question,
    ask_catalog,
    ask_cluster,
    ask_compute,
    ask_file,
    ask_flavor,
    ask_glance,
    ask_networks,
    ask_node,
    ask_undercloud,
    ask_volume,
    expected_containers,
    sites_with_servers,
)
from helpers.preflight.results import MON, UNDERCLOUD, Preflight, Prerequisite, Probed
from helpers.redact import redact
from helpers.runs.deployment import Deployment

#: Seconds for the whole preflight. Logins come first, with the time limit of the environment file.
DEADLINE = 10.0
#: Seconds more where the way to a cluster is found out: each of several ways is asked, and one starts a container.
_SEVERAL_WAYS = 20.0
#: Seconds that commands on a node get less than that, so that a timeout on the node is still reported in time.
_WAY_BACK = 1.0


@dataclass
class _Answers:
    """The answers so far. Answers after the end are ignored."""

    probed: dict[Question, Probed] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    ended: bool = False

    def take(self, found: Probed) -> None:
        with self.lock:
            if not self.ended:
                self.probed[Question(found.site, found.prerequisite, found.node)] = found

    def end(self) -> dict[Question, Probed]:
        with self.lock:
            self.ended = True
            return self.probed


def survey(deployment: Deployment, deadline: float | None = None) -> Preflight:
    """Check every prerequisite of every site, without creating or changing anything.

    :param deadline: seconds; a prerequisite without an answer by then is unknown
    """
    started = time.monotonic()
    environment, answers = deployment.environment, _Answers()
    if deadline is None:
        to_be_found = {site.ceph.runtime for site in environment.sites if site.ceph} & {"detect", "cephadm"}
        deadline = DEADLINE + (_SEVERAL_WAYS if to_be_found else 0)
    asked = list(questions(environment))
    left = max(deadline - _WAY_BACK, 0.1)
    asks = tuple(_asks(deployment, left))
    under_way = begin((_asker(answers, ask) for _, ask in asks), "preflight")
    wait(under_way, timeout=max(0.0, started + deadline - time.monotonic()))
    # an unexpected exception in one question is reported, and does not affect the others
    broken = {of: one.exception() for (of, _), one in zip(asks, under_way, strict=True) if one.done()}
    found = answers.end()
    probed = [found.get(question) or _unanswered(question, environment, broken, deadline) for question in asked]
    return Preflight(tuple(_each_cause_once(probed, environment)), round(time.monotonic() - started, 1))


def questions(environment: Environment) -> Iterator[Question]:
    """The questions to ask, in the order of the environment file."""
    with_servers = {site.name for site in sites_with_servers(environment)} if environment.flavor else set()
    for site in environment.sites:
        if site.central:
            yield Question(site.name, "catalog")
            if environment.flavor:
                yield Question(site.name, "compute")
                yield Question(site.name, "flavor")
                yield Question(site.name, "volume")
        if site.name in with_servers:
            yield Question(site.name, "network")
        if site.has_glance:
            yield Question(site.name, "glance")
            if not site.nodes_with("glance"):
                yield Question(site.name, "roles")
        for spec in site.nodes:
            yield Question(site.name, "ssh", spec.name)
            if environment.ssh.sudo:
                yield Question(site.name, "sudo", spec.name)
            if expected_containers(environment, spec):
                yield Question(site.name, "containers", spec.name)
        if site.has_storage:
            yield Question(site.name, "rbd")
    if environment.undercloud:
        yield Question(UNDERCLOUD, "ssh", environment.undercloud.host)


#: Whom one thread asks: a service, the service of one site, or a node.
Asked = tuple[Prerequisite | None, str | None]


def _asked_of(question: Question) -> tuple[Asked, ...]:
    """Who answers this question: a node, the service of a site, or a service for all sites."""
    if question.node:
        return ((None, question.node),)
    return (question.prerequisite, question.site), (question.prerequisite, None)


def _asks(deployment: Deployment, seconds: float) -> Iterator[tuple[Asked, Callable[[], Iterator[Probed]]]]:
    environment, cloud = deployment.environment, deployment.cloud
    yield ("catalog", None), partial(ask_catalog, environment, cloud)
    if environment.flavor:
        yield ("compute", None), partial(ask_compute, environment, cloud)
        yield ("flavor", None), partial(ask_flavor, environment, cloud)
        yield ("volume", None), partial(ask_volume, environment, cloud)
        yield ("network", None), partial(ask_networks, environment, cloud)
    for site in environment.glance_sites:
        yield ("glance", site.name), partial(ask_glance, cloud, site, seconds)
        if not site.nodes_with("glance"):
            yield ("roles", site.name), partial(ask_file, environment, site, "roles", "glance")
    for site in environment.storage_sites:
        if site.nodes_with("ceph-mon"):
            yield ("rbd", site.name), partial(ask_cluster, deployment.clusters[site.name], seconds)
        else:
            yield ("rbd", site.name), partial(ask_file, environment, site, "rbd", "ceph-mon")
    for spec in environment.nodes:
        yield (None, spec.name), partial(ask_node, deployment, spec, seconds)
    if deployment.undercloud:
        yield (None, deployment.undercloud.node.name), partial(ask_undercloud, deployment.undercloud, seconds)


def _asker(answers: _Answers, ask: Callable[[], Iterator[Probed]]) -> Callable[[], Any]:
    def run() -> None:
        for found in ask():
            answers.take(found)

    return run


def _unanswered(
    question: Question, environment: Environment, broken: Mapping[Asked, BaseException | None], deadline: float
) -> Probed:
    missing: tuple[str, ...] = ()
    if question.prerequisite == "containers" and question.node:
        missing = expected_containers(environment, environment.node(question.node))
    raised = next(filter(None, map(broken.get, _asked_of(question))), None)
    problem = f"{type(raised).__name__}: {raised}" if raised else f"no answer within {deadline:g} s"
    problem = redact(" ".join(problem.split()))
    return Probed(question.site, question.prerequisite, question.node, "unknown", problem, missing=missing)


def _each_cause_once(probed: list[Probed], environment: Environment) -> Iterator[Probed]:
    """Mark as blocked what cannot be checked because of another finding."""
    by_node: dict[str | None, list[Probed]] = {}
    for one in probed:
        by_node.setdefault(one.node, []).append(one)
    of_central = {one.prerequisite: one for one in probed if one.site == environment.central.name and not one.node}
    for one in probed:
        reason = _reason(one, by_node, of_central, environment) if one.outcome in {"failed", "unknown"} else None
        if reason is None:
            yield replace(one, judge=_judge(one, environment)) if _bad(one) else one
        else:
            yield replace(one, outcome="blocked", problem=f"see {reason.key}", reproduce=(), because=reason.key)


def _reason(
    one: Probed,
    by_node: dict[str | None, list[Probed]],
    of_central: dict[Prerequisite, Probed],
    environment: Environment,
) -> Probed | None:
    if one.prerequisite in {"compute", "flavor", "volume", "network"}:
        if _bad(of_central["catalog"]):
            return of_central["catalog"]
        if one.prerequisite == "flavor" and _bad(of_central["compute"]):
            return of_central["compute"]
        # one Neutron serves all sites, so its failure is one finding; a missing network is a finding of its site
        neutron = of_central.get("network") if one.prerequisite == "network" else None
        return neutron if neutron and neutron is not one and neutron.problem == one.problem else None
    if one.node is not None:
        earlier = {"sudo": ("ssh",), "containers": ("ssh", "sudo")}.get(one.prerequisite, ())
        return next((other for other in by_node[one.node] if _bad(other) and other.prerequisite in earlier), None)
    site = environment.site(one.site)
    if one.prerequisite == "glance" and site.via:
        return next((other for other in by_node[site.via] if _bad(other) and other.prerequisite == "ssh"), None)
    if one.prerequisite != "rbd":
        return None
    # only if none of the cluster's nodes could be asked
    reasons = [_in_the_way(by_node[spec.name]) for spec in site.nodes_with("ceph-mon")]
    return reasons[0] if reasons and all(reasons) else None


def _in_the_way(found: list[Probed]) -> Probed | None:
    """Why a node with a monitor cannot query its cluster."""
    return next(
        (one for one in found if _bad(one) and (one.prerequisite in {"ssh", "sudo"} or MON in one.missing)), None
    )


def _judge(one: Probed, environment: Environment) -> str | None:
    """The stage whose claim reports the same: that this Glance, or this cluster, does not answer."""
    if one.prerequisite == "rbd" or MON in one.missing:
        return f"ceph_cluster[{one.site}]"
    if one.prerequisite in {"compute", "volume"}:
        return "services"
    internal = environment.site(one.site).glance_internal if one.prerequisite == "glance" else None
    if internal and urlsplit(internal).netloc in one.problem:
        return f"each_glance[{one.site}]"
    if one.prerequisite == "glance" or (one.missing and _glance_of(one, environment) in one.missing):
        return f"glance_service[{one.site}]"
    return None


def _glance_of(one: Probed, environment: Environment) -> str | None:
    return environment.site(one.site).services.glance.container


def _bad(one: Probed) -> bool:
    return one.outcome in {"failed", "unknown"}
