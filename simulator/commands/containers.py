"""`podman exec`, `ps`, `inspect` and `logs`, and the same of `docker`, for which nodes with podman have no daemon."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from simulator.commands.shell import Call, Output, command, run
from simulator.world.nodes import STARTED, Container

# Go's zero time as a Unix timestamp
_NEVER = -62135596800


@command("podman")
async def _podman(call: Call) -> Output:
    if call.container is not None or call.node.engine != "podman":
        return Output(stderr="bash: line 1: podman: command not found\n", status=127)
    words = list(call.args)
    verb = words.pop(0) if words else ""
    if verb == "container" and words:
        verb = words.pop(0)
    if verb == "exec":
        return await _exec(call, words)
    if verb == "ps":
        return _ps(call, words)
    if verb == "inspect":
        return _inspect(call, words)
    if verb == "logs":
        return _logs(call, words)
    if verb == "version" or "--version" in words:
        return Output(b"podman version 4.3.1\n")
    return Output(stderr=f"Error: unrecognized command `podman {verb}`\n", status=125)


@command("docker")
async def _docker(call: Call) -> Output:
    """Run the client; on nodes with podman without a daemon, as on the machine of the recorded lab."""
    verb, *words = call.args or ["help"]
    if call.node.engine == "docker" and call.container is None:
        if verb == "ps":
            rows = [{"Names": each.name, "State": each.state, "Image": each.image} for each in _visible(call).values()]
            return Output("".join(f"{json.dumps(row)}\n" for row in rows).encode())
        if verb in ("exec", "inspect", "logs"):
            shows = {"inspect": _inspect, "logs": _logs}
            return await _exec(call, words) if verb == "exec" else shows[verb](call, words)
    told = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n"
    return Output(stderr=told, status=1)


def _visible(call: Call) -> dict[str, Container]:
    """Return the containers that the user sees. Rootless podman has its own containers, and there are none here."""
    return call.node.containers if call.user == "root" else {}


def _unknown(name: str) -> Output:
    return Output(stderr=f'Error: no container with name or ID "{name}" found: no such container\n', status=125)


async def _exec(call: Call, words: list[str]) -> Output:
    user = ""
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option in ("-u", "--user"):
            user = words.pop(0)
        elif option in ("-e", "--env", "-w", "--workdir"):
            words.pop(0)
    name, *argv = words or [""]
    container = _visible(call).get(name)
    if container is None:
        return _unknown(name)
    if container.state != "running":
        message = "Error: can only create exec sessions on running containers: container state improper\n"
        return Output(stderr=message, status=255)
    return await run(call.again(argv, user=user or container.user, container=name))


def _id(call: Call, name: str) -> str:
    return hashlib.sha256(f"{call.node.name}/{name}".encode()).hexdigest()


def _record(call: Call, container: Container) -> dict[str, Any]:
    running = container.state == "running"
    return {
        "AutoRemove": False,
        "Command": [container.name],
        "Created": STARTED,
        "CreatedAt": "2 hours ago",
        "Exited": not running,
        "ExitedAt": _NEVER if running else STARTED,
        "ExitCode": 0 if running else 1,
        "Id": _id(call, container.name),
        "Image": container.image,
        "ImageID": "",
        "IsInfra": False,
        "Labels": {"container_name": container.name, "managed_by": "tripleo_ansible"},
        "Mounts": ["/etc/ceph"],
        "Names": [container.name],
        "Namespaces": {},
        "Networks": [],
        "Pid": 4711 if running else 0,
        "Pod": "",
        "PodName": "",
        "Ports": None,
        "Size": None,
        "StartedAt": container.started,
        "State": container.state,
        "Status": "Up 2 hours" if running else "Exited (1) 2 minutes ago",
    }


def _ps(call: Call, words: list[str]) -> Output:
    shown = list(_visible(call).values())
    if not {"-a", "--all"} & set(words):
        shown = [container for container in shown if container.state == "running"]
    for name in [words[at + 1] for at, word in enumerate(words[:-1]) if word in ("-f", "--filter")]:
        key, _, value = name.partition("=")
        if key == "name":
            shown = [container for container in shown if value.strip("^$") in container.name]
    form = next((words[at + 1] for at, word in enumerate(words[:-1]) if word == "--format"), None)
    form = next((word.split("=", 1)[1] for word in words if word.startswith("--format=")), form)
    if form == "json":
        rows = [_record(call, container) for container in shown]
        return Output((json.dumps(rows, indent=2) + "\n").encode())
    if form:
        fields = {"{{.Names}}": "name", "{{.State}}": "state", "{{.Image}}": "image"}
        lines = []
        for container in shown:
            line = form
            for placeholder, attribute in fields.items():
                line = line.replace(placeholder, getattr(container, attribute))
            lines.append(line + "\n")
        return Output("".join(lines).encode())
    lines = [f"{'CONTAINER ID':14}{'IMAGE':44}{'STATUS':14}NAMES\n"]
    lines += [f"{_id(call, each.name)[:12]:14}{each.image:44}{'Up 2 hours':14}{each.name}\n" for each in shown]
    return Output("".join(lines).encode())


def _inspect(call: Call, words: list[str]) -> Output:
    name = words[-1] if words else ""
    container = _visible(call).get(name)
    if container is None:
        return Output(b"[]\n", f'Error: inspecting object: no such object: "{name}"\n', 125)
    state = {"Status": container.state, "Running": container.state == "running"}
    if any("json .Mounts" in word for word in words):
        of_a_folder = {
            "Type": "bind",
            "Driver": "",
            "Mode": "",
            "Options": ["rbind"],
            "RW": True,
            "Propagation": "rprivate",
        }
        mounts = [of_a_folder | {"Source": at, "Destination": place} for place, at in container.mounts.items()]
        return Output((json.dumps(mounts) + "\n").encode())
    if any(word.startswith(("--format", "-f")) for word in words):
        started = f"{datetime.fromtimestamp(container.started, UTC):%Y-%m-%d %H:%M:%S} +0000 UTC"
        return Output(f"{started if any('StartedAt' in word for word in words) else container.state}\n".encode())
    record = {"Id": _id(call, name), "Name": name, "State": state, "ImageName": container.image}
    return Output((json.dumps([record], indent=2) + "\n").encode())


def _logs(call: Call, words: list[str]) -> Output:
    name = words[-1] if words else ""
    if name not in _visible(call):
        return _unknown(name)
    lines = call.world.logs.get(f"{call.node.name}/{name}", [])
    tail = next((words[at + 1] for at, word in enumerate(words) if word in ("--tail", "-n")), None)
    lines = lines[-int(tail) :] if tail and tail.isdecimal() else lines
    return Output("".join(f"{line}\n" for line in lines).encode())
