"""Expansion of `~`, `%h` and `${NAME}` in values of ssh_config. Source: ssh_config(5), TOKENS."""

from __future__ import annotations

import contextlib
import getpass
import os
import pwd
import re
from collections.abc import Mapping
from pathlib import Path

_TOKEN = re.compile(r"%(?P<token>.?)", re.DOTALL)
_TOKEN_OR_VARIABLE = re.compile(r"%(?P<token>.?)|\$\{(?P<variable>[^}]*)\}", re.DOTALL)


def local_user() -> str:
    """The name of the current user. Like OpenSSH, it is taken from the user database, not from the environment."""
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(os.getuid()).pw_name
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())


def home() -> str:
    """The home directory of the current user, also from the user database."""
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(os.getuid()).pw_dir
    return str(Path("~").expanduser())


def with_tilde(value: str) -> str:
    """Expand `~` or `~NAME` at the beginning of a path. Raises ValueError for an unknown user."""
    if not value.startswith("~"):
        return value
    user, _, rest = value[1:].partition("/")
    try:
        folder = pwd.getpwnam(user).pw_dir if user else home()
    except KeyError as error:
        raise ValueError(f"{value!r}: there is no user {user}") from error
    return f"{folder.rstrip('/')}/{rest.lstrip('/')}"


def expanded(value: str, tokens: Mapping[str, str], variables: bool = False) -> str:
    """Expand the `%` tokens of a value, and its `${}` if `variables`. Raises ValueError for an unknown one."""

    def meaning(found: re.Match[str]) -> str:
        name = found["token"]
        if name is None:
            variable = found["variable"]
            if variable not in os.environ:
                raise ValueError(f"{value!r}: the environment has no {variable}")
            return os.environ[variable]
        if name not in tokens:
            raise ValueError(f"{value!r}: the token %{name} is not known")
        return tokens[name]

    return (_TOKEN_OR_VARIABLE if variables else _TOKEN).sub(meaning, value)


def expanded_path(value: str, tokens: Mapping[str, str]) -> Path:
    """Return the path with everything in it expanded. Raises ValueError."""
    return Path(expanded(with_tilde(value), tokens, variables=True))
