"""Finds the files that may matter in a folder, even in a home directory: within limits, by their names or words.

Hidden names, unreadable and irregular files, trees of tripleo-heat-templates, Python and Node.js, and backup copies of
folders are passed over. The result says what was not read.
"""

from __future__ import annotations

import os
import re
import stat
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from helpers.tripleo.findings import Finding, Place
from helpers.tripleo.loader import MAX_BYTES

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
_SCRIPT = ".sh"
#: The limits: names in all folders, bytes searched for words, and bytes of the files that contain such words.
MAX_NAMES = 200_000
MAX_SEARCHED = 512 * 1024**2
MAX_READ = 48 * 1024**2
#: The depth of folders. config-download's own are at most half as deep.
MAX_DEPTH = 16
MAX_SCRIPT = 64 * 1024
_HEAD = 1024**2

#: A file is read if its first MiB contains all the words of one of these groups.
_WORDS = tuple(
    tuple(re.compile(word, re.MULTILINE) for word in words)
    for words in (
        (rb"parameter_defaults",),
        (rb'^"?parameters"?\s*:', rb"^\s+\"?(\w+Count|ManageNetworks|\w+AvailabilityZone)\"?\s*:"),
        (rb"openstack_keys",),
        (rb"tripleo_ceph_client",),
        (rb'^[ {]*"?fsid"?\s*:', rb'^[ {]*"?cluster"?\s*:'),
        (rb"ServicesDefault",),
        (rb"service_net_map",),
        (rb"service_type", rb"hostname"),
        (rb"hosts", rb"_ip\b|tripleo_role_name|allovercloud|\bceph_mon\b|\bmons\b"),
        (rb'\bname"?\s*:\s*["\']?[A-Z]\w*["\']?\s*[,}\n\r]', rb'\b(count|instances|hostname_format)"?\s*:'),
    )
)
#: The file names of the guide, cephadm and the director. Such a file of a stack matters even if it is broken.
_KNOWN = re.compile(
    r"(\w*ceph_keys|ceph|az|site-name|glance(_update|-dcn-stores)?|roles?[-_]counts|\w*ceph[-_]external|inventory|"
    r"tripleo-ansible-inventory|all|ceph_client|ceph_spec|deployed[-_](ceph|metal).*|ceph-export-.*)\.(ya?ml|json)"
)
#: A setting that the checks read, at the beginning of a line. A file with one matters even if it is broken.
_SETTING = re.compile(
    rb"^\s*(CephExternalMultiConfig|CephExtraKeys|CephClusterName|CinderStorageAvailabilityZone|CinderVolumeCluster|"
    rb"GlanceEnabledImportMethods|GlanceMultistoreConfig|ManageNetworks|NovaComputeAvailabilityZone)\s*:",
    re.MULTILINE,
)
_JINJA = re.compile(rb"\{%")
#: The names of backup copies: dcn0-old, az.bak.yaml, "Copy of dcn0", templates-20240131.
_ASIDE = re.compile(
    r"(?i)(?<![a-z0-9])(?:copy of|old|bak|backups?|orig|copy|saved?|archived?|trash|20\d\d[-_.]?\d\d[-_.]?\d\d\w*)\d*"
    r"(?![a-z0-9])"
)
#: Folders of third-party files.
_FOREIGN = frozenset({"node_modules", "__pycache__", "site-packages", "dist-packages"})
_TEMPLATES = re.compile(r"(openstack-)?tripleo-heat-templates.*")
#: Files that only a tree of tripleo-heat-templates contains.
_TEMPLATES_MARKS = frozenset(
    {"overcloud-resource-registry-puppet.j2.yaml", "overcloud-resource-registry-puppet.yaml", "overcloud.j2.yaml"}
)
#: The folders of such a tree. An operator's own may be beside them.
_TEMPLATES_OWN = re.compile(
    "baremetal-samples|ci|common|container_config_scripts|deployed-server|deployment|doc|environments|extraconfig|"
    "firstboot|network|network-data-samples|plan-samples|puppet|releasenotes|roles|sample-env-generator|scripts|tools|"
    "tripleo_heat_templates|user-environments|validation-scripts|zuul.d"
)
#: The advice for what was passed over.
UNLESS = "nothing to do, unless it is part of this deployment"
_NOT_FOLLOWED = tuple(map(Path, ("/proc", "/sys", "/dev", "/run")))


@dataclass(frozen=True)
class Candidate:
    """A file to be read. `file` is its name in findings, relative to the folder and printable.

    `known`: its name or its words identify it as a deployment file, so that it matters even if it is broken. `aside`:
    its name is that of a backup copy.
    """

    path: Path
    file: str
    known: bool = False
    aside: bool = False


@dataclass
class Survey:
    """The files that were found, and those that were passed over although they may matter.

    `limited`: a limit was reached before everything was read. `scripts` are those that deploy something.
    """

    candidates: list[Candidate] = field(default_factory=list)
    scripts: list[Candidate] = field(default_factory=list)
    passed_over: list[Finding] = field(default_factory=list)
    limited: bool = False

    def note(self, file: str, seen: str, expected: str) -> None:
        self.passed_over.append(Finding(Place(file), seen, expected))

    def limit(self, file: str, seen: str) -> None:
        """Report once that a limit was reached."""
        if not self.limited:
            self.note(file, seen, "fewer; what follows was not looked at: give the folder of the templates alone")
        self.limited = True


