"""The lab from the point of view of faults: its layout, its folder, and a few operations on its hosts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lab import ceph, containers, glance, haproxy, hosts
from lab.command import CommandError, Shell
from lab.plan import Host, Plan, Site
from lab.state import State

POOLS_OF_GLANCE = ("images", "volumes")
_GLANCE_SECONDS = 45


class FaultError(RuntimeError):
    """A fault cannot be brought about or undone; the message is one line."""


@dataclass(frozen=True)
class Lab:
    """A lab that is up."""

    plan: Plan
    state: State

    @property
    def log(self) -> Path:
        return self.state.log("faults")

    def shell(self, host: Host) -> Shell:
        """Return a shell that runs commands as root inside the host."""
        return hosts.shell_in(self.plan, host, self.log)

    def file(self, host: Host, path: str) -> Path:
        """Return the path on this machine of a file below /etc or /var of the host."""
        return self.state.host(host) / path.lstrip("/")

    def ceph(self, site: Site, *command: str, stdin: str = "") -> str:
        """Run a `ceph` command as administrator of a site's cluster."""
        program = ("ceph", "--cluster", site.cluster, "--connect-timeout", "10")
        return self.shell(site.first).run(*program, *command, stdin=stdin, timeout=30, secret=bool(stdin))

    def rbd(self, site: Site, *command: str, check: bool = True) -> str:
        return self.shell(site.first).run("rbd", "--cluster", site.cluster, *command, timeout=60, check=check)

    def restart_glance(self, host: Host) -> None:
        """Restart Glance and wait until it answers.

        Glance 25 under uwsgi sometimes hangs forever when two of its threads log at once during the start, because
        oslo.log gives them eventlet's locks. In that case, Glance is restarted again, up to two more times.
        """
        for last in (False, False, True):
            containers.restart(self.shell(host), glance.CONTAINER)
            try:
                return self.wait_for_glance(host)
            except CommandError:
                if last:
                    raise

    def wait_for_glance(self, host: Host) -> None:
        """Wait until the host's Glance answers, or one of the site's Glances through the host's HAProxy."""
        container = haproxy.CONTAINER if host.haproxy else glance.CONTAINER
        containers.wait_for(self.shell(host), container, partial(glance.answers, host), seconds=_GLANCE_SECONDS)

    def wait_healthy(self, site: Site) -> None:
        ceph.wait_healthy(self.plan, site, self.log, seconds=90)
