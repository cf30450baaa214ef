"""Faults of the Ceph clusters themselves: identity, health, quota and monitors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from simulator.faults.changes import changed, hooked, modelled
from simulator.world.clusters import Cluster, RbdImage
from simulator.world.sites import Site
from simulator.world.world import World


@modelled()
def fsid_of_another_site(world: World, site: Site) -> Iterator[None]:
    with changed(site.ceph, "fsid", world.central.ceph.fsid):
        yield


@modelled()
def own_conf_has_another_fsid(world: World, site: Site) -> Iterator[None]:
    file = site.nodes[0].files[f"/etc/ceph/{site.ceph.name}.conf"]
    with changed(file, "text", file.read().replace(site.ceph.fsid, world.central.ceph.fsid)):
        yield


@modelled()
def one_cluster_for_two_sites(world: World, site: Site) -> Iterator[None]:
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
    with changed(site.ceph, "health", {"OSDMAP_FLAGS": "noout flag(s) set"}):
        yield


@modelled()
def health_warning(world: World, site: Site) -> Iterator[None]:
    with changed(site.ceph, "health", {"OSD_NEARFULL": "1 nearfull osd(s)"}):
        yield


@modelled()
def health_error(world: World, site: Site) -> Iterator[None]:
    with changed(site.ceph, "health", {"PG_DAMAGED": "Possible data damage: 1 pg inconsistent"}):
        yield


@modelled()
def clocks_apart(world: World, site: Site) -> Iterator[None]:
    with changed(site.ceph, "health", {"MON_CLOCK_SKEW": "clock skew detected on mon.b"}):
        yield


@modelled(nodes=3)
def mon_out_of_quorum(world: World, site: Site) -> Iterator[None]:
    with changed(site.ceph.mons[-1], "in_quorum", False):
        yield


@modelled()
def mon_stopped(world: World, site: Site) -> Iterator[None]:
    """Stop the containers of the site's monitors, so that no command on a node can reach the cluster."""
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
    health = {"POOL_FULL": "1 pool(s) full"}
    with changed(site.ceph, "health", health), changed(site.ceph.pool("images"), "full", True):
        yield


@modelled()
def cluster_cut_off(world: World, site: Site) -> Iterator[None]:
    with changed(site.ceph, "reachable", False):
        yield
