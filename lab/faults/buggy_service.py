"""Helpers for the bugs of Nova and Cinder, run by the machine's own Python in their containers without the lab."""

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
    """Replace a function or method with `wrapper(original, *args)`."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args: Any, **keywords: Any) -> Any:
        return wrapper(original, *args, **keywords)

    setattr(owner, name, wrapped)


def nothing(original: Wrapper, *_: Any, **keywords: Any) -> None:
    """Do nothing, silently, in place of the original."""


@contextlib.contextmanager
def elsewhere(conf: str, user: str, pool: str) -> Iterator[Any]:
    """Open a pool of another site's cluster."""
    client = rados.Rados(conffile=conf, rados_id=user)
    # Without the cache, every read reaches the cluster.
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
    """Activate the bug that bug.json names, with its settings."""
    settings = json.loads((Path(__file__).parent / "bug.json").read_text(encoding="utf-8"))
    bugs[settings.pop("bug").replace("-", "_")](**settings)
