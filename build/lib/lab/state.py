"""The lab's one folder: settings, secrets, hosts, logs, and the files for people and the harness."""

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
    """What `up` was asked for; kept, so that every other command needs no options but `--state`."""

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
    """Put a file in place whole, or not at all; one that is so already is left alone, with the times that it has."""
    if _is_so(path, text, mode, owner):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Steps that run at the same time may put the same file in place.
    new = path.with_name(f".{path.name}.{get_ident()}.new")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        file.write(text)
        os.fchmod(file.fileno(), mode)
        if owner:
            os.fchown(file.fileno(), *owner)
    new.replace(path)


class State:
    """Paths of the state folder, and the secrets made in it at the first bring-up."""

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
        """The host's own files: its etc, var, home and tmp."""
        return self.folder / "hosts" / host.name

    def check(self) -> None:
        """Raise StateError for a folder that holds something that is not a lab."""
        if self.folder.exists() and any(self.folder.iterdir()) and not (self.folder / _MARK).exists():
            raise StateError(f"{self.folder} is not empty and holds no lab: name another folder with --state")

    def create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # Open to everybody for the public parts; what is secret has mode 0600 each.
        self.folder.chmod(0o755)

    def settings(self) -> Settings | None:
        """What the last `up` was asked for, or None where there has been none."""
        try:
            kept = json.loads((self.folder / _MARK).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        # A lab of an earlier version is one of images only.
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
        """The layout of the lab that is here. Raises StateError where there is none."""
        settings = self.settings()
        if settings is None:
            raise StateError(f"no lab in {self.folder}: bring one up with `dcn-verify lab up`")
        return self.laid_out(settings)

    def laid_out(self, settings: Settings) -> Plan:
        """The layout of a lab with these settings, in this folder."""
        name, subnet, dcn = settings.name, settings.subnet, settings.dcn
        return make_plan(name, subnet, self.folder, dcn, instances=settings.instances, layout=settings.layout)

    @contextmanager
    def only_one(self) -> Iterator[None]:
        """Hold the lab for one `up` or `down` at a time."""
        with (self.folder / _MARK).open("r+", encoding="utf-8") as held:
            try:
                flock(held, LOCK_EX | LOCK_NB)
            except BlockingIOError as error:
                raise StateError(f"another `up` or `down` works on {self.folder}: wait for it to end") from error
            yield

    def secret(self, name: str) -> str:
        """A password made at the first call and kept."""
        return self._kept(name, lambda: secrets.token_urlsafe(18))

    def cephx_key(self, name: str) -> str:
        """A cephx key of the form that Ceph makes: type, time, length, 16 random bytes."""
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
