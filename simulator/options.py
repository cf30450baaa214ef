"""The options of `dcn-verify simulate`, and the deployment that they describe."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from simulator.world.build import OPTIONS, SHARED_CAPS, healthy_world
from simulator.world.weather import KINDS, SHARE, Weather
from simulator.world.world import World
from simulator.worlds import listed, options_of

_DOES = "`dcn-verify simulate`: bring up a simulated deployment and serve it until it is told to stop."


def arguments_of(argv: Sequence[str] | None) -> argparse.Namespace:
    """Return the options, those of the world first. Raises UnknownWorld."""
    given = list(sys.argv[1:] if argv is None else argv)
    parser = _parser()
    arguments = parser.parse_args(given)
    if arguments.world:
        sites = [f"dcn{number}" for number in range(arguments.dcn)]
        known = options_of(arguments.world, [site for site in sites if site not in arguments.without_storage])
        asked_for = arguments.fault
        arguments = parser.parse_args([*known, *given])
        # faults are made for the guide's layout, and what a world does to that comes after them
        arguments.fault = asked_for + arguments.fault[: len(arguments.fault) - len(asked_for)]
    if not arguments.state and not arguments.list_faults:
        parser.error("--state is needed: the folder for environment.yaml and what belongs to it")
    if arguments.central_reads and not re.fullmatch(r"[\d.]+:[\d.]+", arguments.central_reads):
        parser.error("--central-reads is such as 16:5")
    if not 1 <= arguments.nodes <= 200 or not 0 <= arguments.dcn <= 2000:
        parser.error("--nodes is 1 to 200, --dcn 0 to 2000")
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dcn-verify simulate",
        description=_DOES,
        epilog=f"worlds:\n{listed()}\n\nexample:\n  dcn-verify simulate --state sim --dcn 2\n"
        "  pytest --environment=sim/environment.yaml",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--state", type=Path, help="folder for environment.yaml, clouds.yaml, ssh_config, keys")
    parser.add_argument(
        "--world",
        metavar="NAME",
        help="a deployment that operators have, of those listed below; other options add to it",
    )
    parser.add_argument("--dcn", type=int, default=2, help="how many DCN sites (default 2)")
    parser.add_argument(
        "--nodes",
        type=int,
        default=1,
        help="how many machines a site (default 1); from the fourth on, those of a DCN site are scale-out nodes",
    )
    parser.add_argument("--speed", choices=("none", "lab", "cloud"), default="lab", help="how long things take")
    parser.add_argument(
        "--delays", type=int, metavar="SEED", help="delay every step and answer at random, by this seed"
    )
    parser.add_argument("--weather", type=int, metavar="SEED", help="let it storm, by this seed: answers get lost")
    parser.add_argument(
        "--weather-kind", action="append", default=[], choices=KINDS, help="let only this happen (default: everything)"
    )
    parser.add_argument(
        "--weather-share", type=float, default=SHARE, metavar="SHARE", help=f"of all answers (default {SHARE})"
    )
    parser.add_argument("--port-base", type=int, help="first of ten ports (default: the first ten that are free)")
    parser.add_argument("--image-size", type=int, default=8, metavar="MIB", help="size of the guest's disk (default 8)")
    parser.add_argument("--without-storage", action="append", default=[], metavar="SITE", help="a site without storage")
    parser.add_argument("--without-compute", action="append", default=[], metavar="SITE", help="a site of storage only")
    parser.add_argument("--image-file", action="store_true", help="the guest image is a file of this machine")
    parser.add_argument("--nothing-prepared", action="store_true", help="the cloud has no flavor and no network")
    parser.add_argument("--without-tenant-networks", action="store_true", help="Neutron has provider networks only")
    parser.add_argument("--same-store-names", action="store_true", help="every site calls its own store alike")
    parser.add_argument("--other-zone-names", action="store_true", help="zones are not called as the sites are")
    parser.add_argument("--shared-user", choices=SHARED_CAPS, help="openstack is the cephx user for all, by these caps")
    parser.add_argument(
        "--absent-images",
        choices=("stream", "copy", "copy-only", "refuse"),
        default="stream",
        help="what Nova does with an image that a site has no copy of (default stream); copy-only: or fails",
    )
    parser.add_argument("--clone-v2", action="store_true", help="the clusters require clients of mimic or later")
    parser.add_argument(
        "--central-reads", metavar="MIB:SECONDS", default="", help="other tenants read so much of central's images"
    )
    parser.add_argument(
        "--tenant",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="the environment file names an ordinary tenant, as in every world",
    )
    parser.add_argument("--volume-cluster", metavar="NAME", help="the cinder_cluster of every DCN site, or `none`")
    for option, what in OPTIONS.items():
        parser.add_argument(option, dest="options", action="append_const", const=option, default=[], help=what)
    parser.add_argument(
        "--cephadm", action="store_true", help="monitors run in containers of cephadm's, without an admin keyring"
    )
    parser.add_argument("--docker", action="store_true", help="docker runs the containers")
    parser.add_argument(
        "--other-containers",
        action="append",
        default=[],
        metavar="SITE",
        help="a site whose Glance runs in a container of another name",
    )
    parser.add_argument(
        "--glance-behind-node",
        action="append",
        default=[],
        metavar="SITE",
        help="a site whose Glance only its nodes reach",
    )
    parser.add_argument("--pods", action="store_true", help="Glances run in pods; the undercloud has `oc`")
    parser.add_argument(
        "--ceph-warnings",
        choices=("fail", "warn"),
        default="fail",
        help="what a HEALTH_WARN is to do",
    )
    parser.add_argument("--shell-text", metavar="TEXT", help="what every node's shell prints before each answer")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME[:SITE]", help="start with this fault")
    parser.add_argument("--list-faults", action="store_true", help="print the catalogue of faults and end")
    return parser


def simulated(arguments: argparse.Namespace, base: int) -> World:
    """The healthy deployment that these options describe."""
    world = healthy_world(
        dcn=arguments.dcn,
        nodes=arguments.nodes,
        speed=arguments.speed,
        base=base,
        mebibytes=arguments.image_size,
        without_storage=arguments.without_storage,
        without_compute=arguments.without_compute,
        same_store_names=arguments.same_store_names,
        other_zone_names=arguments.other_zone_names,
        volume_cluster=arguments.volume_cluster,
        shared_user=arguments.shared_user,
        absent_images=arguments.absent_images,
        clone_v2=arguments.clone_v2,
        options=arguments.options,
        cephadm=arguments.cephadm,
        docker=arguments.docker,
        other_containers=arguments.other_containers,
        glances_behind_nodes=arguments.glance_behind_node,
        pods=arguments.pods,
        seed=arguments.delays,
    )
    if arguments.nothing_prepared:
        world.servers.flavors.clear()
        world.networks.networks.clear()
    world.networks.tenant_networks = not arguments.without_tenant_networks
    world.weather = Weather(arguments.weather, arguments.weather_kind, arguments.weather_share)
    world.shell_text = f"{arguments.shell_text}\n".encode() if arguments.shell_text else b""
    return world
