"""The lab's command line: `dcn-verify lab {up,down,status,ssh,break,heal,faults}`."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from lab import down, packages, status, subnet, up
from lab.command import CommandError, Shell
from lab.faults import commands as faults
from lab.faults.lab import FaultError
from lab.plan import DEFAULT_NAME, MOST_DCN_SITES, Layout, Plan, PlanError
from lab.state import DEFAULT_STATE, Settings, State, StateError
from lab.steps import StepError

_REFUSED = 4
_EPILOG = """\
example:
  dcn-verify lab up --dcn 3
  pytest --environment=/var/lib/dcn-lab/environment.yaml
  dcn-verify lab down

The lab's addresses never leave this machine: nothing forwards them, and an unreachable route for the lab's subnet is
kept, also after `down`. That route, the installed packages and the guest's kernel package in /var/cache/dcn-lab are
all that stays; remove the route with `ip route delete unreachable SUBNET`.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns 0 for success, 1 for a lab that is not healthy, and 4 for a request that cannot be met.
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except (PlanError, StateError, FaultError, subnet.SubnetError, packages.UnfitMachineError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return _REFUSED
    except (StepError, CommandError) as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("lab: interrupted; `up` goes on where it stopped, `down` removes what is there", file=sys.stderr)
        return 130


class _Parser(argparse.ArgumentParser):
    """Reports a usage error like every other error of the lab: in one line, and with the same exit code."""

    def error(self, message: str) -> NoReturn:
        self.exit(_REFUSED, f"lab: {message}; see `{self.prog} --help`\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="dcn-verify lab",
        description="A real distributed OpenStack (Ceph, Glance, Nova, Cinder at all sites) on this machine.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=run)
        added.add_argument(
            "--state",
            type=Path,
            default=DEFAULT_STATE,
            metavar="DIR",
            help=f"the lab's folder (default: {DEFAULT_STATE})",
        )
        return added

    bring_up = command("up", _up, "bring the lab up; goes on where an earlier one stopped")
    bring_up.add_argument("--name", help=f"prefix of interfaces and namespaces (default: {DEFAULT_NAME})")
    bring_up.add_argument("--dcn", type=int, metavar="N", help=f"DCN sites, up to {MOST_DCN_SITES} (default: 2)")
    bring_up.add_argument(
        "--subnet",
        metavar="A.B.C.0/24",
        help=f"addresses of the lab (default: {subnet.DEFAULT_SUBNET}, or the next documentation range "
        "where this machine already uses addresses of that)",
    )
    bring_up.add_argument(
        "--hosts",
        type=int,
        choices=(1, 3),
        help="3: three hosts at each --site, with a monitor, an OSD, Glance and the other services on every one",
    )
    bring_up.add_argument(
        "--site", action="append", metavar="SITE", help="a DCN site of several --hosts; may be given more than once"
    )
    bring_up.add_argument(
        "--scale-out",
        action="append",
        metavar="SITE",
        help="one host more at this DCN site, a compute node and OSD with a HAProxy in place of Glance; "
        "may be given more than once",
    )
    bring_up.add_argument(
        "--dcn-without-storage",
        type=int,
        metavar="N",
        help="DCN sites more, with compute nodes only: no Ceph, no store, no Glance (default: 0)",
    )
    bring_up.add_argument(
        "--services",
        choices=("all", "images"),
        help="images: Ceph, Keystone, Glance and the undercloud, without Nova, Cinder and Neutron (default: all)",
    )
    take_down = command("down", _down, "end the lab and remove all of it")
    take_down.add_argument(
        "--keep-data", action="store_true", help="keep the state folder, so that `up` resumes from it"
    )
    show = command("status", _status, "ask every service whether it answers; exit code 1 if one does not")
    show.add_argument("--json", action="store_true", help="print JSON")
    log_in = command("ssh", _ssh, "log in to a host, or run a command there")
    log_in.add_argument("host", help="for example dcn0-distributedcomputehci-0")
    log_in.add_argument("remote", nargs=argparse.REMAINDER, metavar="command", help="what to run there")
    faults.add_commands(command, _plan)
    return parser


def _up(options: argparse.Namespace) -> int:
    packages.check_machine()
    state = State(options.state.absolute())
    state.check()
    settings = _settings(options, state)
    plan = state.laid_out(settings)
    state.create()
    begun = time.monotonic()
    state.keep_settings(settings)
    with state.only_one():
        size = f"{len(plan.sites)} sites, {len(plan.hosts)} hosts and the undercloud"
        print(f"lab {plan.name}: {size} in {plan.subnet}, state in {state.folder}")
        up.bring_up(plan, state, lambda line: print(line, flush=True))
    print(f"up in {time.monotonic() - begun:.0f} s; environment file: {state.environment}")
    return 0


def _settings(options: argparse.Namespace, state: State) -> Settings:
    """Return the settings of the lab plus what the options add, or new settings if there is no lab yet.

    Raises StateError if the options contradict the settings of the lab.
    """
    kept = state.settings()
    layout = _layout(options)
    if kept is None:
        name = options.name or DEFAULT_NAME
        others = subnet.neighbours(Shell(Path(os.devnull)))
        chosen = subnet.choose(options.subnet, others, f"br-{name}")
        dcn = 2 if options.dcn is None else options.dcn
        return Settings(name, chosen, dcn, instances=options.services != "images", layout=layout or Layout())
    if (options.name or kept.name, options.subnet or kept.subnet) != (kept.name, kept.subnet):
        raise StateError(
            f"{state.folder} holds the lab {kept.name} in {kept.subnet}: "
            "take it down first, or name another folder with --state"
        )
    wanted = kept.dcn if options.dcn is None else options.dcn
    instances = kept.instances if options.services is None else options.services == "all"
    if wanted < kept.dcn:
        raise StateError(f"{state.folder} holds a lab of {kept.dcn} DCN sites: sites can be added, not removed")
    if wanted > kept.dcn and kept.layout.without_storage:
        raise StateError(
            f"{state.folder} holds a lab whose last DCN sites have no storage: none can be added before those; "
            "take the lab down first"
        )
    if layout not in {None, kept.layout}:
        raise StateError(f"{state.folder} holds a lab with {kept.layout}: take it down first, to have {layout}")
    if kept.instances and not instances:
        raise StateError(f"{state.folder} holds a lab with instances: services can be added, not removed")
    return Settings(kept.name, kept.subnet, wanted, instances, kept.layout)


def _layout(options: argparse.Namespace) -> Layout | None:
    """Return the layout that the options request, or None if they do not specify any."""
    if (options.hosts == 3) != bool(options.site):
        raise PlanError("--hosts 3 and --site go together, for example --hosts 3 --site dcn0")
    asked = (options.hosts, options.scale_out, options.dcn_without_storage)
    if asked == (None, None, None):
        return None
    return Layout(
        three_hosts=tuple(sorted(set(options.site or ()))),
        scale_out=tuple(sorted(set(options.scale_out or ()))),
        without_storage=options.dcn_without_storage or 0,
    )


def _down(options: argparse.Namespace) -> int:
    state = State(options.state.absolute())
    settings = state.settings()
    if settings is None:
        print(f"no lab in {state.folder}")
        return 0
    packages.check_machine()
    plan = state.laid_out(settings)
    begun = time.monotonic()
    with state.only_one():
        down.take_down(plan, state, keep_data=options.keep_data)
    print(f"down in {time.monotonic() - begun:.1f} s" + (f"; data kept in {state.folder}" if options.keep_data else ""))
    return 0


def _plan(options: argparse.Namespace) -> tuple[Plan, State]:
    state = State(options.state.absolute())
    return state.plan(), state


def _status(options: argparse.Namespace) -> int:
    plan, state = _plan(options)
    found = status.probe(plan, state)
    if options.json:
        print(json.dumps({"up": status.all_well(found), "services": [vars(one) for one in found]}, indent=2))
    else:
        print(status.table(found))
    return 0 if status.all_well(found) else 1


def _ssh(options: argparse.Namespace) -> int:
    plan, state = _plan(options)
    host = plan.host(options.host)
    remote = options.remote[1:] if options.remote[:1] == ["--"] else options.remote
    command = ["ssh", "-F", str(state.ssh_config), host.name, *remote]
    return subprocess.run(command, check=False).returncode
