"""A simulated deployment in a process of its own, and clients for it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import openstack
import openstack.connection
import paramiko
import pytest
import yaml

from simulator import process


@dataclass(frozen=True)
class Running:
    """A running simulator: its state folder, and the content of its environment file."""

    folder: Path
    environment: dict[str, Any]

    def clouds(self, cloud: str = "dcn-sim") -> dict[str, Any]:
        found: dict[str, Any] = yaml.safe_load((self.folder / "clouds.yaml").read_text())["clouds"][cloud]
        return found

    def connection(self, cloud: str = "dcn-sim") -> openstack.connection.Connection:
        config = openstack.config.OpenStackConfig(config_files=[str(self.folder / "clouds.yaml")])
        return openstack.connection.Connection(config=config.get_one(cloud=cloud))

    def run(self, node: str, command: str) -> tuple[int, str, str]:
        """The exit status, standard output and standard error of a command line on a node."""
        config = paramiko.SSHConfig.from_path(str(self.folder / "ssh_config")).lookup(node)
        with paramiko.SSHClient() as client:
            client.load_host_keys(str(self.folder / "ssh" / "known_hosts"))
            client.connect(
                config["hostname"],
                int(config["port"]),
                config["user"],
                key_filename=config["identityfile"],
                allow_agent=False,
                look_for_keys=False,
            )
            _, stdout, stderr = client.exec_command(command)
            text = stdout.read().decode()
            return stdout.channel.recv_exit_status(), text, stderr.read().decode()

    def heal(self) -> None:
        """Undo all faults."""
        files = self.environment["image"]["uri"].rsplit("/", 1)[0]
        host, port = files.rsplit(":", 1)
        # the admin port is the second to last of the ten
        self.connection().session.delete(f"{host}:{int(port) + 1}/faults", authenticated=False)

    def listed(self) -> set[str]:
        """What the clusters contain in any pool or trash, as `pool/image at site`."""
        found = set()
        for site, pool in ((site, pool) for site in self.environment["sites"] for pool in ("images", "vms", "volumes")):
            node = next(iter(self.environment["sites"][site]["nodes"]))
            rbd = f"sudo podman exec ceph-mon-{node} rbd --cluster {site} -p {pool}"
            for command in (f"{rbd} ls --format json", f"{rbd} trash ls --format json"):
                found |= {f"{pool}/{name} at {site}" for name in json.loads(self.run(node, command)[1])}
        return found

    def with_timeouts(self, **seconds: float) -> Path:
        """Write another environment file with these time limits, and return its path."""
        path = self.folder / "impatient.yaml"
        timeouts = self.environment.get("timeouts", {}) | seconds
        path.write_text(yaml.safe_dump(self.environment | {"timeouts": timeouts}))
        return path


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    """Start a simulator, and stop it at the end."""
    with process.running(folder, *options) as environment:
        yield Running(folder, yaml.safe_load(environment.read_text()))


@dataclass(frozen=True)
class Ended:
    """A run of the acceptance suite that has ended: exit code, output, and `summary.json`."""

    exit_code: int
    printed: str
    summary: dict[str, Any]

    def causes(self, claim: str, site: str) -> list[str]:
        """The causes of the claim's failed checks at the site."""
        checks = [check for check in self.summary["checks"] if (check["claim"], check["site"]) == (claim, site)]
        return [check["cause"] for check in checks if check["outcome"] == "failed"]

    def outcomes(self, claim: str) -> dict[str, str]:
        """Test name → outcome, for the tests of the claim (not for stages)."""
        found = [check for check in self.summary["checks"] if check["claim"] == claim]
        return {check["test"].split("::")[-1]: check["outcome"] for check in found if "test_" in check["test"]}


def run_suite(reports: Path, environment: Path, *options: str) -> Ended:
    """Run the acceptance suite with an environment file, as an operator does."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", f"--reports={reports}"]
    ended = subprocess.run(  # noqa: S603
        [*command, f"--environment={environment}", *options],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
    )
    written = reports / "latest" / "summary.json"
    summary = json.loads(written.read_text()) if written.exists() else {}
    return Ended(ended.returncode, ended.stdout + ended.stderr, summary)


def clean_leftovers(reports: Path, environment: Path) -> Ended:
    """Remove what dead runs have left behind, as an operator does."""
    command = [
        sys.executable,
        "-m",
        "dcn_verify",
        "clean",
        "--environment",
        str(environment),
        "--reports",
        str(reports),
    ]
    ended = subprocess.run(  # noqa: S603
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=120
    )
    return Ended(ended.returncode, ended.stdout + ended.stderr, {})


@pytest.fixture
def suite(tmp_path: Path) -> Callable[..., Ended]:
    """Runs the acceptance suite with its reports in `reports`."""
    return partial(run_suite, tmp_path / "reports")


@pytest.fixture(scope="session")
def reporting_suite() -> Callable[..., Ended]:
    """Runs the acceptance suite, and has its reports where it is told."""
    return run_suite


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Three sites, shared by all tests. Each test cleans up after itself or uses names of its own."""
    with running(tmp_path_factory.mktemp("simulator")) as found:
        yield found


@pytest.fixture(scope="session")
def start() -> Callable[..., Any]:
    """Starts a simulator for one test, as a context manager."""
    return running


@pytest.fixture(scope="session")
def cloud(simulator: Running) -> Iterator[openstack.connection.Connection]:
    connection = simulator.connection()
    yield connection
    connection.close()
