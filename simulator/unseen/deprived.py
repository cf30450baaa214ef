"""What a run can be deprived of: nodes, files, and what the APIs, the clusters and the container engines list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from helpers.nodes.node import Completed

#: `nodes`: none answers. `files`: none is there. Of the others, every list is empty.
Kind = Literal["nodes", "files", "records", "pools", "containers"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_ENGINES = frozenset({"podman", "docker"})
_READ_FILES = frozenset({"cat", "stat", "ls", "find", "grep", "test"})
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NO_SUCH = "No such file or directory"


def of_command(completed: Completed) -> Iterator[Kind]:
    """What a command's answer is one of."""
    yield "nodes"
    if _lists_containers(completed):
        yield "containers"
    if _program(completed) in _READ_FILES:
        yield "files"
    if _program(completed) in {"rbd", "ceph"} and "json" in completed.argv and without_lists(completed.stdout):
        yield "pools"


def _program(completed: Completed) -> str:
    """The program, without the container and the environment that it runs in."""
    words = list(completed.argv)
    if words[0] in _ENGINES and words[1] == "exec":
        words = words[3:]
    if words[:2] == ["env", "LC_ALL=C"]:
        words = words[2:]
    return words[0] if words[:2] != ["sh", "-c"] else words[2].split()[0]


def answered_without(kind: Kind, completed: Completed) -> Completed:
    """The same command's answer where there is nothing of this kind."""
    if kind not in set(of_command(completed)):
        return completed
    if kind == "files":
        said = f"{_program(completed)}: {completed.argv[-1]}: {_NO_SUCH}\n"
        return replace(completed, exit_status=1, stdout="", stderr="" if _program(completed) == "test" else said)
    if kind == "pools":
        return replace(completed, stdout=without_lists(completed.stdout) or "")
    if kind == "containers":
        return replace(completed, stdout="[]" if completed.argv[0] == "podman" else "")
    return completed


def _lists_containers(completed: Completed) -> bool:
    return completed.argv[0] in _ENGINES and completed.argv[1:2] == ("ps",)


def is_listing(url: str | None) -> bool:
    """Whether this address is of something that has members, and not of one of them."""
    return not _ID.fullmatch(urlsplit(url or "").path.rpartition("/")[2])


def without_lists(text: str) -> str | None:
    """A JSON text with every list in it empty; None where it has none that is not, or is no such text.

    What a service says of its versions is not a listing: no client could ask it anything.
    """
    try:
        answer = json.loads(text)
    except ValueError:
        return None
    if isinstance(answer, dict) and answer.keys() & {"versions", "version", "token"}:
        return None
    bare = _bare(answer)
    return json.dumps(bare) if bare != answer else None


def _bare(answer: Any) -> Any:
    if isinstance(answer, list):
        return []
    return {key: _bare(value) for key, value in answer.items()} if isinstance(answer, dict) else answer
