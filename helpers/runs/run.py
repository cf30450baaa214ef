"""A run of the suite: its id, its folder among the reports, and the names of the resources that it creates."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from filelock import FileLock, Timeout

from helpers.engine.results import ResultStore
from helpers.runs.ledger import Ledger

#: Every resource of every run is named `dcn-verify.RUN.WHAT`; nothing else is ever deleted.
PREFIX = "dcn-verify"
_RUN_ID = r"\d{8}-\d{6}-[0-9a-f]{6}"
_NAME = re.compile(rf"{PREFIX}\.({_RUN_ID})\.[\w.-]+")


def run_id_in(name: str) -> str | None:
    """The id of the run in a resource's name; None for a resource that no run has created."""
    match = _NAME.fullmatch(name)
    return match[1] if match else None


@dataclass(frozen=True)
class Run:
    """A run, shared by all its processes. `folder` is `reports/<run id>`."""

    folder: Path

    @classmethod
    def new(cls, reports: Path) -> Run:
        """A new run, whose folder does not exist yet."""
        return cls(reports / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(3)}")

    @property
    def id(self) -> str:
        return self.folder.name

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.folder / "ledger.jsonl", self.id)

    @property
    def results(self) -> Path:
        """The folder of the stages' results."""
        return self.folder / "stages"

    @cached_property
    def store(self) -> ResultStore:
        """The results of the stages, one object per process."""
        return ResultStore(self.results)

    @cached_property
    def writing(self) -> FileLock:
        """The lock that the process which publishes the stages' results holds. Any of its threads may release it."""
        return FileLock(self.folder / "writing", thread_local=False)

    def is_written(self) -> bool:
        """Whether further results may still be published, as seen by another process of the run."""
        if not self.folder.is_dir():
            return False
        held = FileLock(self.folder / "writing")
        try:
            held.acquire(blocking=False)
        except Timeout:
            return True
        except OSError:  # a read-only file system
            return False
        held.release()
        return False

    def name(self, what: str) -> str:
        """The name of a resource of this run."""
        return f"{PREFIX}.{self.id}.{what}"

    def make_folder(self) -> None:
        """Create the folder, and make `reports/latest` point to it."""
        self.results.mkdir(parents=True)
        link = self.folder.parent / "latest"
        partial = self.folder.parent / f".latest-{self.id}"
        partial.symlink_to(self.folder.name)
        partial.replace(link)
