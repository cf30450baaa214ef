"""What a service runs with: whether its files have changed since its process has read them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import pytest

from helpers.environment.sections import Services
from helpers.nodes.node import Completed
from helpers.nodes.service_config import Configuration, read_config

CONF = "/etc/nova/nova.conf"
SERVICES = Services.model_validate({"nova_compute": {"container": None}})
#: the machine's boot, and the moment by which the service had read its files, in seconds since 1970
BOOTED, LOADED = 1_700_000_000, 1_700_000_100


class FakeNode:
    """A node with one process of nova-compute and some files: path → content and the moment of its last change."""

    name = hostname = "dcn0-hci-0"

    def __init__(self, files: Mapping[str, tuple[str, int]], *options: str, runs: bool = True) -> None:
        self.files, self.options, self.runs = files, options, runs

    def command(self, *argv: str) -> str:
        return f"ssh {self.name} {shlex.join(argv)}"

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        return Completed(self.name, argv, "", *self._answer(argv), self.command(*argv))

    run_checked = run

    def _answer(self, argv: tuple[str, ...]) -> tuple[int, str, str]:
        if argv[0] == "sh":
            listed = "/proc/7/cmdline\n" if self.runs else ""
            return 0, listed if "-la" in argv[2] else self._process(), ""
        if argv[0] == "env" and "ls" in argv:
            return 0, "".join(f"{path.rpartition('/')[2]}\n" for path in self.files if path.startswith(argv[-1])), ""
        if argv[-1] not in self.files:
            return 1, "", "stat: No such file or directory"
        content, changed = self.files[argv[-1]]
        return 0, content if argv[0] == "cat" else f"81a4|644|root|0|root|0|1|{changed}\n", ""

    def _process(self) -> str:
        words = "\0".join(("/usr/bin/python3", "/usr/bin/nova-compute", *self.options, ""))
        threads = [f"/proc/7/task/{n}/stat:7 (nova) S {'0 ' * 18}{ticks}" for n, ticks in ((7, 9_000), (8, 10_000))]
        return "\n".join([f"/proc/stat:btime {BOOTED}", f"/proc/7/cmdline:{words}", *threads])


def cross_az_attach(found: Configuration) -> str | None:
    return found.values.get("cinder", "cross_az_attach")


def says(value: str, changed: int = BOOTED) -> tuple[str, int]:
    return f"[cinder]\ncross_az_attach = {value}\n", changed


def test_without_options_the_environment_file_s_files_count():
    found = read_config(FakeNode({CONF: says("false")}), SERVICES, "nova_compute")

    assert (cross_az_attach(found), found.doubts) == ("false", ())


@pytest.mark.parametrize("path", ["/etc/nova/nova-compute.conf", "/etc/nova/nova.conf.d/local.conf"])
def test_what_it_reads_by_itself_counts_too(path: str):
    found = read_config(FakeNode({CONF: says("false"), path: says("true")}), SERVICES, "nova_compute")

    assert cross_az_attach(found) == "true"
    assert len(found.reproduce) == 2


@pytest.mark.parametrize(
    ("options", "value"),
    [
        (("--config-file", CONF), "false"),
        ((), "late"),
        (("--config-file", CONF, "--config-file=/etc/nova/local.conf"), "true"),
        (("--config-file=/etc/nova/local.conf", "--config-file", CONF), "false"),
        (("--config-dir", "/etc/nova/nova.conf.d"), "late"),
        (("--config-file", "/etc/nova/local.conf", "--config-dir=/etc/nova/nova.conf.d/"), "late"),
    ],
)
def test_what_the_process_was_told_to_read_counts(options: tuple[str, ...], value: str):
    files = {CONF: says("false"), "/etc/nova/local.conf": says("true")}
    files |= {f"/etc/nova/nova.conf.d/{name}": says(name[3:-5]) for name in ("02-late.conf", "01-early.conf")}
    files["/etc/nova/nova.conf.d/09-ignored.bak"] = says("ignored")

    assert cross_az_attach(read_config(FakeNode(files, *options), SERVICES, "nova_compute")) == value


def test_a_file_that_was_changed_since_leaves_a_doubt():
    node = FakeNode({CONF: says("false", LOADED + 60)})
    found = read_config(node, SERVICES, "nova_compute")

    assert cross_az_attach(found) == "false"
    assert found.doubts == (
        f"dcn0-hci-0: {CONF} was changed at 2023-11-14 22:16:00 UTC, after nova-compute had read it "
        "(2023-11-14 22:14:50 UTC): what it runs with is not known until it is restarted",
    )
    assert found.doubt_commands[0] == f"ssh dcn0-hci-0 stat -L -c '%z %n' {CONF}"


def test_a_file_that_is_gone_since_leaves_a_doubt():
    node = FakeNode({"/etc/nova/a.conf": says("false")}, "--config-file", "/etc/nova/a.conf", "--config-file", CONF)
    found = read_config(node, SERVICES, "nova_compute")

    assert [f"{CONF} was removed, after nova-compute had read it" in doubt for doubt in found.doubts] == [True]


def test_a_file_that_the_service_may_do_without_leaves_none():
    assert read_config(FakeNode({CONF: says("false")}), SERVICES, "nova_compute").doubts == ()


def test_a_process_that_is_not_found_leaves_a_doubt():
    found = read_config(FakeNode({CONF: says("false")}, runs=False), SERVICES, "nova_compute")

    assert cross_az_attach(found) == "false"
    assert found.doubts == ("dcn0-hci-0: no process of nova-compute is found, so nobody can tell what it runs with",)