def survey(folder: Path) -> Survey:
    """Search a folder breadth first, so that a limit affects the deepest files."""
    found, names, budget = Survey(), 0, _Budget()
    visited: set[tuple[int, int] | None] = {_identity(folder)}
    waiting = deque([(folder, 0)])
    while waiting:
        where, depth = waiting.popleft()
        try:
            with os.scandir(where) as listing:
                entries = sorted(listing, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            found.note(_shown(where, folder) + "/", f"a folder that cannot be read: {error.strerror}", "one that can")
            continue
        names += len(entries)
        if names > MAX_NAMES:
            found.limit(_shown(where, folder) + "/", f"more than {MAX_NAMES} names up to here")
            break
        folders, files = _of_interest(where, entries)
        found.scripts += _scripts(files, folder)
        files = [entry for entry in files if not entry.name.endswith(_SCRIPT)]
        stems = {Path(entry.name).stem for entry in files}
        for entry in files:
            original = _without_aside(Path(entry.name).stem)
            aside = original is not None and (original in stems or not original or _is_known(f"{original}.yaml"))
            _consider(Path(entry.path), folder, aside, found, budget)
        for entry in folders:
            path, file = Path(entry.path), _shown(Path(entry.path), folder)
            original = _without_aside(entry.name)
            if original is not None and (not original or original in {other.name for other in folders}):
                found.note(f"{file}/", "a folder that is called like a copy put aside, and was passed over", UNLESS)
            elif depth < MAX_DEPTH and _entered(entry, folder, visited):
                waiting.append((path, depth + 1))
    return found


@dataclass
class _Budget:
    searched: int = 0
    read: int = 0


def _of_interest(where: Path, entries: list[os.DirEntry[str]]) -> tuple[list[os.DirEntry[str]], list[os.DirEntry[str]]]:
    """The folders and files in a folder that may matter."""
    names = {entry.name for entry in entries}
    if "pyvenv.cfg" in names:
        return [], []
    shown = [entry for entry in entries if not entry.name.startswith((".", "#"))]
    folders = [entry for entry in shown if entry.name not in _FOREIGN and _is_folder(entry)]
    files = [entry for entry in shown if os.path.splitext(entry.name)[1].lower() in {*SUFFIXES, _SCRIPT}]
    if _TEMPLATES.fullmatch(where.name) or names & _TEMPLATES_MARKS:
        return [entry for entry in folders if not _TEMPLATES_OWN.fullmatch(entry.name)], []
    return folders, files


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circular link, or no permission
        return False


def _scripts(files: list[os.DirEntry[str]], folder: Path) -> Iterator[Candidate]:
    """The shell scripts that deploy something."""
    for entry in files:
        path = Path(entry.path)
        if entry.name.endswith(_SCRIPT) and entry.is_file() and b"overcloud" in _head(path, MAX_SCRIPT):
            yield Candidate(path, _shown(path, folder))


def _head(path: Path, size: int) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except OSError:
        return b""


def _without_aside(name: str) -> str | None:
    """The original's name for a backup copy: `az` for az-old, empty for 2024-01-31. None for any other name."""
    rest = _ASIDE.sub("", name).strip(" ._()~-")
    return None if rest == name else rest.strip("0123456789") and rest


def _is_known(name: str) -> bool:
    return _KNOWN.fullmatch(name) is not None


def _entered(entry: os.DirEntry[str], folder: Path, visited: set[tuple[int, int] | None]) -> bool:
    """Whether a folder is searched: once, and through a link only if it leads outside, and not to a folder above."""
    path = Path(entry.path)
    identity = _identity(path)
    if identity is None or identity in visited:
        return False
    if entry.is_symlink():
        target, root = path.resolve(), folder.resolve()
        if target in (root, *root.parents) or target.is_relative_to(root):
            return False
        if any(target.is_relative_to(other) for other in _NOT_FOLLOWED):
            return False
    visited.add(identity)
    return True


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except (OSError, RuntimeError):
        return None
    return status.st_dev, status.st_ino


def _consider(path: Path, folder: Path, aside: bool, found: Survey, budget: _Budget) -> None:
    """Add a file to those to be read if its name or its words identify it."""
    file, known = _shown(path, folder), _is_known(path.name)
    candidate = Candidate(path, file, known, aside)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return
        size = min(status.st_size, _HEAD)
        if budget.searched + size > MAX_SEARCHED:
            return found.limit(file, f"more than {MAX_SEARCHED} bytes of YAML and JSON up to here")
        budget.searched += size
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        if known:  # reading it reports the error
            found.candidates.append(candidate)
        return
    if not known and not has_words(head):
        return
    if not known and status.st_size > MAX_BYTES:
        return found.note(file, f"{status.st_size} bytes, more than are read ({MAX_BYTES})", UNLESS)
    if budget.read + status.st_size > MAX_READ and status.st_size <= MAX_BYTES:
        return found.limit(file, f"more than {MAX_READ} bytes of deployment files up to here")
    budget.read += min(status.st_size, MAX_BYTES)
    settings = _SETTING.search(head) is not None and _JINJA.search(head) is None
    found.candidates.append(replace(candidate, known=known or settings))


def has_words(content: bytes) -> bool:
    """Whether a file's content has the words of a deployment file, in UTF-8 or UTF-16."""
    plain = content.replace(b"\0", b"")
    return any(all(word.search(plain) for word in words) for words in _WORDS)


def _shown(path: Path, folder: Path) -> str:
    """The name in findings: relative, valid UTF-8, and on one line."""
    name = os.fsencode(path.relative_to(folder)).decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in name)
