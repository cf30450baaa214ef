"""The state folder: the files that a harness or a person needs to find and enter the simulated deployment."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncssh
import yaml

from simulator import deployment_files
from simulator.ssh import USER
from simulator.tls import CA
from simulator.world.build import GLANCE, OTHER_GLANCE, OTHER_STORE
from simulator.world.guest import BOOTED, FILE_NAME, MARKER
from simulator.world.identity import DOMAIN, REGION
from simulator.world.qcow2 import to_raw
from simulator.world.sites import Site
from simulator.world.undercloud import USER as UNDERCLOUD_USER
from simulator.world.world import World

CLOUD = "dcn-sim"
_WAITS = ("import", "copy", "delete", "boot", "volume", "snapshot")


def write(
    folder: Path,
    world: World,
    host_keys: dict[str, asyncssh.SSHKey],
    ceph_warnings: str = "fail",
    *,
    tenant: bool = False,
    image_file: bool = False,
) -> Path:
    """Write all files, the environment file last, and return its path.

    :param tenant: the environment file names an ordinary tenant
    :param image_file: the guest image is a file in the folder, rather than at a URL
    """
    ssh = folder / "ssh"
    ssh.mkdir(parents=True, exist_ok=True)
    key = asyncssh.generate_private_key("ssh-ed25519")
    _secret(ssh / "id_ed25519", key.export_private_key().decode())
    (ssh / "authorized_keys").write_text(key.export_public_key().decode())
    _secret(folder / "clouds.yaml", _dump({"clouds": _clouds(folder, world)}))
    _secret(folder / "control-planerc", _rc(folder, world))
    (folder / "ssh_config").write_text(_ssh_config(world, ssh.absolute()))
    known = [
        f"[{node.address}]:{node.ssh_port} {host_keys[node.name].export_public_key().decode().strip()}\n"
        for node in world.machines
    ]
    (ssh / "known_hosts").write_text("".join(known))
    if "--no-undercloud" not in world.options:
        deployment_files.write(folder, world)
    path = folder / "environment.yaml"
    environment = _environment(world, ceph_warnings) | ({"tenant": f"{CLOUD}-demo"} if tenant else {})
    if image_file:
        disk = to_raw(world.internet[environment["image"].pop("uri")])
        (folder / "guest.raw").write_bytes(disk.read(0, disk.size))
        # Glance downloads from this port; it is in use at another address
        port = urlsplit(world.urls["files"]).port
        environment["image"] |= {"file": "guest.raw", "disk_format": "raw", "port": port}
    path.write_text(_dump(environment))
    return path


def authorized_keys(folder: Path) -> Path:
    return folder / "ssh" / "authorized_keys"


def _dump(what: object) -> str:
    text: str = yaml.safe_dump(what, sort_keys=False, width=110)
    return text


def _secret(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _clouds(folder: Path, world: World) -> dict[str, Any]:
    def entry(name: str) -> dict[str, Any]:
        user = world.identity.users[name]
        return {
            "auth": {
                "auth_url": f"{world.urls['identity']}/v3",
                "username": user.name,
                "password": user.password,
                "project_name": user.project.name,
                "user_domain_name": DOMAIN["name"],
                "project_domain_name": DOMAIN["name"],
            },
            "region_name": REGION,
            **({"cacert": str((folder / CA).absolute())} if "--tls" in world.options else {}),
            "identity_api_version": "3",
        }

    return {CLOUD: entry("admin"), f"{CLOUD}-demo": entry("demo")}


def _rc(folder: Path, world: World) -> str:
    """Return the file that the guide tells its reader to source before they run `openstack` or `glance`."""
    values = {f"OS_{name.upper()}": value for name, value in _clouds(folder, world)[CLOUD]["auth"].items()}
    # the client's default API version does not know `--nic none`
    values |= {"OS_REGION_NAME": REGION, "OS_IDENTITY_API_VERSION": "3", "OS_COMPUTE_API_VERSION": "2.90"}
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())


def _ssh_config(world: World, ssh: Path) -> str:
    blocks = [f"Host {node.name}\n  HostName {node.address}\n  Port {node.ssh_port}\n\n" for node in world.machines]
    blocks.append(f"Host {world.undercloud.node.name}\n  User {UNDERCLOUD_USER}\n\n")
    general = [
        "Host *",
        f"  User {USER}",
        f"  IdentityFile {ssh / 'id_ed25519'}",
        "  IdentitiesOnly yes",
        f"  UserKnownHostsFile {ssh / 'known_hosts'}",
    ]
    return "".join(blocks) + "\n".join(general) + "\n"


def _environment(world: World, ceph_warnings: str) -> dict[str, Any]:
    patience = 40 if world.servers.flavors else 200
    return {
        "cloud": CLOUD,
        "clouds_file": "clouds.yaml",
        "ssh": {"config": "ssh_config", "user": USER, "sudo": True, "known_hosts": "ssh/known_hosts"},
        "image": {
            "uri": f"{world.urls['files']}/{FILE_NAME}",
            "disk_format": "qcow2",
            "container_format": "bare",
            "console": {"booted": BOOTED, "marker": MARKER},
        },
        "flavor": "tiny" if world.servers.flavors else "auto",
        "network": "none" if world.networks.networks else "auto",
        "ceph_warnings": ceph_warnings,
        # without delays, a result that does not come at once never comes; but a run's own flavor has a disk of 1 GiB,
        # and its snapshots are hashed
        **({"timeouts": dict.fromkeys(_WAITS, patience)} if world.clock.factor == 0 else {}),
        **({"other_stores": [OTHER_STORE]} if "--other-store" in world.options else {}),
        **({} if "--no-undercloud" in world.options else {"undercloud": {"host": world.undercloud.node.name}}),
        "sites": {name: _site(site, world.options) | _with_pods(world, site) for name, site in world.sites.items()},
    }


def _with_pods(world: World, site: Site) -> dict[str, Any]:
    """Return the nodes and services of a site whose Glances run in pods."""
    pods = {name: node for name, node in world.pods.items() if node.site == site.name}
    if not pods:
        return {}
    place = {"address": world.undercloud.node.name, "roles": ["glance"]}
    nodes = _nodes(site, without=("glance",))
    nodes |= {name: place | {"pod": {"name": name, "container": GLANCE}} for name in pods}
    return {"nodes": nodes, "services": {"glance": {"container": None}}}


def _nodes(site: Site, without: Sequence[str] = ()) -> dict[str, Any]:
    return {
        node.name: {"address": node.address, "roles": [role for role in node.roles if role not in without]}
        for node in site.nodes
    }


def _site(site: Site, options: frozenset[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"central": True} if site.central else {}
    found["availability_zone"] = site.zone
    if site.cluster and site.glance:
        found["store"] = site.store
        if site.central_store:
            found["central_store"] = site.central_store
        if site.local_store and site.local_store != site.store:
            found["local_store"] = site.local_store
        if site.cinder and not site.central and site.cinder.cluster != site.name:
            found["cinder_cluster"] = site.cinder.cluster or "none"
        for_services = "--services-glance" in options and not site.central
        found["glance_internal" if for_services else "glance"] = site.glance.url
        if site.internal_glance and (site.central or site.central_store):
            found["glance_internal"] = site.internal_glance.url
        if site.glance.url.split("//")[1].startswith("glance."):
            found["via"] = site.nodes[-1].name
        found["ceph"] = {
            "cluster": site.cluster.name,
            # how others are asked is to be found out
            **({"runtime": "podman", "mon_container": "ceph-mon-{hostname}"} if _is_usual(site) else {}),
            "min_mons": len(site.cluster.mons),
            **({"client": site.cluster.client} if site.cluster.client != "external" else {}),
            # the simulator's counters are always current
            "stats_period": 0.1,
        }
    elif site.glance:
        found["glance"] = site.glance.url
    if any(OTHER_GLANCE in node.containers for node in site.nodes):
        found["services"] = {"glance": {"container": OTHER_GLANCE}}
    found["nodes"] = _nodes(site)
    return found


def _is_usual(site: Site) -> bool:
    """Return whether the monitors run in podman's containers, with the node's keyrings."""
    return all(node.engine == "podman" and not node.cephadm for node in site.nodes)
