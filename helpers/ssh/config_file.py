"""Reads ssh_config where OpenSSH's client is not installed. The result is that of `ssh -G`, or an error of one line.

The options that decide where and how a login is made are read, with `Include`, `Host` and `Match`. What only the client
can evaluate (`Match exec`, the search for a canonical name, unknown options) is refused, not guessed. Source:
ssh_config(5), and the client itself, against which the selftests compare this module.
"""

from __future__ import annotations

import contextlib
import glob
import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from helpers.ssh.answer import Answer, BadSshConfig, Question
from helpers.ssh.config_lines import Line, lines
from helpers.ssh.patterns import in_list, matches
from helpers.ssh.tokens import expanded, local_user

_DEEPEST_INCLUDE = 16
_NEEDS_OPENSSH = "is only read by OpenSSH's client; install that (Debian: openssh-client, RHEL: openssh-clients)"
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_FLAG = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}
#: Options with one of a few values, as `ssh -G` writes them.
_CHOICES = {
    "identitiesonly": _FLAG,
    "nohostauthenticationforlocalhost": _FLAG,
    "proxyusefdpass": _FLAG,
    "stricthostkeychecking": {
        **{"yes": "true", "true": "true", "no": "false", "false": "false", "off": "false"},
        **{"ask": "ask", "accept-new": "accept-new"},
    },
    "addressfamily": {"any": "any", "inet": "inet", "inet6": "inet6"},
}
_SINGLE = (
    *("hostname", "user", "hostkeyalias", "identityagent", "bindaddress", "port", "connecttimeout", "ignoreunknown"),
    *_CHOICES,
)
_ADDED = ("identityfile", "certificatefile")
_LISTS = ("userknownhostsfile", "globalknownhostsfile")
_PROXIES = ("proxyjump", "proxycommand")
#: Options that change neither the destination of a login nor whether it succeeds here.
_WITHOUT_EFFECT = frozenset(
    """
    addkeystoagent batchmode checkhostip ciphers clearallforwardings compression connectionattempts controlmaster
    controlpath controlpersist dynamicforward enableescapecommandline enablesshkeysign escapechar
    exitonforwardfailure fingerprinthash forkafterauthentication forwardagent forwardx11 forwardx11timeout
    forwardx11trusted gatewayports gssapiauthentication gssapidelegatecredentials hashknownhosts
    hostbasedauthentication hostkeyalgorithms ipqos kbdinteractiveauthentication kexalgorithms localcommand
    localforward loglevel macs numberofpasswordprompts passwordauthentication permitlocalcommand permitremoteopen
    preferredauthentications protocol pubkeyacceptedalgorithms pubkeyacceptedkeytypes pubkeyauthentication
    rekeylimit remoteforward requesttty sendenv serveralivecountmax serveraliveinterval setenv stdinnull
    streamlocalbindmask streamlocalbindunlink syslogfacility tcpkeepalive tunnel tunneldevice updatehostkeys
    visualhostkey xauthlocation
    """.split()  # noqa: SIM905
)
_DEFAULTS: Answer = {
    "port": ("22",),
    "identityfile": tuple(f"~/.ssh/id_{kind}" for kind in ("rsa", "ecdsa", "ecdsa_sk", "ed25519", "ed25519_sk")),
    "userknownhostsfile": ("~/.ssh/known_hosts", "~/.ssh/known_hosts2"),
    "globalknownhostsfile": ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"),
    "stricthostkeychecking": ("ask",),
    "addressfamily": ("any",),
    "connecttimeout": ("none",),
    "identitiesonly": ("no",),
    "nohostauthenticationforlocalhost": ("no",),
    "proxyusefdpass": ("no",),
}


def read(path: Path | None, question: Question) -> Answer:
    """Return what the file says about the host, in the form of `ssh -G`. `None` is an empty file.

    Raises BadSshConfig.
    """
    first = _Reading(question, question.host)
    if path is not None:
        first.file(path)
    hostname = expanded(first.said.get("hostname", ["%h"])[0], {"h": question.host, "%": "%"})
    hostname = hostname if _is_address(hostname) else hostname.lower()
    said = {**first.said, "hostname": [hostname]}
    if path is not None and first.final_wanted:
        last = _Reading(question, hostname, said, final=True)
        last.file(path)
        said = last.said
    said.setdefault("user", [local_user()])
    return {**_DEFAULTS, **{name: tuple(values) for name, values in said.items()}}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@dataclass
