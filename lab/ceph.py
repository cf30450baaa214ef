"""One Ceph cluster per site: its daemons in containers, and the keys that OpenStack and the other sites use."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from lab import containers, hosts
from lab.command import CommandError, Shell
from lab.containers import Container
from lab.plan import POOLS, Host, Plan, Site
from lab.poll import wait_until
from lab.render import render
from lab.state import State, write

_POOLS_SCRIPT = Path(__file__).parent / "inside" / "ceph_pools.py"
_OSD_CAPS = ", ".join(f"profile rbd pool={pool}" for pool in POOLS)
EXTERNAL_CAPS = {"mgr": "allow *", "mon": "profile rbd", "osd": _OSD_CAPS}
# Turns off the warning that a cluster without a second copy of its data would always give.
_OF_ONE_COPY = "mon allow pool size one = true\nmon warn on pool no redundancy = false"
_ALL_CAPS = {"mds": "allow *", "mgr": "allow *", "mon": "allow *", "osd": "allow *"}


@dataclass(frozen=True)
class Entity:
    """A cephx user with its key and caps."""

    name: str
    key: str
    caps: dict[str, str]

    def keyring(self) -> str:
        lines = [f"[{self.name}]", f"\tkey = {self.key}"]
        return "\n".join(lines + [f'\tcaps {service} = "{caps}"' for service, caps in self.caps.items()]) + "\n"


def entities(site: Site, state: State) -> dict[str, Entity]:
    """Return all cephx users that the site's monitors know from the start, by name."""

    def entity(name: str, caps: dict[str, str]) -> Entity:
        return Entity(name, state.cephx_key(f"cephx-{site.name}-{name}"), caps)

    found = [
        entity("mon.", {"mon": "allow *"}),
        entity("client.admin", _ALL_CAPS),
        entity("client.openstack", EXTERNAL_CAPS),
        entity("client.external", EXTERNAL_CAPS),
    ]
    for host in site.mons:
        found.append(entity(f"mgr.{host.name}", {"mon": "profile mgr", "osd": "allow *", "mds": "allow *"}))
    for number in range(len(site.osds)):
        found.append(entity(f"osd.{number}", {"mon": "profile osd", "mgr": "profile osd", "osd": "allow *"}))
    return {one.name: one for one in found}


def fsid(site: Site, state: State) -> str:
    return state.uuid(f"fsid-{site.name}")


def osd_uuid(site: Site, number: int, state: State) -> str:
    return state.uuid(f"osd-{site.name}-{number}")


def mon_addresses(site: Site) -> str:
    return ",".join(host.address for host in site.mons)


def cluster_conf(plan: Plan, site: Site, state: State) -> str:
    several = len(site.mons) > 1
    return render(
        "ceph.conf",
        fsid=fsid(site, state),
        mon_names=",".join(host.name for host in site.mons),
        mon_addresses=mon_addresses(site),
        subnet=plan.subnet,
        # The copies of an object are on different hosts, and one of the three hosts may be down.
        size=3 if several else 1,
        min_size=2 if several else 1,
        leaf=1 if several else 0,
        of_one="" if several else _OF_ONE_COPY,
    )


def client_conf(site: Site, state: State) -> str:
    """Return the configuration that the guide's `ceph_conf_overrides` creates at the other sites."""
    keyring = f"/etc/ceph/{site.cluster}.client.external.keyring"
    return render("ceph-client.conf", fsid=fsid(site, state), mon_addresses=mon_addresses(site), keyring=keyring)


def write_files(plan: Plan, site: Site, state: State) -> None:
    """Write all files below /etc/ceph on the site's hosts.

    Glance runs as its own user, so the keyrings that it reads belong to that user.
    """
    known = entities(site, state)
    glance = hosts.owner("glance")
    for host in site.hosts:
        folder = hosts.own_folder(state.host(host) / "etc" / "ceph", "root")
        write(folder / f"{site.cluster}.conf", cluster_conf(plan, site, state), 0o644)
        write(folder / f"{site.cluster}.client.admin.keyring", known["client.admin"].keyring())
        write(folder / f"{site.cluster}.client.external.keyring", known["client.external"].keyring())
        write(folder / f"{site.cluster}.client.openstack.keyring", known["client.openstack"].keyring(), 0o600, glance)
        for other in partners(plan, site):
            external = entities(other, state)["client.external"]
            write(folder / f"{other.cluster}.conf", client_conf(other, state), 0o644)
            write(folder / f"{other.cluster}.client.external.keyring", external.keyring(), 0o600, glance)


def partners(plan: Plan, site: Site) -> tuple[Site, ...]:
    """Return the other sites to whose clusters this site's Glance writes.

    Central's Glance writes to all DCN sites with storage, and the Glance of a DCN site writes to central.
    """
    return plan.dcn_storage if site.central else (plan.central,)


