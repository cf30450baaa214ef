"""The command `dcn-verify`: everything but the verification itself, which is `pytest`.

Each command is the `main` of a module, imported when it is asked for: discovery needs no lab, and the lab no cloud.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from helpers.redact import hide_in_logs

REFUSED = 4
_EXAMPLE = """\
examples:
  dcn-verify discover --cloud overcloud --deployment-files ~ --ssh-config ssh_config > environment.yaml
  pytest --environment=environment.yaml
  dcn-verify demo
"""


@dataclass(frozen=True)
class Command:
    """A command: the module whose `main(arguments)` carries it out and returns the exit code."""

    name: str
    module: str
    does: str


COMMANDS = (
    Command("discover", "helpers.discovery.command", "write the environment file of a deployment from what is there"),
    Command("image", "lab.image", "build a small image that boots at every site and tells who booted from it"),
    Command("clean", "helpers.runs.clean", "remove what killed or interrupted runs left in the cloud"),
    Command("demo", "simulator.demo", "run the whole suite against three simulated sites"),
    Command("lab", "lab.main", "bring up, break, heal and take down a real deployment on this machine"),
    Command("simulate", "simulator.serve", "serve a simulated deployment until it is told to stop"),
    Command("detect", "faults.detection.command", "bring about each known fault, and see that the suite finds it"),
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(REFUSED, f"dcn-verify: {message}; see `dcn-verify --help`\n")


def _parser() -> argparse.ArgumentParser:
    width = max(len(command.name) for command in COMMANDS)
    listed = "\n".join(f"  {command.name:{width}}  {command.does}" for command in COMMANDS)
    parser = _Parser(
        prog="dcn-verify",
        description="Verifies an OpenStack with distributed multibackend storage. The verification itself is `pytest`.",
        epilog=f"commands:\n{listed}\n\n`dcn-verify COMMAND --help` explains each.\n\n{_EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [command.name for command in COMMANDS]
    parser.add_argument("command", metavar="COMMAND", choices=names, help="one of the commands below")
    parser.add_argument("arguments", metavar="...", nargs=argparse.REMAINDER, help="the command's own arguments")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code, or 4 for one that does not exist."""
    given = _parser().parse_args(arguments)
    hide_in_logs()
    command = next(command for command in COMMANDS if command.name == given.command)
    return int(importlib.import_module(command.module).main(given.arguments))


if __name__ == "__main__":
    sys.exit(main())
