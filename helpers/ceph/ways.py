"""The ways in which a node runs `ceph` and `rbd`, and which of them is taken: the first one that answers a question.

Sources: the guide ("Confirm images may be copied between sites": `sudo podman exec ceph-mon-$(hostname) …`); cephadm's
names `ceph-FSID-mon-HOST`, `ceph-FSID-mon.HOST` before Ceph 16, and its `command_shell`, which mounts the files of
`--config` and `--keyring`; the Red Hat OpenStack Platform 17.1 guide to distributed compute nodes, which has
`cephadm shell --config … --keyring …`, since the monitor's container of cephadm has no admin keyring.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from helpers.environment import Ceph, Services
from helpers.environment.sections import Runtime
from helpers.environment.values import UUID
from helpers.nodes.config_files import BadConfigFile
from helpers.nodes.containers import Container, NoContainer, mon_name, mon_patterns, running_on, service_prefix
from helpers.nodes.keyrings import CLIENTS_OF, CONF_FOLDERS
from helpers.nodes.node import CommandFailed, Completed, Runner
from helpers.nodes.service_config import read_config
from helpers.outcomes import Failed, Unknown

# without it a client waits 300 s for a mon that is not there
CONNECT_TIMEOUT = ("--connect-timeout", "15")
#: The words of a client whose cluster does not answer, whichever way it is asked.
_SILENT = re.compile(r"[Tt]imed ?[Oo]ut|Connection refused|errno 11[01]\b")
#: Services that are clients of their site's own cluster.
_LOCAL_CLIENTS = ("cinder_volume", "nova_compute")


class NoWay(CommandFailed, Unknown):
    """A monitor runs on the node, and nobody there can ask it anything; the message says what was tried."""

    def __init__(self, ceph: Ceph, tried: list[tuple[Adapter, Completed]]) -> None:
        said = "; ".join(f"{way}: {_last_words(completed)}" for way, completed in tried)
        super().__init__(tried[0][1], f"no way to ask cluster {ceph.cluster} has an answer to `ceph fsid`: {said}")
        self.reproduce = tuple(completed.reproduce for _, completed in tried)


@dataclass(frozen=True)
class Adapter:
    """How a node runs `ceph` and `rbd`: what stands before the command, and how it names the local cluster.

    `runtime` is what the environment file calls it.

    >>> Adapter("podman", ("podman", "exec", "ceph-mon-a"), ("--cluster", "dcn0")).prefix
    ('podman', 'exec', 'ceph-mon-a')
    """

    runtime: Runtime
    prefix: tuple[str, ...]
    cluster_options: tuple[str, ...]

    def __str__(self) -> str:
        """The way in a few words: `podman`, `cephadm shell`, `client.openstack in cinder_volume`, `host`."""
        if self._is_shell:
            return "cephadm shell"
        where = self.prefix[-1] if self.prefix else "host"
        if "--id" in self.cluster_options:
            return f"client.{self.cluster_options[1]} in {where}"
        return self.prefix[0] if self.prefix else where

    @property
    def _is_shell(self) -> bool:
        return self.prefix[:2] == ("cephadm", "shell")

    def as_client(self, user: str, conf: str, keyring: str) -> Adapter:
        """The same as another client, whose files are on the node; a shell has to mount them."""
        adapter, within = self, ""
        if self._is_shell:
            within = "/mnt"
            folders = dict.fromkeys(str(PurePosixPath(path).parent) for path in (conf, keyring))
            mounts = (f"{folder}:{within}{folder}" for folder in folders)
            adapter = replace(self, prefix=(*self.prefix[:-1], "--mount", *mounts, "--"))
        options = ("--id", user, "--keyring", f"{within}{keyring}", "--conf", f"{within}{conf}")
        return replace(adapter, cluster_options=options)


def find_adapter(node: Runner, ceph: Ceph, services: Services, deadline: float | None = None) -> Adapter:
    """How this node runs `ceph` and `rbd`: as the environment file says, or as is found on the node.

    Podman, docker and a host without containers need no look at the node, if the container's name has no FSID in it.
    Otherwise each way that is there is asked `ceph fsid`, and the first one with an answer is taken. A cluster that is
    silent is silent by every way, so the way that has found that out is taken too.

    :raises NoContainer: no monitor runs in a container there, and there is no other way
    :raises NoWay: one does, and no way has an answer
    """
    by_name = ("--cluster", ceph.cluster)
    if ceph.runtime == "host":
        return Adapter("host", (), by_name)
    pattern = ceph.mon_container or "ceph-mon-{hostname}"
    if ceph.runtime in {"podman", "docker"} and "{fsid}" not in pattern:
        name = pattern.replace("{hostname}", node.hostname)
        return Adapter(ceph.runtime, (ceph.runtime, "exec", name), by_name)
    there = running_on(node, ceph.runtime)
    mons = list(_mons(node, ceph, there.containers))
    if mons and ceph.runtime in {"podman", "docker"}:
        return mons[0]
    tried = []
    for way in itertools.chain(mons, _others(node, ceph, services, there.containers)):
        answer = node.run(*way.prefix, "ceph", *way.cluster_options, *CONNECT_TIMEOUT, "fsid", deadline=deadline)
        said = answer.stdout.strip().splitlines()
        if (answer.exit_status == 0 and said and re.fullmatch(UUID, said[-1])) or _SILENT.search(answer.stderr):
            return way
        tried.append((way, answer))
    if mons:
        raise NoWay(ceph, tried)
    wanted = mon_name(ceph, node.hostname)
    raise NoContainer(there.completed, f"no running container {wanted}; {there}")


def _mons(node: Runner, ceph: Ceph, running: tuple[Container, ...]) -> Iterator[Adapter]:
    plain, cephadm = mon_patterns(ceph, node.hostname)
    for container in running:
        prefix = (container.engine, "exec", container.name)
        if plain and re.fullmatch(plain, container.name):
            yield Adapter(container.engine, prefix, ("--cluster", ceph.cluster))
        elif cephadm and re.fullmatch(cephadm, container.name):
            # to cephadm's own containers every cluster is called `ceph`; its clients may call it otherwise
            there = node.run(*prefix, "test", "-e", f"/etc/ceph/{ceph.cluster}.conf").exit_status == 0
            runtime: Runtime = container.engine if ceph.mon_container else "cephadm"
            yield Adapter(runtime, prefix, ("--cluster", ceph.cluster) if there else ())


def _others(node: Runner, ceph: Ceph, services: Services, running: tuple[Container, ...]) -> Iterator[Adapter]:
    """The ways that need no monitor's container: each is looked for only when those before it have no answer."""
    if ceph.runtime in {"cephadm", "detect"}:
        yield from _shells(node, ceph, running)
    if ceph.runtime == "detect":
        yield from _clients(node, services)
        yield Adapter("host", (), ("--cluster", ceph.cluster))


