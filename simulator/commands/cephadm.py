"""`cephadm shell` with a command, which runs in a container of its own."""

from __future__ import annotations

import itertools

from simulator.commands.shell import Call, Output, command, run
from simulator.world.nodes import Container

_SHELLS = itertools.count()


@command("cephadm")
async def _cephadm(call: Call) -> Output:
    """Support `cephadm shell` with --fsid, --config, --keyring and --mount: a command in a container of its own."""
    if call.container is not None or not call.node.cephadm:
        return Output(stderr="bash: line 1: cephadm: command not found\n", status=127)
    if call.user != "root":
        return Output(stderr="ERROR: cephadm should be run as root\n", status=1)
    verb, *words = call.args
    at = words.index("--") if "--" in words else len(words)
    options, argv = words[:at], words[at + 1 :]
    if verb != "shell" or not argv:
        return Output(stderr=f"ERROR: this cephadm knows no {' '.join(call.args)}\n", status=2)
    values: dict[str, str] = {
        name: options[options.index(name) + 1] for name in ("--fsid", "--config", "--keyring") if name in options
    }
    files = {}
    for option, place in (("--config", "/etc/ceph/ceph.conf"), ("--keyring", "/etc/ceph/ceph.keyring")):
        file = call.node.file(values.get(option, ""))
        if file is None:
            return Output(stderr=f"ERROR: {values.get(option, option)} does not exist\n", status=1)
        files[place] = file
    if f"fsid = {values.get('--fsid')}" not in files["/etc/ceph/ceph.conf"].read():
        return Output(stderr="ERROR: fsid does not match ceph.conf\n", status=1)
    mounts = {}
    if "--mount" in options:
        for mount in itertools.takewhile(lambda word: word.startswith("/"), options[options.index("--mount") + 1 :]):
            folder, _, place = mount.partition(":")
            mounts[place] = folder
    name = f"ceph-{values['--fsid']}-shell-{next(_SHELLS)}"
    call.node.containers[name] = Container(name, "quay.io/ceph/ceph:v17", files=files, mounts=mounts, ceph=True)
    try:
        output = await run(call.again(argv, container=name))
    finally:
        del call.node.containers[name]
    return Output(output.stdout, f"Using recent ceph image quay.io/ceph/ceph:v17\n{output.stderr}", output.status)
