"""The files that an environment file names. They must exist and be readable."""

from __future__ import annotations

from pathlib import Path

from helpers.environment.mistakes import BadEnvironment
from helpers.environment.model import Environment
from helpers.environment.sections import ImageSource, Ssh
from helpers.ssh.config import BadSshConfig, SshConfig

_RELATIVE = "paths are relative to the environment file's folder"


def named_file(path: Path, key: str, given: Path | None) -> Path | None:
    """Return the absolute path of a readable file that the environment file names. Raises BadEnvironment."""
    if given is None:
        return None
    found = _absolute(path, key, given)
    try:
        with found.open("rb"):
            pass
    except IsADirectoryError:
        raise BadEnvironment(path, key, f"{found} is a folder; name a file") from None
    except OSError as error:
        reason = "does not exist" if isinstance(error, FileNotFoundError) else (error.strerror or str(error)).lower()
        raise BadEnvironment(path, key, f"{found} {reason}; {_RELATIVE}") from None
    return found


def named_folder(path: Path, key: str, given: Path | None) -> Path | None:
    """Return the absolute path of a directory that the environment file names. Raises BadEnvironment."""
    if given is None:
        return None
    found = _absolute(path, key, given)
    if not found.is_dir():
        reason = "is not a folder" if found.exists() else "does not exist"
        raise BadEnvironment(path, key, f"{found} {reason}; {_RELATIVE}")
    return found


def _absolute(path: Path, key: str, given: Path) -> Path:
    try:
        expanded = given.expanduser()
    except RuntimeError:
        raise BadEnvironment(path, key, f"{given} is in the home of a user that there is not here") from None
    return expanded if expanded.is_absolute() else path.absolute().parent / expanded


def image_section(path: Path, given: ImageSource) -> ImageSource:
    """The section `image`, with an absolute path. Raises BadEnvironment."""
    if given.uri is None and given.file is None:
        raise BadEnvironment(path, "image.uri", "is missing; add it, or `file`")
    if given.uri is not None and given.file is not None:
        raise BadEnvironment(path, "image.file", "is given, and `uri` too; leave one of them out")
    if given.port is not None and given.file is None:
        raise BadEnvironment(path, "image.port", "is for `file`; leave it out, and write the port into `uri`")
    file = named_file(path, "image.file", given.file)
    if file is not None and not file.stat().st_size:
        raise BadEnvironment(path, "image.file", f"{file} is empty; name an image")
    return given.model_copy(update={"file": file})


def ssh_section(path: Path, given: Ssh) -> Ssh:
    """The section `ssh` with absolute paths."""
    known_hosts = given.known_hosts
    if given.check_host_keys:
        known_hosts = named_file(path, "ssh.known_hosts", known_hosts)
    return given.model_copy(update={"config": named_file(path, "ssh.config", given.config), "known_hosts": known_hosts})


def check_ssh_config(environment: Environment) -> None:
    """Check that the ssh_config file can be read. Only a login shows whether its settings work."""
    ssh = environment.ssh
    if ssh.config is None:
        return
    try:
        SshConfig.read(ssh.config)
    except BadSshConfig as error:
        raise BadEnvironment(environment.path, "ssh.config", str(error)) from None
