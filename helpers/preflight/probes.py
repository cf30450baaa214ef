"""The questions of the preflight, each for one site or node. All of them only read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import wait
from dataclasses import dataclass
from functools import partial

import openstack.exceptions

from helpers.ceph.cluster import Cluster
from helpers.environment import SERVICE_OF_ROLE, Environment, NodeSpec, Site
from helpers.environment.values import UUID
from helpers.nodes.containers import NoContainer, is_container_trouble, list_containers, mon_name
from helpers.nodes.node import CommandFailed, Completed, DeadlinePassed, Node, Runner, Unreachable
from helpers.nodes.side_by_side import begin
from helpers.openstack.answers import API_ERRORS, in_words
from helpers.openstack.cloud import Cloud
from helpers.openstack.command_line import command_line
from helpers.openstack.glance import Glance
from helpers.openstack.session import Silent
from helpers.preflight.results import MON, UNDERCLOUD, Prerequisite, Probed
from helpers.runs.deployment import Deployment
from helpers.tripleo.undercloud import Undercloud

#: Seconds for an answer to travel from the node to this machine, after the deadline on the node.
_RETURN = 0.5
_MOST_NAMES = 20


@dataclass(frozen=True)
class Question:
    """One prerequisite of one site, or of one node."""

    site: str
    prerequisite: Prerequisite
    node: str | None = None


#: The services for servers and volumes, with every type under which a catalog may list them.
_SERVICES = {
    "compute": frozenset({"compute"}),
    "volume": frozenset({"block-storage", "volumev3", "volume"}),
    "network": frozenset({"network"}),
}


def expected_containers(environment: Environment, spec: NodeSpec) -> tuple[str, ...]:
    """The containers that must run on a node because of its roles. A monitor's is named `ceph-mon`.

    Services on the host have no container. A monitor is left out where the harness detects how it runs.
    """
    site = environment.site(spec.site)
    roles = [role for role in spec.roles if role in SERVICE_OF_ROLE]
    if site.central and len(site.nodes_with("cinder-volume")) > 1:
        # it is active/passive there: Pacemaker runs it on one of them (A15)
        roles = [role for role in roles if role != "cinder-volume"]
    services = [site.services[SERVICE_OF_ROLE[role]] for role in roles]
    if site.glance_internal and "glance" in roles:
        services.append(site.services["glance_internal"])
    names = dict.fromkeys(service.container for service in services if service.container)
    ceph = site.ceph
    has_mon = ceph is not None and MON in spec.roles and ceph.runtime not in {"host", "detect"}
    return (*names, *((MON,) if has_mon else ()))


def ask_catalog(environment: Environment, cloud: Cloud) -> Iterator[Probed]:
    """Check that the catalog lists the services that the run uses. A4 judges the other services."""
    types = {endpoint.service for endpoint in cloud.endpoints()}
    needed = _SERVICES if environment.flavor else {}
    missing = [name for name, any_of in needed.items() if not any_of & types]
    reproduce = f"openstack --os-cloud {environment.cloud} catalog list"
    problem = f"no endpoint of {' and '.join(missing)}; there are {', '.join(sorted(types)) or 'none'}"
    yield _probed(environment.central.name, "catalog", problem if missing else "", reproduce=(reproduce,))


def ask_compute(environment: Environment, cloud: Cloud) -> Iterator[Probed]:
    """Check that Nova answers. A14 judges whether its services are up."""
    reproduce = cloud.nova.command("compute", "service", "list")
    yield _probed(environment.central.name, "compute", _refusal(cloud.nova.services), reproduce=(reproduce,))


def ask_flavor(environment: Environment, cloud: Cloud) -> Iterator[Probed]:
    """Check that the flavor of the environment file exists. A run's own flavor does not exist yet."""
    try:
        problem = "" if environment.own_flavor else _no_flavor(environment, cloud)
    except API_ERRORS as error:
        problem = in_words(error)
    reproduce = cloud.nova.command("flavor", "list", "--all")
    yield _probed(environment.central.name, "flavor", problem, reproduce=(reproduce,))


def _no_flavor(environment: Environment, cloud: Cloud) -> str:
    try:
        cloud.nova.flavor_id(environment.flavor or "")
    except openstack.exceptions.NotFoundException:
        return f"no flavor {environment.flavor!r}, which {environment} names; there are {_some(cloud.nova.flavors())}"
    return ""


