"""Faults of the Ceph clusters themselves: identity, health, keys and caps."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from simulator.faults.changes import changed, hooked, modelled, no_access, removed
from simulator.world.clusters import Cluster, RbdImage, cephx_key
from simulator.world.configuration import keyring
from simulator.world.sites import Site
from simulator.world.world import World


@modelled()
def fsid_of_another_site(world: World, site: Site) -> Iterator[None]:
    """The site's cluster has central's FSID: it is central's cluster, or was cloned from it."""
    with changed(site.ceph, "fsid", world.central.ceph.fsid):
        yield


@modelled()
def own_conf_has_another_fsid(world: World, site: Site) -> Iterator[None]:
    """The clients' conf file of the site's own cluster names an FSID that is not the cluster's."""
    file = site.nodes[0].files[f"/etc/ceph/{site.ceph.name}.conf"]
    with changed(file, "text", file.read().replace(site.ceph.fsid, world.central.ceph.fsid)):
        yield


@modelled()
def one_cluster_for_two_sites(world: World, site: Site) -> Iterator[None]:
    """The site's hosts lead to another DCN site's cluster, under the name of their own."""
    other = next(each for each in world.dcn_sites if each is not site and each.cluster)
    mine, theirs = f"/etc/ceph/{site.ceph.name}.", f"/etc/ceph/{other.ceph.name}."
    with ExitStack() as stack:
        for node in site.nodes:
            for path, file in node.files.items():
                if path.startswith(mine):
                    text = other.nodes[0].files[path.replace(mine, theirs)].read()
                    stack.enter_context(changed(file, "text", text))
        yield


@modelled()
def cluster_warns(world: World, site: Site) -> Iterator[None]:
    """Somebody left the flag noout set."""
    with changed(site.ceph, "health", {"OSDMAP_FLAGS": "noout flag(s) set"}):
        yield


@modelled()
def health_warning(world: World, site: Site) -> Iterator[None]:
    """The cluster is in HEALTH_WARN: an OSD is nearly full."""
    with changed(site.ceph, "health", {"OSD_NEARFULL": "1 nearfull osd(s)"}):
        yield


@modelled()
def health_error(world: World, site: Site) -> Iterator[None]:
    """The cluster is in HEALTH_ERR: a placement group is damaged."""
    with changed(site.ceph, "health", {"PG_DAMAGED": "Possible data damage: 1 pg inconsistent"}):
        yield


@modelled()
def clocks_apart(world: World, site: Site) -> Iterator[None]:
    """The monitors' clocks differ (MON_CLOCK_SKEW)."""
    with changed(site.ceph, "health", {"MON_CLOCK_SKEW": "clock skew detected on mon.b"}):
        yield


@modelled(nodes=3)
def mon_out_of_quorum(world: World, site: Site) -> Iterator[None]:
    """One of three monitors is not in quorum."""
    with changed(site.ceph.mons[-1], "in_quorum", False):
        yield


@modelled()
def mon_stopped(world: World, site: Site) -> Iterator[None]:
    """The site's monitors' containers are stopped, so nobody can ask the cluster."""
    with _without_mons(site):
        yield


@contextmanager
def _without_mons(site: Site) -> Iterator[None]:
    with ExitStack() as stack:
        for node in site.nodes:
            for name, container in node.containers.items():
                if name.startswith("ceph-mon-"):
                    stack.enter_context(changed(container, "state", "exited"))
        yield


@modelled()
def mon_stopped_in_mid_run(world: World, site: Site) -> Iterator[None]:
    """The site's monitors stop as soon as the first copy of an image is in its cluster."""
    with ExitStack() as stack:

        def stop(image: RbdImage, cluster: Cluster, pool: str) -> RbdImage:
            if cluster is site.ceph and cluster.reachable:
                stack.enter_context(changed(cluster, "reachable", False))
                stack.enter_context(_without_mons(site))
            return image

        stack.enter_context(hooked(world, "store.written", stop))
        yield


@modelled()
def images_pool_over_quota(world: World, site: Site) -> Iterator[None]:
    """The quota of the site's pool of images is used up: whoever writes there waits."""
    health = {"POOL_FULL": "1 pool(s) full"}
    with changed(site.ceph, "health", health), changed(site.ceph.pool("images"), "full", True):
        yield


@modelled()
def cluster_cut_off(world: World, site: Site) -> Iterator[None]:
    """No monitor of the site's cluster answers anybody; a copy to it never ends."""
    with changed(site.ceph, "reachable", False):
        yield


@modelled()
def external_caps_lack_a_pool(world: World, site: Site) -> Iterator[None]:
    """client.external may not use the pool of servers."""
    user = site.ceph.users["client.external"]
    with changed(user, "caps", user.caps | {"osd": "profile rbd pool=volumes, profile rbd pool=images"}):
        yield


@modelled()
def external_caps_too_wide(world: World, site: Site) -> Iterator[None]:
    """client.external may do anything to its OSDs."""
    user = site.ceph.users["client.external"]
    with changed(user, "caps", user.caps | {"osd": "allow *"}):
        yield


@modelled()
def external_may_only_read(world: World, site: Site) -> Iterator[None]:
    """client.external may read the site's images, but not write them."""
    user = site.ceph.users["client.external"]
    osd = "profile rbd pool=vms, profile rbd pool=volumes, profile rbd-read-only pool=images"
    with changed(user, "caps", user.caps | {"osd": osd}), no_access(world, site, errno.EPERM):
        yield


@modelled()
def external_caps_lack_mgr(world: World, site: Site) -> Iterator[None]:
    """client.external has no cap for the manager."""
    with removed(site.ceph.users["client.external"].caps, "mgr"):
        yield


@modelled()
def external_caps_on_mon_too_wide(world: World, site: Site) -> Iterator[None]:
    """client.external may do everything at the monitors."""
    user = site.ceph.users["client.external"]
    with changed(user, "caps", user.caps | {"mon": "allow *"}):
        yield


@modelled()
def external_user_missing(world: World, site: Site) -> Iterator[None]:
    """The cluster has no client.external."""
    with removed(site.ceph.users, "client.external"):
        yield


def _new_key(world: World, site: Site, key: str, deployed: bool) -> ExitStack:
    """client.external gets this key; with `deployed` all keyrings have it too."""
    stack, user = ExitStack(), site.ceph.users["client.external"]
    stack.enter_context(changed(user, "key", key))
    for node in world.nodes if deployed else ():
        file = node.files.get(f"/etc/ceph/{site.ceph.name}.client.external.keyring")
        if file:
            stack.enter_context(changed(file, "text", keyring(user)))
    return stack


@modelled()
def one_external_key_for_two_sites(world: World, site: Site) -> Iterator[None]:
    """Two sites' clusters have the same key for client.external."""
    with _new_key(world, site, world.central.ceph.users["client.external"].key, deployed=True):
        yield


@modelled()
def external_key_rotated(world: World, site: Site) -> Iterator[None]:
    """The cluster's client.external got a new key, and no client was told."""
    with _new_key(world, site, cephx_key(), deployed=False):
        yield


@modelled(nodes=3)
def central_conf_lacks_a_mon(world: World, site: Site) -> Iterator[None]:
    """central.conf at a DCN site lacks one of central's monitors."""
    gone = world.central.ceph.mons[-1].address
    file = site.nodes[0].files[f"/etc/ceph/{world.central.ceph.name}.conf"]
    with changed(file, "text", re.sub(rf",?\[v2:{re.escape(gone)}:3300,v1:{re.escape(gone)}:6789\]", "", file.read())):
        yield
