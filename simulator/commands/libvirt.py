"""`virsh`, as far as a reader needs it: `list`, `dumpxml` and secrets, in the container that runs libvirt."""

from __future__ import annotations

from simulator.commands.shell import Call, Output, command
from simulator.world.clusters import Cluster
from simulator.world.servers import Server

_CONTAINER = "nova_libvirt"
_MON_PORT = 6789


@command("virsh")
async def _virsh(call: Call) -> Output:
    if call.container != _CONTAINER:
        return Output(stderr="bash: line 1: virsh: command not found\n", status=127)
    words = [word for word in call.args if not word.startswith("-")]
    here = [
        server
        for server in call.world.servers.servers.values()
        # Nova defines the domain again when it starts a server
        if server.host == call.node.name and not server.terminated and server.task_state != "powering-on"
    ]
    if words == ["list"] and "--uuid" in call.args:
        shown = [server.id for server in here if "--all" in call.args or server.status == "ACTIVE"]
        return Output("".join(f"{identifier}\n" for identifier in [*shown, ""]).encode())
    if words == ["secret-list"]:
        rows = "".join(f" {identifier}   ceph client.openstack secret\n" for identifier in call.node.secrets)
        return Output(f" UUID   Usage\n{'-' * 60}\n{rows}\n".encode())
    if words[:1] == ["secret-get-value"] and len(words) == 2:
        if words[1] in call.node.secrets:
            return Output(f"{call.node.secrets[words[1]]}\n\n".encode())
        told = f"error: failed to get secret '{words[1]}'\nerror: Secret not found: no secret with matching uuid "
        return Output(stderr=f"{told}'{words[1]}'\n", status=1)
    if words[:1] == ["dumpxml"] and len(words) == 2:
        for server in here:
            if server.id == words[1]:
                return Output(_xml(call, server).encode())
        return Output(stderr=f"error: failed to get domain '{words[1]}'\n", status=1)
    return Output(stderr=f"error: unknown command: '{' '.join(words)}'\n", status=1)


def _xml(call: Call, server: Server) -> str:
    site = call.world.sites[server.site or ""]
    lines = [
        "<domain type='qemu'>",
        f"  <name>instance-{server.id[:8]}</name>",
        f"  <uuid>{server.id}</uuid>",
        "  <devices>",
    ]
    if server.disk is not None:
        lines += [
            "    <disk type='file' device='disk'>",
            f"      <source file='/var/lib/nova/instances/{server.id}/disk'/>",
            "      <target dev='vda' bus='virtio'/>",
            "    </disk>",
        ]
    for number, (name, cluster) in enumerate(_rbd_disks(call, server)):
        asked = call.world.hooks.through("domain.cluster", cluster, server=server, name=name)
        lines += [
            "    <disk type='network' device='disk'>",
            f"      <auth username='openstack'><secret type='ceph' uuid='{site.nova.secret}'/></auth>",
            f"      <source protocol='rbd' name='{name}' index='{number + 1}'>",
            *(f"        <host name='{mon.address}' port='{_MON_PORT}'/>" for mon in asked.mons),
            "      </source>",
            f"      <target dev='vd{'abcdefghijklmnop'[number]}' bus='virtio'/>",
            "    </disk>",
        ]
    return "\n".join([*lines, "  </devices>", "</domain>", ""])


def _rbd_disks(call: Call, server: Server) -> list[tuple[str, Cluster]]:
    """Return the RBD images of the server's disks as `pool/name` with their clusters, the root disk first."""
    world, disks = call.world, []
    site = world.sites[server.site or ""]
    if server.image_id and server.disk is None:
        disks.append((f"{site.nova.images_pool}/{server.rbd_name}", site.ceph))
    for identifier in server.volumes:
        volume = world.volumes.get(identifier)
        at = world.sites[volume.site]
        disks.append((f"{at.cinder.pool if at.cinder else 'volumes'}/{volume.rbd_name}", at.ceph))
    return disks
