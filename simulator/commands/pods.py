"""`oc exec` and `kubectl exec`, where the credentials for the pods are: a command in a service's container."""

from __future__ import annotations

from dataclasses import replace

from simulator.commands.shell import Call, Output, command, run
from simulator.world.undercloud import ROLE

NAMESPACE = "openstack"


@command("oc", "kubectl")
async def _oc(call: Call) -> Output:
    """Support `exec -n NAMESPACE POD -c CONTAINER -- COMMAND`."""
    if ROLE not in call.node.roles or not call.world.pods:
        return Output(stderr=f"bash: line 1: {call.name}: command not found\n", status=127)
    verb, *words = call.args
    at = words.index("--") if "--" in words else len(words)
    options, argv = words[:at], words[at + 1 :]
    if verb != "exec" or not argv or options[:1] != ["-n"] or options[3:4] not in ([], ["-c"]):
        return Output(stderr=f"error: unknown command {' '.join(call.args)}\n", status=1)
    namespace, name, container = options[1], options[2], (*options, "")[4] if len(options) > 4 else ""
    node = call.world.pods.get(name)
    if namespace != NAMESPACE or node is None or container not in node.containers:
        return Output(stderr=f'Error from server (NotFound): pods "{name}" not found\n', status=1)
    user = node.containers[container].user
    output = await run(replace(call, node=node, argv=argv, user=user, container=container))
    if output.status:
        output.stderr += f"command terminated with exit code {output.status}\n"
    return output
