"""The requirements of the lab on a machine, and the messages for a machine that does not meet them."""

import pytest

from lab import main as command_line
from lab import packages
from lab.status import Answer, all_well, table

DEBIAN_12 = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'


def test_debian_12_is_recognised() -> None:
    assert packages.is_debian_12(DEBIAN_12)


@pytest.mark.parametrize("release", ["", 'ID=debian\nVERSION_ID="13"\n', 'ID=ubuntu\nVERSION_ID="12"\n'])
def test_another_system_is_recognised(release: str) -> None:
    assert not packages.is_debian_12(release)


def test_an_unfit_machine_is_one_line_and_exit_code_4(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unfit() -> None:
        raise packages.UnfitMachineError("the lab needs root")

    monkeypatch.setattr(packages, "check_machine", unfit)

    assert command_line.main(["up"]) == 4
    assert capsys.readouterr().err == "lab: the lab needs root\n"


@pytest.mark.parametrize("command", [["status"], ["ssh", "dcn0"]])
def test_where_there_is_no_lab_one_line_says_so(
    command: list[str], tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path_factory.mktemp("none")

    assert command_line.main([command[0], "--state", str(folder), *command[1:]]) == 4
    assert capsys.readouterr().err == f"lab: no lab in {folder}: bring one up with `dcn-verify lab up`\n"


def test_the_help_says_what_stays(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_line.main(["--help"])

    assert "unreachable route" in capsys.readouterr().out


def test_status_shows_who_does_not_answer() -> None:
    answers = [Answer("one", "glance", True, "1:9292"), Answer("one", "sshd", False, "refused")]

    assert table(answers) == "one\n  ok    glance  1:9292\n  DOWN  sshd    refused"
    assert not all_well(answers)
