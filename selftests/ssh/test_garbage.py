"""Whatever stands in ssh_config: it is read, or it is one line that names the file, and exit code 4."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.environment import BadEnvironment, load_environment
from helpers.ssh import config as ssh_config
from helpers.ssh.config import BadSshConfig, SshConfig
from selftests.simulator.conftest import run_suite, running

BOUNDED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
KEYWORDS = ("Host", "Match", "Include", "HostName", "Port", "ProxyJump")
WORDS = st.sampled_from([*KEYWORDS, "*", "!", "=", "#", "%", "~", "${", "a", "all", "%h", '"', "'", "\\"])
LINES = st.one_of(
    st.binary(max_size=30),
    st.text(max_size=30).map(str.encode),
    st.lists(WORDS, max_size=5).map(lambda words: " ".join(words).encode()),
    st.lists(WORDS, max_size=5).map(lambda words: "".join(words).encode()),
)
FILES = st.lists(LINES, max_size=4).map(b"\n".join)


def is_read(path: Path) -> bool:
    """Whether a target is found; a refusal is one line that names the file."""
    try:
        config = SshConfig(path)
        config.route(config.target("a", "192.0.2.1"))
    except BadSshConfig as error:
        said = str(error)
    else:
        return True
    assert (str(path.parent) in said, len(said.splitlines())) == (True, 1), said
    return False


@pytest.mark.skipif(shutil.which("ssh") is None, reason="OpenSSH's client is not installed")
@BOUNDED
@given(content=FILES)
def test_a_file_of_anything_as_openssh_reads_it(content: bytes, tmp_path: Path) -> None:
    """A command in `Match exec` cannot come out of this."""
    path = tmp_path / "ssh_config"
    path.write_bytes(content)

    assert is_read(path) in (True, False)


@BOUNDED
@given(content=FILES)
def test_a_file_of_anything_as_it_is_read_without_openssh(content: bytes, tmp_path: Path) -> None:
    """What is read here, OpenSSH reads too."""
    path = tmp_path / "ssh_config"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssh_config, "openssh", lambda: None)
        ours = is_read(path)

    assert not ours or shutil.which("ssh") is None or is_read(path)


@pytest.mark.parametrize("content", [b"\x00\xff\xfe" * 100, b"{json: true}\n", b"#!/bin/sh\necho a\n", b"a" * 100_000])
def test_the_run_ends_with_code_4(content: bytes, tmp_path: Path) -> None:
    """As everything in the environment file does."""
    (tmp_path / "ssh_config").write_bytes(content)
    path = tmp_path / "environment.yaml"
    path.write_text(
        "{cloud: c, image: {uri: 'http://192.0.2.1/g'}, ssh: {config: ssh_config}, sites: {a: {central: true, "
        "availability_zone: nova, store: a, glance: 'http://192.0.2.1', ceph: {cluster: a}}}}"
    )

    with pytest.raises(BadEnvironment) as caught:
        load_environment(path)

    assert (caught.value.key, len(str(caught.value)) < 600) == ("ssh.config", True)
    assert str(tmp_path / "ssh_config") in caught.value.problem


def test_logins_that_fail_are_a_line_each_and_code_4(tmp_path: Path) -> None:
    """Of the whole program, with a known_hosts and a key that are none."""
    with running(tmp_path / "sim") as found:
        config = found.folder / "ssh_config"
        known_hosts, key = (found.folder / "ssh" / name for name in ("known_hosts", "garbage"))
        for path in (known_hosts, key):
            path.write_bytes(b"\x00\xff\xfe\n" * 100)
        of_dcn0 = f"Host dcn0-*\n StrictHostKeyChecking no\n IdentityFile {key}\n"
        config.write_text(of_dcn0 + re.sub("(?m)^  IdentityFile .*", "", config.read_text()))
        ended = run_suite(tmp_path / "reports", found.folder / "environment.yaml", "--preflight-only")

    assert (ended.exit_code, "Traceback" in ended.printed, "INTERNALERROR" in ended.printed) == (4, False, False)
    assert f"{known_hosts} (no line of it is a host key); add it with ssh-keyscan" in ended.printed
    assert f"no key to log in with as user heat-admin; passed over: {key} is not a private key" in ended.printed
