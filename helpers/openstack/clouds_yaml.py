"""Checks the files of a cloud's entry before openstacksdk reads them, because it skips a broken file.

Source: openstacksdk, "Configuring OpenStack SDK Applications" (clouds.yaml, secure.yaml, where they are looked for).
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from openstack.config import loader

from helpers.environment.yaml_file import yaml_problem
from helpers.redact import register

_SUFFIXES = (".yaml", ".yml", ".json")
_SECRET = re.compile(r"pass|secret|token", re.IGNORECASE)


class BadCloud(Exception):
    """The cloud's entry or credentials cannot be used. The message is one line with the reason and the fix."""


@dataclass(frozen=True)
class CloudFiles:
    """The files that openstacksdk searches. The first readable file of each kind counts.

    `named`: the environment file names the first one, so that no environment variable overrides it. `beside`: the
    files with secrets that belong to it.
    """

    clouds: tuple[Path, ...]
    secure: tuple[Path, ...]
    named: bool
    beside: tuple[Path, ...] = ()

    @classmethod
    def of(cls, clouds_file: Path | None) -> CloudFiles:
        """The named file and the `secure.yaml` beside it; for None, the places that openstacksdk searches."""
        searched = tuple(Path(file) for file in loader.SECURE_FILES)
        if clouds_file is None:
            override = [os.environ[name] for name in ("OS_CLIENT_CONFIG_FILE",) if name in os.environ]
            return cls(tuple(map(Path, (*override, *loader.CONFIG_FILES))), searched, named=False)
        beside = tuple(clouds_file.with_name(f"secure{suffix}") for suffix in _SUFFIXES)
        return cls((clouds_file,), (*beside, *searched), named=True, beside=beside)

    def check(self, cloud: str) -> str:
        """Why the entry cannot be read, in one line that begins with the file; empty if it can."""
        if not self.named and cloud == os.environ.get("OS_CLOUD_NAME", "envvars"):
            return ""  # openstacksdk makes this entry from environment variables
        clouds, broken = _first(self.clouds)
        secure, _ = _first(self.secure)
        if clouds is None:
            return broken or f"no clouds.yaml in {', '.join(_folders(self.clouds))}; name one with `clouds_file`"
        problem = _shape(*clouds, cloud)
        if problem and broken and not self.named:  # the entry may be in the file that is skipped
            return broken
        if not problem and secure:
            problem = _shape(*secure, cloud, may_lack_it=True)
        return problem or _first(self.beside)[1]

    def __str__(self) -> str:
        there, _ = _first(self.clouds)
        return str(there[0] if there else self.clouds[0])


def _folders(files: Iterable[Path]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(file.parent) for file in files))


def _first(files: Iterable[Path]) -> tuple[tuple[Path, Any] | None, str]:
    """The first readable file with its content, and the problem of a file before it."""
    broken = ""
    for file in files:
        if not file.exists():
            continue
        try:
            held = _read(file)
        except BadCloud as error:
            broken = broken or str(error)
            continue
        return (file, held), broken
    return None, broken


def _read(file: Path) -> Any:
    """The content of the file as openstacksdk would read it. Raises BadCloud."""
    try:
        text = file.read_text(encoding="utf-8")
        return json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise BadCloud(f"{file}: cannot be read: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        raise BadCloud(f"{file}: not text: byte {error.start} is not UTF-8") from error
    except yaml.YAMLError as error:
        raise BadCloud(f"{file}: not YAML: {yaml_problem(error)}; correct that line") from error
    except Exception as error:  # PyYAML passes on exceptions of its constructors, for example for an impossible date
        kind = "JSON" if file.suffix == ".json" else "YAML"
        raise BadCloud(f"{file}: not {kind}: {type(error).__name__}; correct it") from error


def _register(held: Any) -> None:
    """Hide the values of keys that sound like secrets from all messages."""
    if isinstance(held, Mapping):
        for key, value in held.items():
            if isinstance(value, str) and value and _SECRET.search(str(key)):
                register(value)
            _register(value)


def _shape(file: Path, held: Any, cloud: str, *, may_lack_it: bool = False) -> str:
    """Why the entry cannot be found in the content, in one line; empty if it can."""
    place, found = "", held
    for key in ("clouds", cloud, "auth"):
        if found is None:
            return f"{file}: {place or 'the file'} is empty; write `{key}:` below it"
        if not isinstance(found, Mapping):
            return f"{file}: {place or 'the file'} is {_kind(found)}; write `{key}:` and its keys there"
        if key not in found:
            if key == "auth" or may_lack_it:
                return ""
            there = f"; there are {', '.join(map(str, found))}" if key == cloud and found else ""
            return f"{file}: {f'{place} has' if place else 'has'} no entry {key!r}{there}"
        place, found = f"{place}.{key}" if place else key, found[key]
        if key == cloud:
            _register(found)
    if isinstance(found, Mapping):
        return ""
    what = "empty" if found is None else _kind(found)
    return f"{file}: {place} is {what}; write `auth_url:`, `username:` and so on below it"


def _kind(value: object) -> str:
    return {list: "a list", str: "text", bool: "true or false"}.get(type(value), "a single value")
