"""The round trips that an environment file declares: pairs of DCN sites with storage, origin and target."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from helpers.environment.mistakes import BadEnvironment
from helpers.environment.sections import File


def pairs(path: Path, parsed: File) -> Iterator[tuple[str, str]]:
    """Yield the names of origin and target, in the file's order. Raises BadEnvironment for the first mistake."""
    seen: dict[str, int] = {}
    for number, names in enumerate(parsed.pairs or ()):
        key = f"pairs.{number}"
        if len(names) != 2:
            raise BadEnvironment(path, key, f"names {len(names)} sites; write a pair as [origin, target]")
        origin, target = names
        for name in names:
            _check_site(path, key, name, parsed)
        if origin == target:
            raise BadEnvironment(path, key, f"{origin!r} is paired with itself; a round trip leads to another site")
        # the text of a pair is its test id: the pairs `a-b` to `c` and `a` to `b-c` would have the same one
        if (first := seen.setdefault(f"{origin}-{target}", number)) != number:
            raise BadEnvironment(path, key, f"[{origin}, {target}] has the test id of pairs.{first}; keep one of them")
        yield origin, target


def _check_site(path: Path, key: str, name: str, parsed: File) -> None:
    there = ", ".join(known for known, entry in parsed.sites.items() if entry.ceph and not entry.central)
    if name not in parsed.sites:
        raise BadEnvironment(path, key, f"no site {name!r}; DCN sites with storage: {there or 'none'}")
    if parsed.sites[name].central:
        raise BadEnvironment(path, key, f"{name!r} is the central site; DCN sites with storage: {there or 'none'}")
    if not parsed.sites[name].ceph:
        raise BadEnvironment(path, key, f"{name!r} has no storage; DCN sites with storage: {there or 'none'}")
    if not any("compute" in node.roles for node in parsed.sites[name].nodes.values()):
        raise BadEnvironment(path, key, f"{name!r} has no node with the role compute, so no server can boot there")
