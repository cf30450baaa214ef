"""What the bugs of Nova and Cinder share. Runs by the machine's own Python in their containers, without the lab."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import rados  # type: ignore[import-not-found]
import rbd  # type: ignore[import-not-found]

MIB = 1024 * 1024
Wrapper = Callable[..., Any]


def wrap(owner: Any, name: str, wrapper: Wrapper) -> None:
    """Put `wrapper(original, *args)` in the place of a function or method."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args: Any, **keywords: Any) -> Any:
        return wrapper(original, *args, **keywords)

    setattr(owner, name, wrapped)


def nothing(original: Wrapper, *_: Any, **keywords: Any) -> None:
    """For what is not done, and nobody is told."""


@contextlib.contextmanager
def elsewhere(conf: str, user: str, pool: str) -> Iterator[Any]:
    """A pool of another site's cluster."""
    client = rados.Rados(conffile=conf, rados_id=user)
    # What is read is to be read, each time.
    client.conf_set("rbd_cache", "false")
    client.connect(timeout=10)
    try:
        with client.open_ioctx(pool) as opened:
            yield opened
    finally:
        client.shutdown()


def copy_elsewhere(pool: Any, name: str, conf: str, user: str, to_pool: str) -> None:
    """Copy an RBD image, under its own name, to a pool of another site's cluster."""
    with elsewhere(conf, user, to_pool) as there, rbd.Image(pool, name, read_only=True) as image:
        image.copy(there, name)


def activate(bugs: dict[str, Any]) -> None:
    """Bring about the bug that bug.json names, with its settings."""
    settings = json.loads((Path(__file__).parent / "bug.json").read_text(encoding="utf-8"))
    bugs[settings.pop("bug").replace("-", "_")](**settings)