class _Reading:
    """One pass over the file and its includes, for one host. The first value of an option applies."""

    question: Question
    host: str
    said: dict[str, list[str]] = field(default_factory=dict)
    final: bool = False
    final_wanted: bool = False
    depth: int = 0

    def __post_init__(self) -> None:
        # the command line takes precedence over every file
        if self.question.user is not None:
            self.said["user"] = [self.question.user]
        if self.question.port is not None:
            self.said["port"] = [str(self.question.port)]

    def file(self, path: Path, active: bool = True, never: bool = False) -> None:
        """Read a file. `never`: an including block that does not apply includes it, so only its errors count."""
        for line in lines(path):
            words = line.words()
            if line.keyword == "host":
                active = not never and self._host(words)
            elif line.keyword == "match":
                active = self._match(line) and not never
            elif line.keyword == "include":
                self._include(line, words, active)
            else:
                self._option(line, words, active)

    def _include(self, line: Line, patterns: list[str], active: bool) -> None:
        if self.depth == _DEEPEST_INCLUDE:
            line.refuse("Include goes too deep; does a file include itself?")
        self.depth += 1
        for path in _included(patterns):
            self.file(path, active, never=not active)
        self.depth -= 1

    def _host(self, words: list[str]) -> bool:
        if any(word.startswith("!") and matches(self.host, word[1:]) for word in words):
            return False
        return any(matches(self.host, word) for word in words)

    def _match(self, line: Line) -> bool:
        words = iter(line.criteria())
        holds = True
        before: list[str] = []
        for word in words:
            wanted, name = not word.startswith("!"), word.removeprefix("!").lower()
            if name == "all":
                if len(before) > 1 or next(words, None) is not None:
                    line.refuse("'all' cannot be combined with other Match attributes")
                return holds and wanted
            before.append(name)
            if name in ("final", "canonical"):
                self.final_wanted = self.final_wanted or name == "final"
                seen = self.final
            elif name in ("host", "originalhost", "user", "localuser"):
                patterns = next(words, "")
                if not patterns:
                    line.refuse(f"Match {name} has no pattern")
                folded = str.lower if name.endswith("host") else str
                seen = in_list(folded(self._subject(name)), folded(patterns))
            else:
                line.refuse(f"Match {name} {_NEEDS_OPENSSH}")
            holds = holds and seen == wanted
        if not before:
            line.refuse("Match has no attribute")
        return holds

    def _subject(self, criterion: str) -> str:
        if criterion == "originalhost":
            return self.question.host
        if criterion == "localuser":
            return local_user()
        if criterion == "user":
            return self.said.get("user", [local_user()])[0]
        return expanded(self.said.get("hostname", ["%h"])[0], {"h": self.host, "%": "%"})

    def _option(self, line: Line, words: list[str], active: bool) -> None:
        name = line.keyword
        if name in _WITHOUT_EFFECT:
            return
        if name in _PROXIES:
            # the first value applies; `ProxyJump none` overrides only a later ProxyJump
            jumps = self.said.get("proxyjump", ["none"]) != ["none"]
            other = jumps if name == "proxycommand" else "proxycommand" in self.said
            value = line.hosts() if name == "proxyjump" else line.rest
            if active and not other:
                self.said.setdefault(name, ["none" if value.lower() == "none" else value])
            return
        if name not in (*_SINGLE, *_ADDED, *_LISTS):
            if in_list(name, self.said.get("ignoreunknown", [""])[0].lower()):
                return
            line.refuse(f"{name} {_NEEDS_OPENSSH}")
        if not words or "" in words or (len(words) > 1 and name not in _LISTS):
            line.refuse(f"{name} takes one value" if name not in _LISTS else f"{name} has an empty value")
        if name in _LISTS and len(words) > 1 and "none" in map(str.lower, words):
            line.refuse(f"{name}: none stands alone")
        values = [_value(line, words[0])] if name in _SINGLE else words
        if active and name in _ADDED:
            known = self.said.setdefault(name, [])
            known += [value for value in values if value not in known]
        elif active and (name, values) != ("connecttimeout", ["none"]):  # `none` leaves the option to a later line
            self.said.setdefault(name, values)


def _included(patterns: list[str]) -> list[Path]:
    # relative paths start at ~/.ssh, wherever the including file is
    places = [os.path.expanduser(p if p[:1] in ("/", "~") else f"~/.ssh/{p}") for p in patterns]
    found = [Path(name) for place in places for name in sorted(glob.glob(place))]
    for path in found:
        with contextlib.suppress(OSError):  # reading the file reports the error
            if path.stat().st_mode & 0o022:
                raise BadSshConfig(f"{path}: others may write to it; OpenSSH includes no such file")
    return found


def _value(line: Line, word: str) -> str:
    name = line.keyword
    if name in _CHOICES:
        if word.lower() not in _CHOICES[name]:
            line.refuse(f"{name} is {', '.join(_CHOICES[name])}, not {word!r}")
        return _CHOICES[name][word.lower()]
    if name == "port" and not (word.isascii() and word.isdecimal() and 0 < int(word) < 65536):
        line.refuse(f"Port {word!r} is not a number from 1 to 65535")
    if name == "connecttimeout" and word != "none":
        if not re.fullmatch(r"(\d+[smhdw]?)+", word.lower()):
            line.refuse(f"ConnectTimeout {word!r} is not a time")
        return str(sum(int(n) * _UNITS[unit] for n, unit in re.findall(r"(\d+)([smhdw]?)", word.lower())))
    return word