def start_daemons(plan: Plan, site: Site, state: State, log: Path) -> None:
    """Start the site's Ceph containers on all its hosts, and create the data of the daemons first if it is missing."""
    conf = cluster_conf(plan, site, state)
    for host in site.osds:
        os.chown(hosts.path_in(plan, host, "/run/ceph"), *hosts.owner("ceph"))
    for host in site.mons:
        shell = hosts.shell_in(plan, host, log)
        _make_mon_data(site, host, state, shell)
        containers.start(host, state, shell, _daemon(site, f"ceph-mon-{host.name}", "ceph-mon", host.name), conf)
        containers.start(host, state, shell, _daemon(site, f"ceph-mgr-{host.name}", "ceph-mgr", host.name), conf)
    for number, host in enumerate(site.osds):
        _make_osd_data(site, host, number, state, hosts.shell_in(plan, host, log))
    first = hosts.shell_in(plan, site.first, log)
    osds = ",".join(osd_uuid(site, number, state) for number in range(len(site.osds)))
    script = _POOLS_SCRIPT.read_text(encoding="utf-8")
    first.run("/usr/bin/python3", "-", site.cluster, osds, ",".join(POOLS), stdin=script, timeout=240)
    for number, host in enumerate(site.osds):
        shell = hosts.shell_in(plan, host, log)
        containers.start(host, state, shell, _daemon(site, f"ceph-osd-{number}", "ceph-osd", str(number)), conf)


def container_names(site: Site, host: Host) -> tuple[str, ...]:
    """Return the names of the cluster's containers that run on the host."""
    of_mon = (f"ceph-mon-{host.name}", f"ceph-mgr-{host.name}") if host.mon else ()
    return (*of_mon, f"ceph-osd-{site.osds.index(host)}") if host.osd else of_mon


def _daemon(site: Site, name: str, program: str, identity: str) -> Container:
    command = (
        program,
        "--cluster",
        site.cluster,
        "--foreground",
        "--id",
        identity,
        "--setuser",
        "ceph",
        "--setgroup",
        "ceph",
    )
    shared = ("/etc/ceph", "/var/lib/ceph", "/run/ceph")
    return Container(name=name, command=command, volumes=tuple(f"{path}:{path}" for path in shared))


def _data_folder(host: Host, state: State) -> Path:
    base = hosts.own_folder(state.host(host) / "var" / "lib" / "ceph", "ceph", 0o750)
    for kind in ("mon", "mgr", "osd"):
        hosts.own_folder(base / kind, "ceph")
    return base


def _make_mon_data(site: Site, host: Host, state: State, shell: Shell) -> None:
    """Create the data folders of monitor and manager. A folder is complete when its last file has been written."""
    known = entities(site, state)
    ceph = hosts.owner("ceph")
    base = _data_folder(host, state)
    name, cluster = host.name, site.cluster
    mon = hosts.own_folder(base / "mon" / f"{cluster}-{name}", "ceph")
    if not (mon / "done").exists():
        everybody = "\n".join(one.keyring() for one in known.values())
        write(base / "mkfs.keyring", everybody, 0o600, ceph)
        shell.run("find", f"/var/lib/ceph/mon/{cluster}-{name}", "-mindepth", "1", "-delete")
        shell.run(
            *("ceph-mon", "--cluster", cluster, "--mkfs", "--id", name, "--keyring", "/var/lib/ceph/mkfs.keyring"),
            *("--setuser", "ceph", "--setgroup", "ceph"),
        )
        (base / "mkfs.keyring").unlink()
        write(mon / "done", "", 0o644, ceph)
    mgr = hosts.own_folder(base / "mgr" / f"{cluster}-{name}", "ceph")
    write(mgr / "keyring", known[f"mgr.{name}"].keyring(), 0o600, ceph)


def _make_osd_data(site: Site, host: Host, number: int, state: State, shell: Shell) -> None:
    """Create the data folder of the OSD. The folder is complete when it has its keyring, which is written last."""
    ceph, cluster = hosts.owner("ceph"), site.cluster
    base = _data_folder(host, state)
    osd = hosts.own_folder(base / "osd" / f"{cluster}-{number}", "ceph")
    if not (osd / "keyring").exists():
        shell.run("find", f"/var/lib/ceph/osd/{cluster}-{number}", "-mindepth", "1", "-delete")
        shell.run(
            *("ceph-osd", "--cluster", cluster, "--mkfs", "--id", str(number), "--no-mon-config"),
            *("--osd-uuid", osd_uuid(site, number, state), "--setuser", "ceph", "--setgroup", "ceph"),
        )
        write(osd / "keyring", entities(site, state)[f"osd.{number}"].keyring(), 0o600, ceph)


def wait_healthy(plan: Plan, site: Site, log: Path, seconds: float = 180) -> None:
    def healthy() -> bool:
        try:
            return health(plan, site, log)["status"] == "HEALTH_OK"
        except CommandError as error:
            # No monitor answers yet, or a busy machine answers slowly.
            raise ConnectionError(str(error)) from error

    wait_until(f"cluster {site.cluster} is HEALTH_OK", healthy, seconds=seconds, first=0.5, longest=1)


def health(plan: Plan, site: Site, log: Path) -> dict[str, str]:
    """Return the health `status` of the cluster and the `codes` of its warnings."""
    shell = hosts.shell_in(plan, site.first, log)
    text = shell.run("ceph", "--cluster", site.cluster, "--connect-timeout", "5", "health", "--format=json", timeout=15)
    found = json.loads(text)
    return {"status": found["status"], "codes": ", ".join(sorted(found.get("checks", {})))}
