"""How a node itself ends a command that takes too long: by `timeout`, on the node and inside the container.

`podman exec` and `docker exec` pass no signal on: ended by `timeout`, they leave what they started running in the
container. So `timeout` stands there too, before the command itself. Source: timeout(1) of coreutils.
"""

from __future__ import annotations

_EXEC = (("podman", "exec"), ("docker", "exec"))
# what the engine may take to start and to end the command, before it is ended itself
_ENGINE = 3.0
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
    if argv[:2] not in _EXEC or len(argv) < 4 or argv[2].startswith("-"):
        return (*_timeout(seconds), *argv)
    return (*_timeout(seconds + _ENGINE), *argv[:3], *_timeout(seconds), *argv[3:])


def _timeout(seconds: float) -> tuple[str, ...]:
    return ("timeout", "-k", "5", f"{seconds:g}")
