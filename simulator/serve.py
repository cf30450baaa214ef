"""`dcn-verify simulate`: bring up a simulated deployment and serve it until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import logging
import resource
import sys
from collections.abc import Sequence

from simulator import state_folder, tls
from simulator.app import NoFreePorts, Sockets, open_sockets, servers
from simulator.faults import CHANGES, Injector, UnknownFault
from simulator.options import arguments_of, simulated
from simulator.ssh import host_key, serve
from simulator.world.world import World
from simulator.worlds import UnknownWorld


async def _serve(world: World, sockets: Sockets, arguments: argparse.Namespace) -> None:
    folder, others_read = arguments.state, arguments.central_reads
    if "--tls" in world.options:
        folder.mkdir(parents=True, exist_ok=True)
        tls.make_ca(folder)
    keys = {node.name: host_key() for node in world.machines}
    path = state_folder.write(
        folder, world, keys, arguments.ceph_warnings, tenant=arguments.tenant, image_file=arguments.image_file
    )
    for node in world.machines:
        await serve(world, node, sockets.ssh[node.address], keys[node.name], state_folder.authorized_keys(folder))
    # what the deployment was meant to be is written down already
    injector = Injector(world)
    for specification in arguments.fault:
        injector.inject(specification)
    if others_read:
        world.clock.start(world.read_by_others(*map(float, others_read.split(":"))))
    first, *others = servers(world, sockets, injector, folder)
    beside = [asyncio.create_task(http.serve(listeners)) for http, listeners in others]
    sys.stdout.write(f"ready: {path}\n")
    sys.stdout.flush()
    await first[0].serve(first[1])
    for http, _ in others:
        http.should_exit = True
    await asyncio.gather(*beside)


def main(argv: Sequence[str] | None = None) -> int:
    """0 when it was told to stop, 4 for what it cannot do."""
    try:
        arguments = arguments_of(argv)
    except UnknownWorld as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 4
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if arguments.list_faults:
        for each in CHANGES.values():
            caught_by = " ".join(sorted(each.fault.must)) if each.fault else "-"
            sys.stdout.write(f"{each.name:40} {caught_by:12} {each.does}\n")
        return 0
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        sockets = open_sockets(arguments.dcn, arguments.nodes, arguments.port_base)
    except NoFreePorts as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 4
    unknown = set(arguments.without_storage) - {f"dcn{number}" for number in range(arguments.dcn)}
    if unknown:
        sys.stderr.write(f"simulator: no DCN site {', '.join(sorted(unknown))}\n")
        return 4
    world = simulated(arguments, sockets.base)
    try:
        asyncio.run(_serve(world, sockets, arguments))
    except UnknownFault as error:
        sys.stderr.write(f"simulator: {error}\n")
        return 4
    return 0
