"""How the lab runs other programs."""

import sys
from pathlib import Path

import pytest

from lab.command import CommandError, Shell, tail


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "log")


def test_output_is_returned_and_logged_with_the_command(shell: Shell) -> None:
    assert shell.run("echo", "a b") == "a b\n"
    assert shell.log.read_text().startswith("$ echo 'a b'\na b\n# exit code 0")


def test_input_is_handed_over(shell: Shell) -> None:
    assert shell.run("cat", stdin="text") == "text"


def test_a_secret_does_not_reach_the_log(shell: Shell) -> None:
    assert shell.run("cat", stdin="password", secret=True) == "password"
    assert "password" not in shell.log.read_text()


def test_a_failure_quotes_command_code_and_what_was_said(shell: Shell) -> None:
    with pytest.raises(CommandError, match=r"`sh -c 'echo wrong >&2; exit 3'` ended with exit code 3\n(.*\n)*  wrong"):
        shell.run("sh", "-c", "echo wrong >&2; exit 3")


def test_a_failure_may_be_expected(shell: Shell) -> None:
    assert shell.run("false", check=False) == ""


def test_what_does_not_end_is_ended_with_all_its_children(shell: Shell) -> None:
    with pytest.raises(CommandError, match=r"did not end within 0\.3 s"):
        shell.run("sh", "-c", "sleep 60 & wait", timeout=0.3)


def test_the_callers_environment_is_not_passed_on(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_PASSWORD", "secret")

    assert "OS_PASSWORD" not in shell.run("env")
    assert shell.run("env", env={"ADDED": "1"}).count("ADDED=1") == 1


def test_the_prefix_decides_where(tmp_path: Path) -> None:
    assert Shell(tmp_path / "log", ("env", "--chdir=/")).run("pwd") == "/\n"


def test_a_missing_log_is_said(tmp_path: Path) -> None:
    assert tail(tmp_path / "none") == "  (no log)"


def test_an_unreadable_byte_ends_nothing(shell: Shell) -> None:
    assert shell.run(sys.executable, "-c", r"import sys; sys.stdout.buffer.write(b'\xff')") == "\ufffd"