def ask_volume(environment: Environment, cloud: Cloud) -> Iterator[Probed]:
    """Check that Cinder answers. A14 judges whether its services are up."""
    reproduce = cloud.cinder.command("volume", "service", "list")
    yield _probed(environment.central.name, "volume", _refusal(cloud.cinder.services), reproduce=(reproduce,))


def ask_networks(environment: Environment, cloud: Cloud) -> Iterator[Probed]:
    """Check that Neutron, which Nova queries for every server, answers and knows the network of each site's servers."""
    known: set[str] = set()
    problem = _refusal(lambda: known.update(cloud.networks()))
    reproduce = (command_line(environment.cloud, "network", "list"),)
    for site in sites_with_servers(environment):
        name = environment.network_of(site)
        there = f"{name!r}, which {environment} names; there are {_some(known)}"
        missing = f"no network {there}" if name and name not in known else ""
        yield _probed(site.name, "network", problem or missing, reproduce=reproduce)


def sites_with_servers(environment: Environment) -> Iterator[Site]:
    """Central, where Neutron runs, and the sites with compute nodes."""
    return (site for site in environment.sites if site.central or site.nodes_with("compute"))


def ask_glance(cloud: Cloud, site: Site, seconds: float) -> Iterator[Probed]:
    """Check that this site's Glance answers at its own endpoint, with this run's token, and so does an internal one."""
    glance, problem = cloud.glance(site), ""
    for one in filter(None, (glance, glance.internal)):
        if problem := _glance_problem(one, seconds):
            glance = one
            break
    yield _probed(site.name, "glance", problem, reproduce=(glance.command("/v2/info/import"),))


def _glance_problem(glance: Glance, seconds: float) -> str:
    try:
        status = glance.status("/info/import", timeout=seconds)
    except Silent:
        return f"{glance.site.glance} does not answer within {seconds:g} s"
    except API_ERRORS as error:
        return in_words(error)
    return "" if status == 200 else f"{glance.site.glance} answers {status}"


def ask_file(environment: Environment, site: Site, prerequisite: Prerequisite, role: str) -> Iterator[Probed]:
    """The environment file says which nodes of a site have the role; without any, what is asked there is unknown."""
    problem = f"no node has the role {role} in {environment}: name those that have it at sites.{site}.nodes"
    yield Probed(site.name, prerequisite, None, "unknown", problem, (site.roles_command,))


def ask_cluster(cluster: Cluster, seconds: float) -> Iterator[Probed]:
    """Check that `rbd` lists the images of this site's cluster, on any of the nodes that can reach it.

    The nodes are asked in parallel, so that a silent one does not delay the answers of the others.
    """
    site = cluster.site.name
    nodes = cluster.by_node()
    asked = begin((partial(one.image_names, one.pools.images, seconds) for one in nodes), "preflight")
    wait(asked, timeout=seconds + _RETURN)
    heard = [(one, node) for one, node in zip(asked, nodes, strict=True) if one.done()]
    if not heard:
        return
    try:
        answer, node = min(heard, key=lambda one: _weight(one[0].exception()))
        yield Probed(site, "rbd", reproduce=(answer.result().command,), way=node.way)
    except Unreachable as error:
        yield Probed(site, "rbd", None, "unknown", str(error), error.reproduce)
    except (CommandFailed, DeadlinePassed) as error:
        yield _probed(site, "rbd", _short(error), reproduce=error.reproduce)


def ask_node(deployment: Deployment, spec: NodeSpec, seconds: float) -> Iterator[Probed]:
    """Check that this node accepts the login, grants sudo, and runs the containers of its roles."""
    unreachable = deployment.unreachable.get(spec.name)
    if unreachable:
        yield _unreachable(spec, unreachable)
        return
    node, environment = deployment.nodes[spec.name], deployment.environment
    greeted = _greeted(spec.site, node, seconds)
    yield greeted
    if greeted.outcome != "passed":
        return
    try:
        refused = _sudo_refused(node, seconds) if environment.ssh.sudo else None
    except Unreachable as error:
        yield _unreachable(spec, error)
        return
    except DeadlinePassed as error:
        yield Probed(spec.site, "sudo", spec.name, "unknown", _short(error), error.reproduce)
        return
    if environment.ssh.sudo:
        problem = f"refused: {_end(refused)}" if refused else ""
        reproduce = refused.reproduce if refused else ""
        yield Probed(spec.site, "sudo", spec.name, "unknown" if refused else "passed", problem, (reproduce,))
    if not refused and (names := expected_containers(environment, spec)):
        yield _containers(deployment, node, names, seconds)


