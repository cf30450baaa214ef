"""The state folder."""

import base64
import struct
from pathlib import Path

import pytest

from lab.state import Settings, State, StateError, new_cephx_key, write


def test_a_secret_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    one, other = State(tmp_path / "one"), State(tmp_path / "other")

    assert one.secret("a") == State(tmp_path / "one").secret("a")
    assert len({one.secret("a"), one.secret("b"), other.secret("a")}) == 3


def test_secrets_are_for_the_owner_only(tmp_path: Path) -> None:
    State(tmp_path).secret("a")

    assert (tmp_path / "secrets" / "a").stat().st_mode & 0o777 == 0o600


def test_a_cephx_key_is_of_type_1_with_16_bytes() -> None:
    raw = base64.b64decode(new_cephx_key())
    kind, _, _, length = struct.unpack("<hiih", raw[:12])

    assert (kind, length, len(raw)) == (1, 16, 28)


def test_settings_are_kept(tmp_path: Path) -> None:
    state = State(tmp_path / "lab")
    assert state.settings() is None

    state.keep_settings(Settings("lab", "192.0.2.0/24", 2))

    assert State(tmp_path / "lab").settings() == Settings("lab", "192.0.2.0/24", 2)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()

    with pytest.raises(StateError, match="holds no lab"):
        State(tmp_path).check()


def test_two_at_once_are_refused(tmp_path: Path) -> None:
    State(tmp_path).keep_settings(Settings("lab", "192.0.2.0/24", 2))

    with (
        State(tmp_path).only_one(),
        pytest.raises(StateError, match="another `up` or `down`"),
        State(tmp_path).only_one(),
    ):
        pass


def test_a_file_is_replaced_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    write(path, "old", 0o600)

    write(path, "new", 0o644)

    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o644)
    assert [one.name for one in path.parent.iterdir()] == ["file"]
