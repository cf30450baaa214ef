"""Where the configuration of containers lies on a host: as TripleO lays it out, a folder a service.

`/var/lib/config-data/puppet-generated/nova_libvirt/etc/nova/nova.conf` on the host is `/etc/nova/nova.conf` in the
container, so several containers of a host have each their own.
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
    """The service's /etc/PROGRAM, as a path of this machine."""
    return state.host(host) / BASE.lstrip("/") / service / "etc" / program


def volume(service: str, program: str) -> str:
    """The --volume value by which a container has it."""
    return f"{BASE}/{service}/etc/{program}:/etc/{program}:ro"


def log_volume(program: str) -> str:
    return f"{LOGS}/{program}:/var/log/{program}"


def make_folders(state: State, host: Host, program: str, user: str, *below: str) -> None:
    """The service's logs and its own data with the folders in it, which belong to `user`."""
    of_host = state.host(host)
    hosts.own_folder(of_host / LOGS.lstrip("/") / program, user, 0o750)
    for name in ("", *below):
        hosts.own_folder(of_host / "var" / "lib" / program / name, user, 0o755)


def start_script(state: State, host: Host) -> str:
    """Put what starts a program with the lab's changes in place; returns its text."""
    text = _START.read_text(encoding="utf-8")
    write(state.host(host) / _OWN_SCRIPTS.lstrip("/") / "start.py", text, 0o644)
    return text


START_VOLUME = f"{_OWN_SCRIPTS}:/opt/dcn-lab:ro"


def command(program: str, *arguments: str) -> tuple[str, ...]:
    """How a container runs /usr/bin/PROGRAM with the lab's changes; its script knows which those are."""
    return ("/usr/bin/python3", "/opt/dcn-lab/start.py", program, *arguments)