def ask_undercloud(undercloud: Undercloud, seconds: float) -> Iterator[Probed]:
    """Check that the undercloud accepts the login. A18 judges its stacks."""
    yield _greeted(UNDERCLOUD, undercloud.node, seconds)


def _probed(
    site: str, prerequisite: Prerequisite, problem: str, *, node: str | None = None, reproduce: tuple[str, ...] = ()
) -> Probed:
    return Probed(site, prerequisite, node, "failed" if problem else "passed", problem, reproduce)


def _refusal(ask: Callable[[], object]) -> str:
    """Why a service did not answer, in one line; empty if it did."""
    try:
        ask()
    except API_ERRORS as error:
        return in_words(error)
    return ""


def _some(names: Iterable[str]) -> str:
    """The names in order, without ids, and shortened if there are many."""
    known = sorted({name for name in names if name and not re.fullmatch(UUID, name)})
    more = f" and {len(known) - _MOST_NAMES} more" if len(known) > _MOST_NAMES else ""
    return (", ".join(known[:_MOST_NAMES]) or "none") + more


def _weight(error: BaseException | None) -> int:
    """The rank of an answer: success, an error of the cluster, an error of the node, a timeout, no connection."""
    if isinstance(error, CommandFailed):
        of_itself = isinstance(error, NoContainer) or is_container_trouble(error.completed)
        return 2 if of_itself else 1
    if isinstance(error, DeadlinePassed):
        return 3
    return 4 if isinstance(error, Unreachable) else 0


def _greeted(site: str, node: Runner, seconds: float) -> Probed:
    """Whether the node's shell runs a command."""
    try:
        ended = node.run("true", deadline=seconds, sudo=False)
    except Unreachable as error:
        return Probed(site, "ssh", node.name, "unknown", error.reason, error.reproduce)
    except DeadlinePassed as error:
        return Probed(site, "ssh", node.name, "unknown", _short(error), error.reproduce)
    if ended.exit_status != 0:  # as `oc exec` ends where there is no such pod
        return Probed(site, "ssh", node.name, "unknown", _end(ended), (ended.reproduce,))
    return Probed(site, "ssh", node.name)


def _unreachable(spec: NodeSpec, error: Unreachable) -> Probed:
    return Probed(spec.site, "ssh", spec.name, "unknown", error.reason, error.reproduce)


def _sudo_refused(node: Node, seconds: float) -> Completed | None:
    ended = node.run("true", deadline=seconds)
    return None if ended.exit_status == 0 else ended


def _short(error: Unreachable | DeadlinePassed | CommandFailed) -> str:
    """The reason in one line. The command is shown below it."""
    if isinstance(error, DeadlinePassed):
        return f"{error.node} did not answer within {error.deadline:g} s"
    if isinstance(error, NoContainer):
        return " ".join(str(error).split())
    if isinstance(error, CommandFailed):
        return f"{error.node}: {error.problem or _end(error.completed)}"
    return str(error)


def _end(ended: Completed) -> str:
    """The last line of a failed command's error output."""
    lines = ended.stderr.strip().splitlines()
    return lines[-1] if lines else f"exit status {ended.exit_status}"


def _containers(deployment: Deployment, node: Node, names: tuple[str, ...], seconds: float) -> Probed:
    spec, ceph = node.spec, deployment.environment.site(node.spec.site).ceph
    try:
        seen = list_containers(node, deadline=seconds)
        wanted = {name: mon_name(ceph, node.hostname) if name == MON and ceph else name for name in names}
    except (Unreachable, DeadlinePassed, CommandFailed) as error:
        return Probed(spec.site, "containers", spec.name, "unknown", _short(error), error.reproduce, missing=names)
    missing = tuple(
        name
        for name in names
        if not (seen.has_mon(ceph, node.hostname) if name == MON and ceph else seen.has_service(name))
    )
    if not missing:
        return Probed(spec.site, "containers", spec.name, reproduce=(seen.reproduce,))
    problem = f"not running: {', '.join(wanted[name] for name in missing)}; there are {seen}"
    return Probed(spec.site, "containers", spec.name, "failed", problem, (seen.reproduce,), missing=missing)
