"""The configuration of containers on a host, with one folder per service as in TripleO.

`/var/lib/config-data/puppet-generated/nova_libvirt/etc/nova/nova.conf` on the host is `/etc/nova/nova.conf` in the
container, so each container of a host has its own.
"""

from __future__ import annotations

from pathlib import Path

from lab import hosts
from lab.plan import Host
from lab.state import State, write

BASE = "/var/lib/config-data/puppet-generated"
LOGS = "/var/log/containers"
_OWN_SCRIPTS = "/var/lib/config-data/dcn-lab"
_START = Path(__file__).parent / "inside" / "start.py"


def folder(state: State, host: Host, service: str, program: str) -> Path:
    """Return the service's /etc/PROGRAM as a path on this machine."""
    return state.host(host) / BASE.lstrip("/") / service / "etc" / program


def volume(service: str, program: str) -> str:
    """Return the --volume value that mounts the folder into a container."""
    return f"{BASE}/{service}/etc/{program}:/etc/{program}:ro"


def log_volume(program: str) -> str:
    return f"{LOGS}/{program}:/var/log/{program}"


def make_folders(state: State, host: Host, program: str, user: str, *below: str) -> None:
    """Create the log folder of the service and its data folder with the given subfolders, owned by `user`."""
    of_host = state.host(host)
    hosts.own_folder(of_host / LOGS.lstrip("/") / program, user, 0o750)
    for name in ("", *below):
        hosts.own_folder(of_host / "var" / "lib" / program / name, user, 0o755)


def start_script(state: State, host: Host) -> str:
    """Write the script that starts a program with the lab's changes, and return its text."""
    text = _START.read_text(encoding="utf-8")
    write(state.host(host) / _OWN_SCRIPTS.lstrip("/") / "start.py", text, 0o644)
    return text


START_VOLUME = f"{_OWN_SCRIPTS}:/opt/dcn-lab:ro"


def command(program: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs /usr/bin/PROGRAM in a container with the changes that the start script makes."""
    return ("/usr/bin/python3", "/opt/dcn-lab/start.py", program, *arguments)
