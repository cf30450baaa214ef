"""The lab as faults see it: its layout, its folder, and the few things done to its hosts."""

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
    """A fault cannot be brought about, or not be undone; one line."""


@dataclass(frozen=True)
class Lab:
    """A lab that is up."""

    plan: Plan
    state: State

    @property
    def log(self) -> Path:
        return self.state.log("faults")

    def shell(self, host: Host) -> Shell:
        """Commands as root inside the host."""
        return hosts.shell_in(self.plan, host, self.log)

    def file(self, host: Host, path: str) -> Path:
        """A file below /etc or /var of the host, as this machine sees it."""
        return self.state.host(host) / path.lstrip("/")

    def ceph(self, site: Site, *command: str, stdin: str = "") -> str:
        """Ask a site's cluster something, or tell it, as its administrator."""
        program = ("ceph", "--cluster", site.cluster, "--connect-timeout", "10")
        return self.shell(site.first).run(*program, *command, stdin=stdin, timeout=30, secret=bool(stdin))

    def rbd(self, site: Site, *command: str, check: bool = True) -> str:
        return self.shell(site.first).run("rbd", "--cluster", site.cluster, *command, timeout=60, check=check)

    def restart_glance(self, host: Host) -> None:
        """Restart, and wait until it answers.

        Glance 25 under uwsgi now and then hangs for ever when two of its threads log at once while it starts (oslo.log
        gives them eventlet's locks); then it is restarted once more.
        """
        for last in (False, False, True):
            containers.restart(self.shell(host), glance.CONTAINER)
            try:
                return self.wait_for_glance(host)
            except CommandError:
                if last:
                    raise

    def wait_for_glance(self, host: Host) -> None:
        """Wait until a host's Glance answers, or one of the site's by the host's HAProxy."""
        container = haproxy.CONTAINER if host.haproxy else glance.CONTAINER
        containers.wait_for(self.shell(host), container, partial(glance.answers, host), seconds=_GLANCE_SECONDS)

    def wait_healthy(self, site: Site) -> None:
        ceph.wait_healthy(self.plan, site, self.log, seconds=90)
