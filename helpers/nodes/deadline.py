"""How a node itself ends a command that takes too long: by `timeout`, on the node and inside the container.

`podman exec` and `docker exec` pass no signal on: ended by `timeout`, they leave what they started running in the
container. So `timeout` stands there too, before the command itself. So it does after `cephadm shell … --`, which first
starts a container, and that takes its time. Source: timeout(1) of coreutils.
"""

from __future__ import annotations

_EXEC = (("podman", "exec"), ("docker", "exec"))
_POD_EXEC = (("oc", "exec"), ("kubectl", "exec"))
# what the engine may take to start and to end the command, before it is ended itself
_ENGINE = 3.0
# what a container may take to start
_CONTAINER = 20.0
#: seconds from the deadline to the end of everything: `_ENGINE`, `-k 5`, and the way back
GRACE = 10.0


def limited(argv: tuple[str, ...], seconds: float) -> tuple[str, ...]:
    """The command, ended after `seconds` on the node where it runs, and killed five seconds later.

    >>> limited(("rbd", "ls"), 60)
    ('timeout', '-k', '5', '60', 'rbd', 'ls')
    >>> limited(("podman", "exec", "mon", "rbd", "ls"), 60)[4:]
    ('podman', 'exec', 'mon', 'timeout', '-k', '5', '60', 'rbd', 'ls')
    """
    seconds = max(seconds, 0.1)
    begins, start = _inside(argv)
    inner = (*_timeout(seconds), *argv[begins:]) if begins else argv
    engine = _ENGINE if begins else 0
    return (*_timeout(seconds + start + engine), *argv[:begins], *inner)


def start_up(argv: tuple[str, ...]) -> float:
    """The seconds before the command itself begins, and its deadline with it: a container may have to start."""
    return _inside(argv)[1]


def _inside(argv: tuple[str, ...]) -> tuple[int, float]:
    """Where the command begins that a container runs (0: none does), and what the container takes to start."""
    if argv[:2] in _EXEC and len(argv) > 3 and not argv[2].startswith("-"):
        return 3, 0.0
    if argv[:2] in _POD_EXEC and "--" in argv[:-1]:
        return argv.index("--") + 1, 0.0
    if argv[:2] == ("cephadm", "shell") and "--" in argv[:-1]:
        return argv.index("--") + 1, _CONTAINER
    return 0, 0.0


def _timeout(seconds: float) -> tuple[str, ...]:
    return ("timeout", "-k", "5", f"{seconds:g}")
