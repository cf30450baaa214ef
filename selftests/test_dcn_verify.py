"""The command `dcn-verify`: its subcommands, and its answer to a mistake."""

from __future__ import annotations

import contextlib

import pytest

from dcn_verify import COMMANDS, REFUSED, main


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    assert ended.value.code == 0
    listed = capsys.readouterr().out
    assert [command.name for command in COMMANDS if f"  {command.name} " not in listed] == []


@pytest.mark.parametrize("command", [command.name for command in COMMANDS])
def test_every_command_explains_itself_with_an_example(command: str, capsys: pytest.CaptureFixture[str]):
    with contextlib.suppress(SystemExit):
        assert main([command, "--help"]) == 0

    said = capsys.readouterr().out
    assert said.startswith(f"usage: dcn-verify {command} ")
    assert said.count(f"dcn-verify {command}") > 1


def test_an_unknown_command_is_one_line(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["fly"])

    assert ended.value.code == REFUSED
    said = capsys.readouterr().err
    assert said.startswith("dcn-verify: argument COMMAND: invalid choice: 'fly'")
    assert said.count("\n") == 1
