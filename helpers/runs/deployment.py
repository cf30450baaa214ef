"""The connections to a deployment: the cloud, the nodes, and the clusters of its sites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from helpers.ceph.cluster import Cluster
from helpers.ceph.clusters import Clusters
from helpers.environment import Environment
from helpers.nodes.node import Node, Unreachable
from helpers.nodes.side_by_side import begin, begin_in_turn
from helpers.openstack.cloud import Cloud, CloudUser
from helpers.openstack.clouds_yaml import BadCloud
from helpers.tripleo.undercloud import Undercloud, undercloud_of

#: Without this role, services, details of stores and other zones are hidden, and images cannot be copied.
ADMIN = "admin"
#: Parallel logins, which need CPU time here; after so many seconds, a pending one lets the next begin.
_LOGINS, _PATIENCE = 64, 2.0


class NotReady(Exception):
    """The deployment cannot be verified as the environment file describes it; one line per problem."""


@dataclass(frozen=True)
class Deployment:
    """Connections to everything that the environment file names.

    `nodes`: node name → node; `clusters`: site name → the site's Ceph cluster; `tenant`: the login of an ordinary
    member of a project, if the environment file names one.
    """

    environment: Environment
    cloud: Cloud
    nodes: Mapping[str, Node]
    clusters: Clusters
    unreachable: Mapping[str, Unreachable] = field(default_factory=dict)
    undercloud: Undercloud | None = None
    tenant: Cloud | None = None

    def close(self) -> None:
        for node in self.nodes.values():
            node.close()
        if self.undercloud:
            self.undercloud.close()


def _missing_right(environment: Environment, user: CloudUser) -> str | None:
    if ADMIN in user.roles:
        return None
    where, roles = environment.clouds_file or "clouds.yaml", ", ".join(user.roles) or "no role"
    return (
        f"{where}: cloud {environment.cloud!r}: user {user.name} has {roles} in project {user.project}, and the checks "
        f"need the role {ADMIN}; name another entry in the environment file's `cloud`"
    )


def _too_much(environment: Environment, user: CloudUser) -> str | None:
    if ADMIN not in user.roles:
        return None
    where = environment.clouds_file or "clouds.yaml"
    return (
        f"{where}: cloud {environment.tenant!r}: user {user.name} has the role {ADMIN} in project {user.project}, and "
        "shows nothing of what tenants can do; name a member's entry in the environment file's `tenant`"
    )


def _logged_in(environment: Environment) -> Cloud | BadCloud:
    try:
        return Cloud(environment)
    except BadCloud as error:
        return error


def _refusal(node: Node) -> Unreachable | None:
    """Why the login to this node fails, whatever a library raises about it; None if it succeeds."""
    try:
        node.connect()
    except Unreachable as error:
        return error
    except Exception as error:  # the boundary: paramiko passes on exceptions of its parsers
        return Unreachable(node.name, node.spec.address, f"{type(error).__name__}: {error}")
    return None


def connect(environment: Environment, *, allow_unreachable: bool = False) -> Deployment:
    """Log in to Keystone and to every node in parallel. This changes nothing.

    :param allow_unreachable: go on without the nodes that do not answer; what needs them is then unknown
    :raises NotReady: one line for each login that fails
    """
    nodes = {spec.name: Node(spec, environment.ssh) for spec in environment.nodes}
    problems: list[str] = []
    names = [environment.cloud, *([environment.tenant] if environment.tenant else [])]
    login, *as_tenant = begin([partial(_logged_in, replace(environment, cloud=name)) for name in names], "login")
    greetings = begin_in_turn((partial(_refusal, node) for node in nodes.values()), "login", _LOGINS, _PATIENCE)
    cloud, tenant = login.result(), as_tenant[0].result() if as_tenant else None
    refusals = {name: greeting.result() for name, greeting in zip(nodes, greetings, strict=True)}
    unreachable = {name: refusal for name, refusal in refusals.items() if refusal}
    if isinstance(cloud, BadCloud):
        problems.append(str(cloud))
    elif missing := _missing_right(environment, cloud.user):
        problems.append(missing)
    if isinstance(tenant, BadCloud):
        problems.append(str(tenant))
    elif tenant and (problem := _too_much(environment, tenant.user)):
        problems.append(problem)
    if not allow_unreachable:
        problems += [str(error) for error in unreachable.values()]
    if problems or isinstance(cloud, BadCloud) or isinstance(tenant, BadCloud):
        raise NotReady("\n".join(problems))
    clusters = Clusters(
        {
            site.name: Cluster(site, [nodes[spec.name] for spec in site.nodes_with("ceph-mon")])
            for site in environment.storage_sites
        }
    )
    for cluster in clusters.values():
        cluster.ask_last(unreachable)
    for site in environment.sites:
        if site.via:
            cloud.go_through(site, nodes[site.via])
    return Deployment(environment, cloud, nodes, clusters, unreachable, undercloud_of(environment), tenant)
