"""The kind of a command on a node, and the shape of its output."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from helpers.environment import Environment
from simulator.record.shapes import ROOT, Shape, one, shape_of

_PATTERNS = (
    # the numbers and IDs of a service's processes and threads vary
    (re.compile(r"(?: /proc/\d+/\S+)+"), " {processes}"),
    (re.compile(r"https?://[^/\s]+"), "{url}"),
    (re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-fA-F])"), "{id}"),
    (re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])"), "{address}"),
)


class Names:
    """The names that a deployment chose, and their placeholders."""

    def __init__(self, environment: Environment) -> None:
        found: dict[str, str] = {}
        for site in environment.sites:
            found[site.name] = "{site}"
            found |= {node.name: "{node}" for node in site.nodes}
        found |= {site.ceph.cluster: "{cluster}" for site in environment.storage_sites if site.ceph}
        # longest first, because a name may contain a shorter one
        alternatives = "|".join(re.escape(name) for name in sorted(found, key=len, reverse=True))
        self._found, self._pattern = found, re.compile(rf"(?<![A-Za-z0-9])(?:{alternatives})(?![A-Za-z0-9])")

    def hide(self, text: str) -> str:
        """Replace everything that differs between deployments with placeholders."""
        for pattern, placeholder in _PATTERNS:
            text = pattern.sub(placeholder, text)
        return self._pattern.sub(lambda match: self._found[match[0]], text)


def kind(argv: Sequence[str], names: Names) -> str:
    """Return a command's kind: `podman exec ceph-mon-{node} rbd --cluster {cluster} -p images ls -l --format json`."""
    return " ".join(names.hide(word) for word in argv)


def answer(argv: Iterable[str], stdout: str) -> Shape:
    """Return the shape of a command's output if it is JSON, or else only whether there is any output."""
    if not stdout.strip():
        return {ROOT: one("empty")}
    if any("json" in word for word in argv):
        try:
            return shape_of(json.loads(stdout))
        except ValueError:
            return {ROOT: one("text")}
    return {ROOT: one("text")}