def _shells(node: Runner, ceph: Ceph, running: tuple[Container, ...]) -> Iterator[Adapter]:
    """`cephadm shell` with each configuration of the cluster that has an admin keyring beside it.

    FSID, configuration and keyring are told: of several, cephadm would take none, or the newest.
    """
    ids = dict.fromkeys(fsid for one in running for fsid in re.findall(rf"^ceph-({UUID})-mon\b", one.name))
    confs = [f"{folder}/{name}.conf" for name in dict.fromkeys((ceph.cluster, "ceph")) for folder in CONF_FOLDERS]
    confs += [f"/var/lib/ceph/{fsid}/config/ceph.conf" for fsid in ids]
    found = node.run("grep", "-sHE", "-e", "^[[:space:]]*fsid[[:space:]]*=", "--", *confs)
    for line in found.stdout.splitlines():
        conf, _, setting = line.partition(":")
        fsid = setting.partition("=")[2].strip().strip("\"'")
        keyring = f"{conf.removesuffix('.conf')}.client.admin.keyring"
        if fsid in ids or not ids:
            files = ("--config", conf, "--keyring", keyring)
            yield Adapter("cephadm", ("cephadm", "shell", "--fsid", fsid, *files, "--"), ())


def _clients(node: Runner, services: Services) -> Iterator[Adapter]:
    """The services of the node that are clients of its cluster, with the files that their configuration names."""
    for name in _LOCAL_CLIENTS:
        try:
            prefix = service_prefix(node, services[name])
            clients = CLIENTS_OF[name](read_config(node, services, name).values)
        except (CommandFailed, Unknown, Failed, BadConfigFile):  # it does not run here, or is no client that could ask
            continue
        for client in clients:
            yield Adapter("detect", prefix, ("--id", client.user, "--conf", client.conf))


def _last_words(completed: Completed) -> str:
    return (completed.stderr.strip().splitlines() or [f"exit status {completed.exit_status}"])[-1]
