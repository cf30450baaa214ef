"""The files through which people and the harness reach the lab: environment.yaml, clouds.yaml, ssh_config and more."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import yaml

from helpers.environment.values import GUEST_BOOTED, GUEST_MARKER
from lab import hosts, keystone
from lab.plan import REGION, SSH_USER, Host, Plan, Site
from lab.state import State, write

CLOUD = "dcn-lab"
DEMO_CLOUD = "dcn-lab-demo"


def write_all(plan: Plan, state: State) -> None:
    write(state.clouds, yaml.safe_dump(clouds(plan, state), sort_keys=False))
    write(state.rc, rc(plan, state))
    # The lab has one Keystone. A real undercloud has its own, apart from the overcloud's.
    hosts.write_at_home(plan.undercloud, state, "stackrc", rc(plan, state))
    write(state.known_hosts, known_hosts(plan, state), 0o644)
    write(state.ssh_config, ssh_config(plan, state), 0o644)
    write(state.environment, yaml.safe_dump(environment(plan), sort_keys=False), 0o644)


def environment(plan: Plan) -> dict[str, Any]:
    """Return the contents of the harness's environment file, whose paths are relative to the file."""
    return {
        "cloud": CLOUD,
        "clouds_file": "clouds.yaml",
        "ssh": {"config": "ssh_config", "user": SSH_USER, "sudo": True, "known_hosts": "known_hosts"},
        "image": {
            "uri": plan.guest_image_url,
            "disk_format": "qcow2",
            "container_format": "bare",
            # printed by lab/inside/guest-init.sh
            "console": {"booted": GUEST_BOOTED, "marker": GUEST_MARKER},
        },
        **({"flavor": "tiny"} if plan.instances else {}),
        "network": "{site}-network" if plan.instances else "none",
        "ceph_warnings": "fail",
        "undercloud": {"host": plan.undercloud.name},
        "sites": {site.name: _site(plan, site) for site in plan.sites},
    }


def _site(plan: Plan, site: Site) -> dict[str, Any]:
    described: dict[str, Any] = {"central": True} if site.central else {}
    described["availability_zone"] = site.name
    if site.storage:
        described |= _storage(plan, site)
    described["nodes"] = {host.name: {"address": host.address, "roles": roles(plan, host)} for host in site.hosts}
    return described


def _storage(plan: Plan, site: Site) -> dict[str, Any]:
    described: dict[str, Any] = {}
    described["store"] = site.store_at_central
    if not site.central:
        described["central_store"] = plan.central.name
    described["glance"] = site.glance_url
    described["ceph"] = {
        "cluster": site.cluster,
        "runtime": "podman",
        "mon_container": "ceph-mon-{hostname}",
        "min_mons": len(site.mons),
    }
    return described


def roles(plan: Plan, host: Host) -> list[str]:
    """Return the harness's names for the services that run on a host."""
    control = host == plan.controller
    runs = {
        "glance": host.glance,
        "ceph-mon": host.mon,
        "compute": plan.instances,
        "cinder-volume": plan.instances and host.cinder_volume,
        "haproxy": host.haproxy,
        "nova-api": plan.instances and control,
        "keystone": plan.instances and control,
    }
    return [role for role, here in runs.items() if here]


def clouds(plan: Plan, state: State) -> dict[str, Any]:
    def cloud(user: str, project: str) -> dict[str, Any]:
        return {
            "auth": {
                "auth_url": plan.keystone_url,
                "username": user,
                "password": keystone.user_password(state, user),
                "project_name": project,
                "user_domain_name": "Default",
                "project_domain_name": "Default",
            },
            "region_name": REGION,
            "identity_api_version": 3,
        }

    return {"clouds": {CLOUD: cloud("admin", "admin"), DEMO_CLOUD: cloud(keystone.DEMO, keystone.DEMO)}}


def rc(plan: Plan, state: State) -> str:
    """Return the file that the guide tells its reader to source before they run `openstack` or `glance`."""
    values = {
        "OS_AUTH_URL": plan.keystone_url,
        "OS_USERNAME": "admin",
        "OS_PASSWORD": keystone.user_password(state, "admin"),
        "OS_PROJECT_NAME": "admin",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
        "OS_REGION_NAME": REGION,
        "OS_IDENTITY_API_VERSION": "3",
    }
    if plan.instances:
        # The client's default API version does not know `--nic none`.
        values["OS_COMPUTE_API_VERSION"] = "2.90"
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())


def ssh_config(plan: Plan, state: State) -> str:
    lines = []
    for host in plan.machines:
        lines += [
            f"Host {host.name} {host.address}",
            f"    HostName {host.address}",
            f"    User {host.user}",
            f"    IdentityFile {state.ssh_key}",
            "    IdentitiesOnly yes",
            f"    UserKnownHostsFile {state.known_hosts}",
            "    GlobalKnownHostsFile /dev/null",
            "    StrictHostKeyChecking yes",
            "",
        ]
    return "\n".join(lines)


def known_hosts(plan: Plan, state: State) -> str:
    lines = []
    for host in plan.machines:
        key = _public_key(state.host(host) / "etc" / "ssh" / "ssh_host_ed25519_key.pub")
        lines.append(f"{host.address},{host.name} {key}")
    return "\n".join(lines) + "\n"


def _public_key(path: Path) -> str:
    kind, key, *_ = path.read_text(encoding="utf-8").split()
    return f"{kind} {key}"
