"""Faults of a site as a client of another site's cluster (A8-A11): files, keys, and the network between the sites."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from simulator.commands.shell import Call, Output
from simulator.faults.changes import added, changed, hooked, modelled, no_access, removed
from simulator.world.clusters import Cluster, cephx_key
from simulator.world.configuration import keyring
from simulator.world.nodes import File, Node
from simulator.world.sites import Site
from simulator.world.world import World

_NO_FSID = "00000000-0000-4000-8000-000000000000"


@modelled()
def external_caps_lack_a_pool(world: World, site: Site) -> Iterator[None]:
    user = site.ceph.users["client.external"]
    with changed(user, "caps", user.caps | {"osd": "profile rbd pool=volumes, profile rbd pool=images"}):
        yield


@modelled()
def external_caps_too_wide(world: World, site: Site) -> Iterator[None]:
    user = site.ceph.users["client.external"]
    with changed(user, "caps", user.caps | {"osd": "allow *"}):
        yield


@modelled()
def external_may_only_read(world: World, site: Site) -> Iterator[None]:
    user = site.ceph.users["client.external"]
    osd = "profile rbd pool=vms, profile rbd pool=volumes, profile rbd-read-only pool=images"
    with changed(user, "caps", user.caps | {"osd": osd}), no_access(world, site, errno.EPERM):
        yield


def _shared_caps(site: Site, daemon: str, wrong: Callable[[str], str]) -> AbstractContextManager[None]:
    user = site.ceph.users[f"client.{site.ceph.client}"]
    return changed(user, "caps", user.caps | {daemon: wrong(user.caps[daemon])})


@modelled(options=("--shared-user", "profile"))
def shared_user_lacks_the_images_pool(world: World, site: Site) -> Iterator[None]:
    with _shared_caps(site, "osd", lambda caps: caps.replace(", profile rbd pool=images", "")):
        yield


@modelled(options=("--shared-user", "profile"))
def shared_user_may_only_read(world: World, site: Site) -> Iterator[None]:
    with _shared_caps(site, "osd", lambda caps: caps.replace("rbd pool=images", "rbd-read-only pool=images")):
        yield


@modelled(options=("--shared-user", "allow"))
def shared_user_may_not_write(world: World, site: Site) -> Iterator[None]:
    with _shared_caps(site, "osd", lambda caps: caps.replace("rwx pool=images", "rx pool=images")):
        yield


@modelled(options=("--shared-user", "allow"))
def shared_user_may_not_read_rbd_children(world: World, site: Site) -> Iterator[None]:
    with _shared_caps(site, "osd", lambda caps: caps.replace("allow class-read object_prefix rbd_children, ", "")):
        yield


@modelled()
def external_caps_lack_mgr(world: World, site: Site) -> Iterator[None]:
    with removed(site.ceph.users["client.external"].caps, "mgr"):
        yield


@modelled()
def external_caps_on_mon_too_wide(world: World, site: Site) -> Iterator[None]:
    user = site.ceph.users["client.external"]
    with changed(user, "caps", user.caps | {"mon": "allow *"}):
        yield


@modelled()
def external_user_missing(world: World, site: Site) -> Iterator[None]:
    with removed(site.ceph.users, "client.external"):
        yield


def _new_key(world: World, site: Site, key: str, deployed: bool) -> ExitStack:
    """Give client.external this key; with `deployed`, write it to all keyrings as well."""
    stack, user = ExitStack(), site.ceph.users["client.external"]
    stack.enter_context(changed(user, "key", key))
    for node in world.nodes if deployed else ():
        file = node.files.get(f"/etc/ceph/{site.ceph.name}.client.external.keyring")
        if file:
            stack.enter_context(changed(file, "text", keyring(user)))
    return stack


@modelled()
def one_external_key_for_two_sites(world: World, site: Site) -> Iterator[None]:
    with _new_key(world, site, world.central.ceph.users["client.external"].key, deployed=True):
        yield


@modelled()
def external_key_rotated(world: World, site: Site) -> Iterator[None]:
    with _new_key(world, site, cephx_key(), deployed=False):
        yield


@modelled(nodes=3)
def central_conf_lacks_a_mon(world: World, site: Site) -> Iterator[None]:
    gone = world.central.ceph.mons[-1].address
    file = site.nodes[0].files[f"/etc/ceph/{world.central.ceph.name}.conf"]
    with changed(file, "text", re.sub(rf",?\[v2:{re.escape(gone)}:3300,v1:{re.escape(gone)}:6789\]", "", file.read())):
        yield


def _conf(at: Site, of: Site) -> File:
    return at.nodes[0].files[f"/etc/ceph/{of.ceph.name}.conf"]


def _keyring(at: Site, of: Site) -> File:
    return at.nodes[0].files[_keyring_path(of)]


def _keyring_path(of: Site) -> str:
    """Return where the other sites have the key of the user whom they are at this one."""
    return f"/etc/ceph/{of.ceph.name}.client.{of.ceph.client}.keyring"


# --- a DCN site's nodes as clients of central ---


@modelled()
def central_conf_missing(world: World, site: Site) -> Iterator[None]:
    with removed(site.nodes[0].files, f"/etc/ceph/{world.central.ceph.name}.conf"):
        yield


@modelled()
def glance_sees_no_central_conf(world: World, site: Site) -> Iterator[None]:
    node, stale, conf = site.nodes[0], "/var/lib/tripleo-config/ceph", f"/etc/ceph/{world.central.ceph.name}.conf"
    copies = {path: file for path, file in node.files.items() if path.startswith("/etc/ceph/") and path != conf}
    files = {**node.files, **{path.replace("/etc/ceph", stale): file for path, file in copies.items()}}
    with (
        changed(node, "files", files),
        changed(node.containers["glance_api"], "mounts", {"/etc/ceph": stale}),
    ):
        yield


@modelled()
def central_keyring_missing(world: World, site: Site) -> Iterator[None]:
    with removed(site.nodes[0].files, _keyring_path(world.central)):
        yield


@modelled()
def central_keyring_world_readable(world: World, site: Site) -> Iterator[None]:
    with changed(_keyring(site, world.central), "mode", 0o644):
        yield


@modelled()
def central_keyring_not_for_glance(world: World, site: Site) -> Iterator[None]:
    with _only_for_root(_keyring(site, world.central)):
        yield


@contextmanager
def _only_for_root(file: File) -> Iterator[None]:
    with changed(file, "owner", "root"), changed(file, "group", "root"), changed(file, "mode", 0o600):
        yield


@modelled()
def central_conf_has_another_fsid(world: World, site: Site) -> Iterator[None]:
    file = _conf(site, world.central)
    with changed(file, "text", file.read().replace(world.central.ceph.fsid, _NO_FSID)):
        yield


@modelled()
def central_conf_has_other_mons(world: World, site: Site) -> Iterator[None]:
    file, text = _conf(site, world.central), ""
    for line in file.read().splitlines():
        own = next(row for row in _own_conf(site).splitlines() if row.startswith("mon host"))
        text += (own if line.startswith("mon host") else line) + "\n"
    with changed(file, "text", text):
        yield


def _own_conf(site: Site) -> str:
    return site.nodes[0].files[f"/etc/ceph/{site.ceph.name}.conf"].read()


@modelled()
def central_conf_names_a_missing_keyring(world: World, site: Site) -> Iterator[None]:
    file = _conf(site, world.central)
    with changed(file, "text", file.read().replace(".keyring", ".keyrnig")):
        yield


@modelled()
def central_conf_names_another_keyring(world: World, site: Site) -> Iterator[None]:
    file = _conf(site, world.central)
    with changed(file, "text", file.read().replace("client.external.keyring", "client.openstack.keyring")):
        yield


def _another_key(file: File) -> str:
    return "".join(f"\tkey = {cephx_key()}\n" if "key =" in line else f"{line}\n" for line in file.read().splitlines())


@modelled()
def central_keyring_has_another_key(world: World, site: Site) -> Iterator[None]:
    file = _keyring(site, world.central)
    with changed(file, "text", _another_key(file)):
        yield


# --- keyrings of a site's own cluster ---


def _own_keyring(site: Site, user: str) -> File:
    return site.nodes[0].files[f"/etc/ceph/{site.ceph.name}.client.{user}.keyring"]


@modelled("admin-keyring-at-central-world-readable")
def own_admin_keyring_world_readable(world: World, site: Site) -> Iterator[None]:
    with changed(_own_keyring(site, "admin"), "mode", 0o644):
        yield


@modelled()
def own_openstack_keyring_world_readable(world: World, site: Site) -> Iterator[None]:
    with changed(_own_keyring(site, "openstack"), "mode", 0o644):
        yield


@modelled()
def key_in_a_forgotten_copy(world: World, site: Site) -> Iterator[None]:
    files, copy = site.nodes[0].files, File(_own_keyring(site, "admin").read(), mode=0o644)
    with added(files, f"/etc/ceph/{site.ceph.name}.admin.bak", copy):
        yield


@modelled()
def own_keyring_not_for_glance(world: World, site: Site) -> Iterator[None]:
    with changed(_own_keyring(site, "openstack"), "mode", 0):
        yield


# --- at central, about a DCN site ---


@modelled()
def dcn_conf_missing(world: World, site: Site) -> Iterator[None]:
    conf = f"/etc/ceph/{site.ceph.name}.conf"
    with removed(world.central.nodes[0].files, conf), no_access(world, site, errno.ENOENT):
        yield


@modelled()
def dcn_keyring_missing(world: World, site: Site) -> Iterator[None]:
    with removed(world.central.nodes[0].files, _keyring_path(site)):
        yield


@modelled()
def dcn_keyring_world_readable(world: World, site: Site) -> Iterator[None]:
    with changed(_keyring(world.central, site), "mode", 0o644):
        yield


@modelled()
def dcn_keyring_not_for_glance(world: World, site: Site) -> Iterator[None]:
    with _only_for_root(_keyring(world.central, site)), no_access(world, site, errno.EACCES):
        yield


@modelled()
def dcn_conf_has_another_fsid(world: World, site: Site) -> Iterator[None]:
    file = _conf(world.central, site)
    with changed(file, "text", file.read().replace(site.ceph.fsid, _NO_FSID)):
        yield


@modelled()
def dcn_conf_names_a_missing_keyring(world: World, site: Site) -> Iterator[None]:
    file = _conf(world.central, site)
    with changed(file, "text", file.read().replace(".keyring", ".keyrnig")):
        yield


@modelled()
def dcn_keyring_has_another_key(world: World, site: Site) -> Iterator[None]:
    file = _keyring(world.central, site)
    with changed(file, "text", _another_key(file)):
        yield


@modelled()
def dcn_conf_leads_to_another_cluster(world: World, site: Site) -> Iterator[None]:
    other = next(each for each in world.dcn_sites if each is not site and each.cluster)
    conf, theirs = _conf(world.central, site), _conf(world.central, other).read()
    text = theirs.replace(other.ceph.fsid, site.ceph.fsid).replace(
        f"{other.ceph.name}.client", f"{site.ceph.name}.client"
    )
    keyring = _keyring(world.central, other).read()
    with changed(conf, "text", text), changed(_keyring(world.central, site), "text", keyring):
        yield


@modelled()
def dcn_keyring_of_another_site(world: World, site: Site) -> Iterator[None]:
    file = _keyring(world.central, site)
    other = world.central.ceph.users[f"client.{world.central.ceph.client}"].key
    text = file.read().replace(site.ceph.users[f"client.{site.ceph.client}"].key, other)
    with changed(file, "text", text), no_access(world, site, errno.EACCES):
        yield


# --- the network between the sites ---


def _refused(of: Site, at: Site) -> Callable[..., Output]:
    conf = f"/etc/ceph/{of.ceph.name}.conf"

    def hook(output: Output, call: Call) -> Output:
        if call.name == "rbd" and call.node.site == at.name and conf in call.argv:
            told = "rbd: couldn't connect to the cluster!\nrbd: listing images failed: (110) Connection timed out\n"
            return Output(stderr=told, status=110)
        return output

    return hook


@modelled()
def firewall_to_the_site(world: World, site: Site) -> Iterator[None]:
    with hooked(world, "command", _refused(site, world.central)):
        yield


@modelled()
def firewall_to_central(world: World, site: Site) -> Iterator[None]:
    with hooked(world, "command", _refused(world.central, site)):
        yield


def _barred(world: World, site: Site, how: str) -> Any:
    """Make the WAN stop Ceph clients between central and the site, in both directions."""

    def hook(barred: str, node: Node, cluster: Cluster | None) -> str:
        ends = {(world.central.name, id(site.cluster)), (site.name, id(world.central.cluster))}
        return how if (node.site, id(cluster)) in ends else barred

    return hooked(world, "wan", hook)


@modelled()
def wan_rejects_ceph(world: World, site: Site) -> Iterator[None]:
    with _barred(world, site, "rejects"), no_access(world, site, errno.ECONNREFUSED):
        yield


@modelled()
def wan_drops_ceph(world: World, site: Site) -> Iterator[None]:
    with _barred(world, site, "drops"), no_access(world, site, errno.ETIMEDOUT):
        yield
