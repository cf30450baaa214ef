"""Break the lab with one fault at a time, and record every change before it is made."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from faults.catalogue import Fault
from lab import containers
from lab.cloud import Cloud
from lab.faults import endpoints, reporting, secrets, undo, zones
from lab.faults.ini import Edit, set_option
from lab.faults.lab import FaultError, Lab
from lab.plan import Host, PlanError, Site
from lab.poll import wait_until
from lab.state import write

_BUGGY_GLANCE = Path(__file__).parent / "buggy_glance.py"
_RULES = """\
table inet {table} {{
  chain input {{
    type filter hook input priority 0; policy accept;
    ip saddr {address} tcp dport {{ 3300, 6789, 6800-7300 }} {verdict}
  }}
  chain output {{
    type filter hook output priority 0; policy accept;
    ip daddr {address} tcp dport {{ 3300, 6789, 6800-7300 }} {verdict}
  }}
}}
"""
#: a script that a host runs in the background, detached from the process that starts it
_WATCH = """\
exec </dev/null >/dev/null 2>&1
echo $$ >{pid}
whole() {{ rbd --cluster {cluster} -p images ls -l --format json | grep -o '"protected":"true"' | wc -l; }}
before=$(whole)
until test "$(whole)" -gt "$before"; do sleep 1; done
podman stop --time=10 {container}
"""


@dataclass(frozen=True)
class Broken:
    """The contents of the journal: the fault, its site, and the steps that undo it, newest last."""

    fault: str
    site: str
    steps: tuple[undo.Undo, ...]


class Journal:
    """The file that says what is broken and how to undo it. It exists exactly as long as something is broken."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "journal.json"

    def read(self) -> Broken | None:
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return Broken(kept["fault"], kept["site"], tuple(map(undo.from_record, kept["steps"])))

    def write(self, fault: str, site: str, steps: Sequence[Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        records = [undo.to_record(step) for step in steps]
        write(self._file, json.dumps({"fault": fault, "site": site, "steps": records}, indent=1) + "\n")

    def forget(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def journal_of(lab: Lab) -> Journal:
    return Journal(lab.state.folder / "faults")


class Breaking:
    """The changes that a fault can make to the lab. `site` is the fault's site; `central` is the central site."""

    def __init__(self, lab: Lab, fault: Fault, site: Site) -> None:
        self.lab, self.fault, self.site = lab, fault, site
        self.journal = journal_of(lab)
        self._steps: list[undo.Undo] = []
        self._note()

    def _note(self, *steps: undo.Undo) -> None:
        self._steps += steps
        self.journal.write(self.fault.name, self.site.name, self._steps)

    @property
    def central(self) -> Site:
        return self.lab.plan.central

    @property
    def other_dcn(self) -> Site:
        """Another DCN site with storage; raises PlanError if there is none."""
        for other in self.lab.plan.dcn_storage:
            if other != self.site:
                return other
        raise PlanError(f"{self.fault} needs a lab with two DCN sites that have storage")

    # files of a host

    def edit(self, host: Host, path: str, change: Edit) -> None:
        """Change the text of a file but not its mode and owner."""
        file = self._keep(host, path)
        old, before = file.stat(), file.read_text(encoding="utf-8")
        after = change(before)
        if after == before:
            raise FaultError(f"{path} on {host.name} is not as this fault expects it: nothing to change there")
        write(file, after, old.st_mode & 0o777, (old.st_uid, old.st_gid))

    def runs_with(self, path: str, hosts: Sequence[Host], change: Edit, restart: Callable[..., None]) -> None:
        """Change a file, restart the services that read it with `restart(*hosts)`, and restore the file.

        The services then run with the changed settings while the file on disk is correct.
        """
        before = len(self._steps)
        for host in hosts:
            self.edit(host, path, change)
        kept = self._steps[before:]
        restart(*hosts)
        for step in kept:
            step.run(self.lab)

    def remove(self, host: Host, path: str) -> None:
        self._keep(host, path).unlink()

    def add(self, host: Host, path: str, text: str, mode: int = 0o644) -> None:
        missing = [folder for folder in PurePosixPath(path).parents if not self.lab.file(host, str(folder)).exists()]
        for folder in reversed(missing):  # the last step is undone first
            self._note(undo.RemoveFolder(host.name, str(folder)))
        self._note(undo.RestoreFile(host.name, path, None))
        write(self.lab.file(host, path), text, mode)

    def chmod(self, host: Host, path: str, mode: int) -> None:
        self._keep(host, path).chmod(mode)

    def chown(self, host: Host, path: str, uid: int, gid: int) -> None:
        os.chown(self._keep(host, path), uid, gid)

    def _keep(self, host: Host, path: str) -> Path:
        file = self.lab.file(host, path)
        kept = self.journal.folder / f"{len(self._steps)}-{file.name}"
        shutil.copy2(file, kept)
        old = file.stat()
        os.chown(kept, old.st_uid, old.st_gid)
        self._note(undo.RestoreFile(host.name, path, str(kept)))
        return file

    # clusters

    def tell_cluster(self, site: Site, *command: str, back: Sequence[str]) -> None:
        self._note(undo.TellCluster(site.name, list(back)))
        self.lab.ceph(site, *command)

    def wait_for_health(self, site: Site, code: str) -> None:
        """Wait until the cluster reports this health code."""

        def complains() -> bool:
            return code in json.loads(self.lab.ceph(site, "health", "--format", "json"))["checks"]

        wait_until(f"{site.name}'s cluster says {code}", complains, seconds=60)

    def put_rbd(self, pool: str, name: str) -> None:
        """Create an image that no service knows in a pool of the site's cluster."""
        self._note(undo.RemoveRbd(self.site.name, pool, name))
        self.lab.rbd(self.site, "create", "--size=1M", f"{pool}/{name}")

    def set_external(self, site: Site, keyring: str) -> None:
        """Give the cluster's client.external the key and the caps of this keyring."""
        self._note(undo.RestoreExternalKey(site.name))
        self.lab.ceph(site, "auth", "import", "-i", "-", stdin=keyring)

    # services

    def stop_container(self, host: Host, container: str) -> None:
        self._note(undo.StartContainer(host.name, container))
        self.lab.shell(host).run("podman", "stop", "--time=10", container, timeout=60)

    def stop_container_when(self, host: Host, container: str, *, copy_in: Site) -> None:
        """Have the host stop a container as soon as the images pool of a site has one more complete image."""
        self._note(undo.StartContainer(host.name, container), undo.EndWatch(host.name))
        script = _WATCH.format(pid=undo.WATCH, cluster=copy_in.cluster, container=container)
        self.lab.shell(host).run("setsid", "--fork", "sh", "-c", script)

    def hang_container(self, host: Host, container: str) -> None:
        """Make a service accept connections without answering them."""
        self._note(undo.ContinueContainer(host.name, container))
        containers.signal(self.lab.shell(host), container, "STOP")

    def restart(self, container: str, *hosts: Host, wait: bool = True) -> None:
        """Restart a service of Nova, Cinder or Neutron after a change of its files.

        With `wait`, wait until the service works.
        """
        self._note(*(undo.RestartService(host.name, container) for host in hosts))
        for host in hosts:
            reporting.restart(self.lab, host, container, wait=wait)

    def stop_service(self, container: str, *hosts: Host) -> None:
        """Stop a service of Nova or Cinder, and wait until the API lists it as down."""
        self._note(*(undo.RestartService(host.name, container) for host in hosts))
        for host in hosts:
            self.lab.shell(host).run("podman", "stop", "--time=5", container, timeout=60)
        for host in hosts:
            reporting.wait_down(self.lab, host, container)

    def forget_volume_service(self, host: Host, made: str | None = None) -> None:
        """Make Cinder forget a host's volume service so that the service can register with another cluster.

        `made` is the name of that cluster if it is new.
        """
        self._note(undo.ForgetVolumeService(host.name, made))
        reporting.forget_volume_service(self.lab, host)

    def zone(self, host: Host, zone: str) -> None:
        """Move a host to another availability zone."""
        self._note(undo.SetZone(host.name, host.site))
        zones.set_zone(self.lab, host, zone)

    def disable_compute(self, host: Host) -> None:
        """Disable a host for Nova's scheduler."""
        self._note(undo.EnableCompute(host.name))
        reporting.set_status(self.lab, host, "disabled")

    def secrets(self, host: Host, *sites: str) -> None:
        """Give libvirt on a host the keys of exactly these sites' clusters."""
        self._note(undo.SetSecrets(host.name, [host.site]))
        secrets.set_secrets(self.lab, host, sites)

    def wrong_secret(self, host: Host) -> None:
        """Replace the key of the host's own cluster in libvirt with another key."""
        self._note(undo.SetSecrets(host.name, [host.site]))
        secrets.set_wrong_value(self.lab, host)

    def compute_with(self, host: Host, *options: str) -> None:
        """Run nova-compute on a host with additional options."""
        self._note(undo.RecreateCompute(host.name))
        reporting.recreate_compute(self.lab, host, *options)

    def firewall(self, host: Host, address: str, verdict: str) -> None:
        """Apply `drop` or `reject with …` to the host's traffic on Ceph's ports from and to this address."""
        self._note(undo.RemoveFirewall(host.name))
        rules = _RULES.format(table=undo.NFT_TABLE, address=address, verdict=verdict)
        self.lab.shell(host).run("nft", "-f", "-", stdin=rules)

    def endpoints(self, service: str, change: Callable[[list[str]], list[str]]) -> None:
        before = endpoints.public(self.lab, service)
        self._note(undo.RestoreEndpoints(service, before))
        endpoints.set_public(self.lab, service, change(before))

    def stack(self, change: Callable[[Cloud, str], None]) -> None:
        """Change the site's stack through Heat."""
        self._note(undo.MakeStack(self.site.name))
        change(Cloud(self.lab.plan, self.lab.state), self.site.stack)

    def restart_glance(self, *hosts: Host) -> None:
        """Restart Glance so that it reads its changed files."""
        self._note(*(undo.RestartGlance(host.name) for host in hosts))
        for host in hosts:
            self.lab.restart_glance(host)

    def buggy_glance(self, bug: str, **settings: object) -> None:
        """Give central's Glance one of the bugs that `buggy_glance.py` describes."""
        text = _BUGGY_GLANCE.read_text(encoding="utf-8")
        for host in self.central.hosts:
            self.add(host, "/etc/glance/buggy_glance.py", text)
            self.add(host, "/etc/glance/bug.json", json.dumps({"bug": bug, **settings}) + "\n")
            self.edit(host, "/etc/glance/uwsgi.ini", _use_buggy_glance)
        self.restart_glance(*self.central.hosts)


def _use_buggy_glance(uwsgi: str) -> str:
    return set_option(uwsgi, "uwsgi", "wsgi-file", "/etc/glance/buggy_glance.py")
