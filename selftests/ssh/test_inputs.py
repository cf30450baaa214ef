"""Files of operators, each of which was once read otherwise than OpenSSH reads it: each leads to every node."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

from helpers.environment import BadEnvironment, Environment, load_environment
from helpers.nodes.node import Node, Unreachable
from helpers.ssh.key_file import private_key
from selftests.simulator.conftest import Running, running
from selftests.ssh.agent import agent

INPUTS = Path(__file__).parents[1] / "inputs"
TEXTS = ("ssh_config*", "hosts.conf", "known_hosts")


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("deployment")) as found:
        yield found


@pytest.fixture
def given(deployment: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Environment]:
    """Loads an environment whose ssh_config is that input's; without an agent."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)

    def load(name: str, config: str = "ssh_config") -> Environment:
        folder = Path(shutil.copytree(INPUTS / name, tmp_path / name))
        written = (deployment.folder / "ssh_config").read_text()
        known_hosts = (deployment.folder / "ssh" / "known_hosts").read_text()
        values = {
            "@STATE@": str(deployment.folder / "ssh"),
            "@INPUT@": str(folder),
            "@AGENT@": str(tmp_path / "agent"),
            "@PYTHON@": sys.executable,
            "@PORT@": re.findall(r"Port (\d+)", written)[0],
            "@HOSTS@": written.partition("Host *")[0],
            "@KNOWN_HOSTS@": known_hosts,
        }
        for path in [path for pattern in TEXTS for path in folder.glob(pattern)]:
            path.write_text(re.sub("@[A-Z_]+@", lambda found: values[found[0]], path.read_text()))
            path.chmod(0o600)
        environment = re.sub("(?m)^ssh:(\n  .*)*", f"ssh: {{config: {folder / config}}}", declared(deployment))
        path = deployment.folder / f"{name}.yaml"
        path.write_text(environment)
        return load_environment(path)

    return load


def declared(deployment: Running) -> str:
    return (deployment.folder / "environment.yaml").read_text()


def reached(environment: Environment) -> list[str]:
    """The names that the nodes have for themselves: every login works."""
    nodes = [Node(spec, environment.ssh) for spec in environment.nodes]
    try:
        return [node.hostname for node in nodes]
    finally:
        for node in nodes:
            node.close()


def names(environment: Environment) -> list[str]:
    return [spec.name for spec in environment.nodes]


@pytest.mark.parametrize(
    "name",
    [
        "known-hosts-one-bad-line",
        "ssh-include-then-global-options",
        "ssh-match-final-all",
        "ssh-match-host-equals-and-unknown-criteria",
        "ssh-second-identity-missing",
        "ssh-trailing-comments",
    ],
)
def test_every_node_is_reached(name: str, given: Callable[..., Environment]) -> None:
    """As `ssh -F FILE NODE` does."""
    environment = given(name)

    assert reached(environment) == names(environment)


def test_files_of_known_hosts_for_each_host(
    deployment: Running, given: Callable[..., Environment], tmp_path: Path
) -> None:
    """`%h` in UserKnownHostsFile is the host."""
    folder = tmp_path / "ssh-known-hosts-tokens" / "known_hosts.d"
    environment = given("ssh-known-hosts-tokens")
    folder.mkdir()
    for line in (deployment.folder / "ssh" / "known_hosts").read_text().splitlines():
        (folder / re.findall(r"\[(.*?)\]", line)[0]).write_text(line)

    assert reached(environment) == names(environment)


def test_a_proxy_command_with_a_redirection_and_a_variable(
    given: Callable[..., Environment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's shell runs it."""
    monkeypatch.setenv("HERE", str(tmp_path / "ssh-proxycommand-shell"))
    environment = given("ssh-proxycommand-shell")

    assert reached(environment) == names(environment)


def test_identity_agent(deployment: Running, given: Callable[..., Environment], tmp_path: Path) -> None:
    """The agent that IdentityAgent names is asked, though the environment names none."""
    environment = given("ssh-identity-agent")

    with agent(tmp_path / "agent", [private_key(deployment.folder / "ssh" / "id_ed25519")]):
        assert reached(environment) == names(environment)


def test_public_key_of_which_the_agent_has_the_private_one(
    deployment: Running, given: Callable[..., Environment], tmp_path: Path
) -> None:
    """Of the agent's keys, IdentitiesOnly leaves the one of that file; without the agent it is one line."""
    key = private_key(deployment.folder / "ssh" / "id_ed25519")
    public = deployment.folder / "ssh" / "id_ed25519.pub"
    public.write_text(f"{key.get_name()} {key.get_base64()} a comment\n")
    environment = given("ssh-public-key-and-agent")
    others = [paramiko.ECDSAKey.generate() for _ in range(7)]

    with agent(tmp_path / "agent", [*others, key]) as asked:
        assert reached(environment) == names(environment)
    assert asked.count("sign") == len(names(environment))
    with pytest.raises(Unreachable) as caught:
        reached(environment)

    assert f"{public} is a public key, and no agent has its private key" in str(caught.value)
    assert f"the agent {tmp_path / 'agent'} does not answer as an agent does: connection refused" in str(caught.value)


def test_match_of_a_newer_openssh(given: Callable[..., Environment]) -> None:
    """Its block is not applied, or, by an OpenSSH that does not know it, refused in one line."""
    try:
        environment = given("ssh-match-host-equals-and-unknown-criteria", "ssh_config.localnetwork")
    except BadEnvironment as error:
        refused = str(error)
    else:
        refused = "" if reached(environment) == names(environment) else "not reached"

    assert refused == "" or ("localnetwork" in refused and len(refused.splitlines()) == 1)


@pytest.mark.skipif(shutil.which("ssh") is None, reason="OpenSSH's client is not installed")
def test_without_openssh_it_is_the_same(
    given: Callable[..., Environment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine may be without the client: the file is read here then."""
    monkeypatch.setenv("PATH", str(tmp_path))

    for name in ("ssh-include-then-global-options", "ssh-match-final-all", "ssh-trailing-comments"):
        environment = given(name)
        assert reached(environment) == names(environment)
