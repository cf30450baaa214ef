"""Which kind of command a command on a node is, and the shape of what it prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from helpers.environment import Environment
from simulator.record.shapes import ROOT, Shape, one, shape_of

_PATTERNS = (
    # a service has as many processes and threads as it has, under any numbers
    (re.compile(r"(?: /proc/\d+/\S+)+"), " {processes}"),
    (re.compile(r"https?://[^/\s]+"), "{url}"),
    (re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-fA-F])"), "{id}"),
    (re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"), "{address}"),
)


class Names:
    """The names that a deployment chose, and the placeholders that stand for them."""

    def __init__(self, environment: Environment) -> None:
        found: dict[str, str] = {}
        for site in environment.sites:
            found[site.name] = "{site}"
            found |= {node.name: "{node}" for node in site.nodes}
        found |= {site.ceph.cluster: "{cluster}" for site in environment.storage_sites if site.ceph}
        # a longer name may have a shorter one in it
        alternatives = "|".join(re.escape(name) for name in sorted(found, key=len, reverse=True))
        self._found, self._pattern = found, re.compile(rf"(?<![A-Za-z0-9])(?:{alternatives})(?![A-Za-z0-9])")

    def hide(self, text: str) -> str:
        """The text with a placeholder for everything that another deployment would call otherwise."""
        for pattern, placeholder in _PATTERNS:
            text = pattern.sub(placeholder, text)
        return self._pattern.sub(lambda match: self._found[match[0]], text)


def kind(argv: Sequence[str], names: Names) -> str:
    """A command's kind: `podman exec ceph-mon-{node} rbd --cluster {cluster} -p images ls -l --format json`."""
    return " ".join(names.hide(word) for word in argv)


def answer(argv: Iterable[str], stdout: str) -> Shape:
    """The shape of what a command printed, where it was asked for JSON; otherwise only whether it printed anything."""
    if not stdout.strip():
        return {ROOT: one("empty")}
    if any("json" in word for word in argv):
        try:
            return shape_of(json.loads(stdout))
        except ValueError:
            return {ROOT: one("text")}
    return {ROOT: one("text")}
