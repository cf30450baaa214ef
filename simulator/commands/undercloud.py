"""Commands of the undercloud: `source` for an rc file, and `openstack stack list`."""

from __future__ import annotations

import json
import re

from simulator.commands.shell import Call, Output, command
from simulator.world.undercloud import ROLE

_EXPORT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")


@command("source", ".")
async def _source(call: Call) -> Output:
    """Read assignments only; the following commands of the same shell see them."""
    if not call.args:
        return Output(stderr="bash: line 1: source: filename argument required\n", status=2)
    given = call.args[0]
    path = given if given.startswith("/") else f"/home/{call.user}/{given.removeprefix('./')}"
    file = call.node.file(path, call.container)
    if file is None:
        return Output(stderr=f"bash: line 1: {given}: No such file or directory\n", status=1)
    if call.user not in ("root", file.owner) and not file.mode & 0o004:
        return Output(stderr=f"bash: line 1: {given}: Permission denied\n", status=1)
    for line in file.read().splitlines():
        if assignment := _EXPORT.fullmatch(line.strip()):
            call.variables[assignment[1]] = assignment[2].strip("'\"")
    return Output()


@command("openstack")
async def _openstack(call: Call) -> Output:
    if ROLE not in call.node.roles:
        return Output(stderr="bash: line 1: openstack: command not found\n", status=127)
    if call.args[:2] != ["stack", "list"]:
        return Output(stderr=f"openstack: '{' '.join(call.args)}' is not an openstack command here\n", status=2)
    if "OS_AUTH_URL" not in call.variables:
        return Output(stderr="Missing value auth-url required for auth plugin password\n", status=1)
    if call.args[2:] not in (["--format", "json"], ["-f", "json"], ["--format=json"]):
        return Output(stderr="openstack stack list: only --format json is simulated\n", status=2)
    rows = [
        {
            "ID": stack.id,
            "Stack Name": stack.name,
            "Project": "admin",
            "Stack Status": stack.status,
            "Creation Time": stack.created,
            "Updated Time": None,
        }
        for stack in call.world.undercloud.stacks.values()
    ]
    return Output((json.dumps(rows, indent=2) + "\n").encode())
