"""The lab's folder: settings, secrets, hosts, logs, and the files for people and the harness."""

from __future__ import annotations

import base64
import json
import os
import secrets
import struct
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from threading import Lock, get_ident

from lab.plan import Host, Layout, Plan, make_plan

DEFAULT_STATE = Path("/var/lib/dcn-lab")
_MARK = "lab.json"


class StateError(RuntimeError):
    """The state folder cannot be used."""


@dataclass(frozen=True)
class Settings:
    """The options of `up`, kept so that all other commands need only the option `--state`."""

    name: str
    subnet: str
    dcn: int
    instances: bool = True
    layout: Layout = field(default_factory=Layout)


def _is_so(path: Path, text: str, mode: int, owner: tuple[int, int] | None) -> bool:
    try:
        old = path.stat()
        same = (old.st_mode & 0o7777, old.st_uid, old.st_gid) == (mode, *(owner or (os.geteuid(), os.getegid())))
        return same and not path.is_symlink() and path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def write(path: Path, text: str, mode: int = 0o600, owner: tuple[int, int] | None = None) -> None:
    """Write a file atomically. A file that is already as requested is left alone and keeps its times."""
    if _is_so(path, text, mode, owner):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Steps that run at the same time may write the same file.
    new = path.with_name(f".{path.name}.{get_ident()}.new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        file.write(text)
        os.fchmod(file.fileno(), mode)
        if owner:
            os.fchown(file.fileno(), *owner)
    new.replace(path)


class State:
    """The paths in the state folder, and the secrets created there during the first `up`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = Lock()

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def environment(self) -> Path:
        return self.folder / "environment.yaml"

    @property
    def clouds(self) -> Path:
        return self.folder / "clouds.yaml"

    @property
    def rc(self) -> Path:
        return self.folder / "control-planerc"

    @property
    def ssh_config(self) -> Path:
        return self.folder / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def ssh_key(self) -> Path:
        return self.folder / "ssh_key"

    @property
    def guest_image(self) -> Path:
        return self.folder / "guest" / "guest.qcow2"

    @property
    def deployment_files(self) -> Path:
        return self.folder / "deployment-files"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def host(self, host: Host) -> Path:
        """Return the folder with the host's own etc, var, home and tmp."""
        return self.folder / "hosts" / host.name

    def check(self) -> None:
        """Raise StateError if the folder holds something other than a lab."""
        if self.folder.exists() and any(self.folder.iterdir()) and not (self.folder / _MARK).exists():
            raise StateError(f"{self.folder} is not empty and holds no lab: name another folder with --state")

    def create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # All users may read the public files; every secret file has mode 0600.
        self.folder.chmod(0o755)

    def settings(self) -> Settings | None:
        """Return the settings of the last `up`, or None if there was none."""
        try:
            kept = json.loads((self.folder / _MARK).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        # A lab of an earlier version is an images-only lab.
        instances = kept.get("instances", False)
        described = kept.get("layout", {})
        layout = Layout(
            three_hosts=tuple(described.get("three_hosts", ())),
            scale_out=tuple(described.get("scale_out", ())),
            without_storage=described.get("without_storage", 0),
        )
        return Settings(kept["name"], kept["subnet"], kept["dcn"], instances, layout)

    def keep_settings(self, settings: Settings) -> None:
        write(self.folder / _MARK, json.dumps(asdict(settings)) + "\n", 0o644)

    def plan(self) -> Plan:
        """Return the layout of the lab in this folder. Raises StateError if there is none."""
        settings = self.settings()
        if settings is None:
            raise StateError(f"no lab in {self.folder}: bring one up with `dcn-verify lab up`")
        return self.laid_out(settings)

    def laid_out(self, settings: Settings) -> Plan:
        """Return the layout of a lab with these settings in this folder."""
        name, subnet, dcn = settings.name, settings.subnet, settings.dcn
        return make_plan(name, subnet, self.folder, dcn, instances=settings.instances, layout=settings.layout)

    @contextmanager
    def only_one(self) -> Iterator[None]:
        """Lock the lab, so that only one command works on it at a time."""
        with (self.folder / _MARK).open("r+", encoding="utf-8") as held:
            try:
                flock(held, LOCK_EX | LOCK_NB)
            except BlockingIOError as error:
                raise StateError(f"another `up` or `down` works on {self.folder}: wait for it to end") from error
            yield

    def secret(self, name: str) -> str:
        """Return a password, which is created at the first call and kept."""
        return self._kept(name, lambda: secrets.token_urlsafe(18))

    def cephx_key(self, name: str) -> str:
        """Return a cephx key in Ceph's own format: type, time, length, and 16 random bytes."""
        return self._kept(name, new_cephx_key)

    def uuid(self, name: str) -> str:
        return self._kept(name, lambda: str(uuid.uuid4()))

    def fernet_key(self, name: str) -> str:
        return self._kept(name, lambda: base64.urlsafe_b64encode(os.urandom(32)).decode())

    def _kept(self, name: str, make: Callable[[], str]) -> str:
        path = self.folder / "secrets" / name
        with self._lock:
            if not path.exists():
                write(path, make() + "\n")
            return path.read_text(encoding="utf-8").strip()


def new_cephx_key() -> str:
    key = os.urandom(16)
    return base64.b64encode(struct.pack("<hiih", 1, int(time.time()), 0, len(key)) + key).decode()
