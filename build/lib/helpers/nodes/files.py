"""A file on a node, or in a container there: its facts and its content, by `stat` and `cat`."""

from __future__ import annotations

from dataclasses import dataclass, field

from helpers.nodes.runner import CommandFailed, Runner
from helpers.redact import redact

_LARGEST_FILE = 1024 * 1024


@dataclass(frozen=True)
class FileFacts:
    """A file on a node, links followed. `mode` is octal text (`0600`), `size` is bytes.

    `changed` is when it was last written, renamed, or given another owner or mode, in seconds since 1970. An owner or
    group without a name is its number. `content` is None for what is no regular file. Of a file that is not there,
    `exists` is false and the rest empty.
    """

    path: str
    exists: bool
    mode: str = ""
    owner: str = ""
    group: str = ""
    size: int = 0
    changed: int = 0
    content: str | None = field(default=None, repr=False)
    reproduce: str = field(default="", repr=False)

    def __repr__(self) -> str:
        if not self.exists:
            return f"<no file {self.path}>"
        content = redact(self.content[:500]) if self.content is not None else "not a regular file"
        return f"<{self.path} {self.mode} {self.owner}:{self.group} {self.size} bytes {content!r}>"


def read_file(runner: Runner, path: str, prefix: tuple[str, ...] = ()) -> FileFacts:
    """A file where `prefix` leads (`podman exec glance_api`), else on the node itself; see Node.read_file."""
    # LC_ALL: the one message that is looked at below is in English then
    look = (*prefix, "env", "LC_ALL=C", "stat", "-L", "-c", "%f|%a|%U|%u|%G|%g|%s|%Z", "--", path)
    seen = runner.run(*look)
    if seen.exit_status != 0:
        # ENOTDIR: a folder on the way is a file, so this file cannot be there either
        if seen.stderr.strip().endswith(("No such file or directory", "Not a directory")):
            return FileFacts(path, exists=False, reproduce=seen.reproduce)
        raise CommandFailed(seen)
    try:
        kind, mode, owner, uid, group, gid, size, changed = seen.stdout.strip().split("|")
        regular = int(kind, 16) & 0o170000 == 0o100000
    except ValueError:
        raise CommandFailed(seen, f"stat answered {seen.stdout[:80]!r}") from None
    if regular and int(size) > _LARGEST_FILE:
        raise CommandFailed(seen, f"{path} has {size} bytes and is no configuration file")
    content = runner.run_checked(*prefix, "cat", "--", path) if regular else seen
    return FileFacts(
        path=path,
        exists=True,
        mode=mode.zfill(4),
        owner=uid if owner == "UNKNOWN" else owner,
        group=gid if group == "UNKNOWN" else group,
        size=int(size),
        changed=int(changed),
        content=content.stdout if regular else None,
        reproduce=content.reproduce,
    )
