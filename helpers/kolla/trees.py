"""The folders of services in a tree, and the configuration texts, confs and keyrings in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from helpers.declared.model import Conf, Holder, KeyringFile
from helpers.declared.texts import Layered, Text
from helpers.declared.walk import Found, files
from helpers.tripleo.findings import Finding, Place

#: The folders and files of config/, by which it is known whatever it is called.
_CUSTOM = frozenset({"glance", "cinder", "nova"})
#: The configuration of each service in a rendered tree.
RENDERED: Mapping[str, str] = {
    "glance-api": "glance-api.conf",
    "cinder-volume": "cinder.conf",
    "cinder-backup": "cinder.conf",
    "nova-compute": "nova.conf",
}


@dataclass
class Tree:
    """All files below a folder by their names, and what in them cannot be read."""

    folder: Path
    found: dict[str, Found] = field(default_factory=dict)
    unreadable: list[Finding] = field(default_factory=list)
    _texts: dict[str, Text | None] = field(default_factory=dict)
    _confs: dict[str, Conf] = field(default_factory=dict)
    _keyrings: dict[str, KeyringFile] = field(default_factory=dict)

    def text(self, name: str, kind: str) -> Text | None:
        """A file as `oslo`, `ceph` or `keyring`. None: it is absent, unreadable, or a template with statements."""
        if name not in self.found:
            return None
        if name not in self._texts:
            content = self.found[name].text()
            text = Text(Place(name), content, 1) if content is not None and "{%" not in content else None
            broken = text.broken(kind) if text is not None else []
            self.unreadable += broken
            self._texts[name] = None if broken else text
        return self._texts[name]

    def layered(self, *names: str) -> Layered:
        """The texts of a service, in the order in which kolla-ansible merges them."""
        return Layered(tuple(text for name in names if (text := self.text(name, "oslo")) is not None))

    def holder(self, name: str, *folders: str) -> Holder | None:
        """The confs and keyrings in some folders, of which later ones override earlier ones. None: there are none."""
        confs: dict[str, Conf] = {}
        keyrings: dict[str, KeyringFile] = {}
        for folder in folders:
            for path in self._in(folder):
                base = PurePosixPath(path).name
                if base.endswith(".keyring") and (text := self.text(path, "keyring")) is not None:
                    keyrings[base] = self._keyrings.setdefault(path, KeyringFile(base, text))
                elif base.endswith(".conf") and self._is_cephs(path) and (text := self.text(path, "ceph")) is not None:
                    confs[base] = self._confs.setdefault(path, Conf(base, text))
        return Holder(name, Place(f"{folders[-1]}/"), confs, keyrings) if confs or keyrings else None

    def _in(self, folder: str) -> Iterator[str]:
        prefix = f"{folder}/" if folder else ""
        yield from (name for name in self.found if name.startswith(prefix) and "/" not in name[len(prefix) :])

    def _is_cephs(self, path: str) -> bool:
        content = self.found[path].text()
        return content is not None and "[global]" in content

    def folders(self, parent: str) -> list[str]:
        """The names of the folders in a folder."""
        prefix = f"{parent}/" if parent else ""
        inside = [name[len(prefix) :] for name in self.found if name.startswith(prefix)]
        return list(dict.fromkeys(name.partition("/")[0] for name in inside if "/" in name))

    def custom(self) -> Iterator[str]:
        """The folders that have configuration of the operator's own, such as `config`."""
        known = {".conf", ".keyring"}
        holding = [name for name in self.found if PurePosixPath(name).suffix in known]
        for folder in dict.fromkeys(parent for name in holding for parent in _parents_of(name, _CUSTOM)):
            rendered = any(f"{folder}/{service}".lstrip("/") in _folders(self.found) for service in RENDERED)
            if folder.rpartition("/")[2] == "config" or not rendered:
                yield folder

    def rendered(self) -> Iterator[str]:
        """The folders that have services' rendered configuration, such as `/etc/kolla` of a host."""
        paths = [PurePosixPath(name) for name in self.found]
        rendered = [path for path in paths if RENDERED.get(path.parent.name) == path.name]
        yield from dict.fromkeys(str(path.parent.parent) for path in rendered)


def _parents_of(name: str, services: Iterable[str]) -> Iterator[str]:
    parts = PurePosixPath(name).parts
    for i, part in enumerate(parts[:-1]):
        if part in services:
            yield "/".join(parts[:i])
            return


def _folders(found: Iterable[str]) -> set[str]:
    return {str(parent) for name in found for parent in PurePosixPath(name).parents}


def read(folder: Path) -> Tree:
    """Every file below a folder that kolla-ansible, or a service, may read."""
    suffixes = (".conf", ".keyring", ".yml", ".yaml", ".base64", ".ini", "")
    found = {one.name: one for one in files(folder) if PurePosixPath(one.name).suffix in suffixes}
    return Tree(folder, found)


def joined(*parts: str) -> str:
    return "/".join(part for part in parts if part not in ("", "."))
