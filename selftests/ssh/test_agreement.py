"""Where OpenSSH's client is not installed, ssh_config is read as the client would; it is the oracle here."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from helpers.ssh import config as ssh_config
from helpers.ssh.config import BadSshConfig, SshConfig, SshTarget

SSH = shutil.which("ssh")
needs_openssh = pytest.mark.skipif(SSH is None, reason="OpenSSH's client is not installed: nothing to compare with")
BOUNDED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
HOSTS = ("alpha", "beta", "alpha.example.com", "192.0.2.7")
NAMES = st.sampled_from(["alpha", "beta", "gamma", "al*", "?eta", "*", "*.example.com", "192.0.2.*", "ALPHA"])
VALUES = {
    "HostName": st.sampled_from(["192.0.2.7", "%h.example.com", "beta", "Gamma", "2001:db8::1", "%%h"]),
    "Port": st.sampled_from(["22", "2222", "0", "65536", "abc", "1 2"]),
    "User": st.sampled_from(["stack", "heat-admin", '"root"', "a b", ""]),
    "IdentityFile": st.sampled_from(
        [
            "~/a",
            "/b",
            '"/c d"',
            "none",
            "'/e'",
            "/f\\ g",
            "~/%h-%n-%r-%p",
            "%d/%k-%u",
            "${HOME}/k",
            "~root/k",
            "~nobody-is-called-so/k",
            "%x",
            "${NOT_SET_ANYWHERE}",
            "\"/h'",
        ]
    ),
    "IdentitiesOnly": st.sampled_from(["yes", "no", "True", "maybe"]),
    "IdentityAgent": st.sampled_from(["none", "SSH_AUTH_SOCK", "/run/agent.sock"]),
    "CertificateFile": st.sampled_from(["/b-cert.pub"]),
    "UserKnownHostsFile": st.sampled_from(["/dev/null", "/k1 /k2", "none", "~/kh/%h", "/kh/%k ~/kh2", "/k1 none"]),
    "GlobalKnownHostsFile": st.sampled_from(["/g1", "none"]),
    "StrictHostKeyChecking": st.sampled_from(["yes", "no", "off", "ask", "accept-new", "never"]),
    "HostKeyAlias": st.sampled_from(["one", "Two"]),
    "ConnectTimeout": st.sampled_from(["5", "1m", "1h30m", "none", "x"]),
    "ProxyJump": st.sampled_from(["jump", "a,b", "stack@jump:2222", "ssh://stack@jump", "[2001:db8::1]:22"]),
    "ProxyCommand": st.sampled_from(["none", "nc %h %p 2>/dev/null", '"/a b/nc" %h\'%p # no comment']),
    "AddressFamily": st.sampled_from(["inet", "inet6", "any"]),
    "BindAddress": st.sampled_from(["192.0.2.1"]),
    "NoHostAuthenticationForLocalhost": st.sampled_from(["yes", "no"]),
    "ServerAliveInterval": st.sampled_from(["30"]),
    "ForwardAgent": st.sampled_from(["no"]),
    "IgnoreUnknown": st.sampled_from(["UseKeychain,HostN*", "*,!hostnme"]),
    "UseKeychain": st.sampled_from(["yes"]),
    "HostNme": st.sampled_from(["192.0.2.8"]),
}
COMMENTS = st.sampled_from(["", "", "", " # it's rack 7", "\t#", " #x", " \f", "\r"])


@st.composite
def options(draw: st.DrawFn) -> str:
    """A line with an option, however it is written."""
    name = draw(st.sampled_from(sorted(VALUES)))
    spelled = draw(st.sampled_from([name, name.lower(), name.upper()]))
    between = draw(st.sampled_from([" ", "=", " = ", "\t", "  "]))
    comment = draw(COMMENTS) if name != "ProxyCommand" else ""
    return f"{draw(st.sampled_from(['', '  ', chr(9)]))}{spelled}{between}{draw(VALUES[name])}{comment}"


@st.composite
def criteria(draw: st.DrawFn) -> str:
    """The condition of a Match."""
    kind = draw(
        st.sampled_from(["all", "final", "final all", "canonical all", "canonical", "of hosts and users", "all host a"])
    )
    if kind != "of hosts and users":
        return draw(st.sampled_from(["", "!"])) + kind
    found = []
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from(["host", "originalhost", "user", "localuser", "Host", "final"]))
        patterns = ",".join(draw(st.lists(NAMES, min_size=1, max_size=2)))
        negated, between = draw(st.sampled_from(["", "", "!"])), draw(st.sampled_from([" ", "="]))
        quote = draw(st.sampled_from(["", '"']))
        found.append(negated + name if name == "final" else f"{negated}{name}{between}{quote}{patterns}{quote}")
    return " ".join(found)


@st.composite
def blocks(draw: st.DrawFn, included: bool = False) -> str:
    """A few lines: options in and before Host and Match blocks, and where included is false, an Include."""
    lines = draw(st.lists(options(), max_size=3))
    for _ in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(["Host", "Host", "Match", "Include"]))
        if kind == "Host":
            names = draw(st.lists(st.tuples(st.sampled_from(["", "", "!"]), NAMES), min_size=1, max_size=3))
            lines.append("Host " + " ".join(map("".join, names)) + draw(COMMENTS))
        elif kind == "Match":
            lines.append(f"Match {draw(criteria())}")
        elif not included:
            lines.append(draw(st.sampled_from(["Include FOLDER/in?luded", "Include FOLDER/included FOLDER/none"])))
        lines += draw(st.lists(options(), max_size=3))
    return "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n# the end"]))


def read(path: Path, host: str, user: str | None, program: str | None) -> list[SshTarget] | str:
    """The way to a host, as this program has it, or our own reading where there is none; or the refusal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssh_config, "openssh", lambda: program)
        config = SshConfig(path)
        try:
            target = config.target(host, user=user)
            way = [*config.route(target), target]
        except BadSshConfig as error:
            return str(error)
    return [replace(each, identity_files=tuple(filter(_is_usual, each.identity_files))) for each in way]


def _is_usual(file: Path) -> bool:
    # which keys the client tries where none is named, differs from version to version
    return not file.name.startswith("id_") or file.name in ("id_rsa", "id_ecdsa", "id_ed25519")


@needs_openssh
@BOUNDED
@given(
    config=blocks(), included=blocks(included=True), host=st.sampled_from(HOSTS), user=st.sampled_from([None, "alpha"])
)
def test_a_file_is_read_as_openssh_reads_it(
    config: str, included: str, host: str, user: str | None, tmp_path: Path
) -> None:
    """Both lead to the same place by the same way, or both refuse; our refusal is one line that names a file."""
    path = tmp_path / "ssh_config"
    path.write_text(config.replace("FOLDER", str(tmp_path)))
    (tmp_path / "included").write_text(included)
    (tmp_path / "included").chmod(0o600)
    ours, theirs = read(path, host, user, None), read(path, host, user, SSH)

    event("refused" if isinstance(theirs, str) else "answered")
    if isinstance(ours, str):
        assert (str(tmp_path) in ours, len(ours.splitlines()), isinstance(theirs, str)) == (True, 1, True), (
            ours,
            theirs,
        )
    else:
        assert ours == theirs
