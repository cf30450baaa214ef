"""The files that a service is configured by, in the order of oslo.config's `_parse_config_files`."""

from __future__ import annotations

import json

import pytest

from helpers.environment.sections import Services
from helpers.nodes.runner import CommandFailed, Completed
from helpers.nodes.service_config import PROGRAMS, read_config, sources_of
from helpers.outcomes import Failed, Unknown

GLANCE = PROGRAMS["glance"]
HOME = "/etc/glance"
FOLDERS = (f"{HOME}/glance.conf.d/", f"{HOME}/glance-api.conf.d/")
TRIPLEO = (
    "/usr/bin/python3 -s /usr/bin/glance-api --config-file /usr/share/glance/glance-api-dist.conf "
    "--config-file /etc/glance/glance-api.conf --config-file /etc/glance/glance-image-import.conf"
)
ON = "[image_import_opts]\nimage_import_plugins = [image_conversion]\n"
OFF = "[image_import_opts]\nimage_import_plugins = [no_op]\n"


#: the machine's boot, in seconds since 1970
BOOTED = 1_700_000_000


def below_proc(processes: dict[int, str]) -> str:
    """What stands below /proc for these command lines, by their process ids; each has begun a second thread."""
    lines = [f"/proc/stat:btime {BOOTED}"]
    for pid, line in processes.items():
        lines.append(f"/proc/{pid}/cmdline:" + "".join(f"{word}\0" for word in line.split()))
        lines += [f"/proc/{pid}/task/{n}/stat:{n} (x) S {'0 ' * 18}{ticks}" for n, ticks in ((pid, 9000), (99, 10000))]
    return "\n".join(lines)


class Node:
    """A machine with one container, `glance_api`, its processes and files."""

    name = hostname = "controller-0"

    def __init__(self, processes: tuple[str, ...], files: dict[str, str]) -> None:
        self.processes, self.files = processes, files

    def run(self, *argv: str, deadline: float | None = None) -> Completed:
        if argv[0] in {"podman", "docker"} and argv[1] == "ps":
            entry = [{"Names": ["glance_api"], "State": "running"}]
            return self._answer(argv, json.dumps(entry)) if argv[0] == "podman" else self._answer(argv, "", 127)
        words = [word for word in argv if word not in {"podman", "exec", "glance_api", "env", "LC_ALL=C"}]
        if words[0] == "sh":
            numbered = dict(enumerate(self.processes, 7))
            listed = "".join(f"/proc/{pid}/cmdline\n" for pid in numbered)
            return self._answer(argv, listed if "-la" in words[2] else below_proc(numbered))
        path = words[-1]
        if words[0] == "ls":
            names = [file.removeprefix(path) for file in self.files if file.startswith(path)]
            return self._answer(argv, "\n".join(names)) if names else self._gone(argv)
        if path not in self.files:
            return self._gone(argv)
        size = len(self.files[path])
        stat = f"81a0|640|root|0|root|0|{size}|{BOOTED}\n"
        return self._answer(argv, stat if words[0] == "stat" else self.files[path])

    def command(self, *argv: str) -> str:
        return f"ssh {' '.join(argv)}"

    def run_checked(self, *argv: str, deadline: float | None = None) -> Completed:
        completed = self.run(*argv)
        if completed.exit_status:
            raise CommandFailed(completed)
        return completed

    def _answer(self, argv: tuple[str, ...], stdout: str, status: int = 0, stderr: str = "") -> Completed:
        return Completed(self.name, argv, " ".join(argv), status, stdout, stderr, f"ssh {' '.join(argv)}")

    def _gone(self, argv: tuple[str, ...]) -> Completed:
        return self._answer(argv, "", 2, f"{argv[-1]}: No such file or directory\n")


def services(**glance: object) -> Services:
    return Services.model_validate({"glance": glance} if glance else {})


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (None, (f"{HOME}/glance-image-import.conf", f"{HOME}/glance-api.conf", *FOLDERS)),
        ("", (f"{HOME}/glance.conf", f"{HOME}/glance-api.conf", *FOLDERS)),
        ("--debug --config-file /a --config-file=/b --log-file /l", (*FOLDERS, "/a", "/b")),
        ("--config-dir /d", (f"{HOME}/glance.conf", f"{HOME}/glance-api.conf", "/d/")),
        ("--config-file /a --config-dir=/d/ --config-file /b", ("/a", "/d/", "/b")),
    ],
    ids=["web server", "nothing named", "files", "a folder", "both"],
)
def test_what_a_command_line_comes_to(arguments: str | None, expected: tuple[str, ...]):
    """What is named is read in its order, after what oslo.config looks for by itself where its option is absent."""
    assert sources_of(None if arguments is None else arguments.split(), GLANCE) == expected


def test_nova_compute_reads_its_folders():
    """A service of no web server reads its usual files and folders."""
    assert sources_of(None, PROGRAMS["nova_compute"]) == (
        *("/etc/nova/nova.conf", "/etc/nova/nova-compute.conf"),
        *("/etc/nova/nova.conf.d/", "/etc/nova/nova-compute.conf.d/"),
    )


@pytest.mark.parametrize(
    ("processes", "files", "expected"),
    [
        ((TRIPLEO,), {"glance-api.conf": OFF, "glance-image-import.conf": ON}, "image_conversion"),
        ((TRIPLEO,), {"glance-api.conf": ON, "glance-image-import.conf": OFF}, "no_op"),
        ((TRIPLEO,), {"glance-api.conf": "[DEFAULT]\n", "glance-api.conf.d/1.conf": ON}, "image_conversion"),
        ((TRIPLEO,), {"glance-api.conf": OFF, "glance-api.conf.d/1.conf": ON}, "no_op"),
        (("uwsgi --ini /x",), {"glance-api.conf": ON, "glance-image-import.conf": OFF}, "image_conversion"),
        (
            ("httpd",),
            {"glance-api.conf": OFF, "glance.conf.d/b.conf": ON, "glance.conf.d/a.conf": OFF},
            "image_conversion",
        ),
        (
            ("glance-api --config-dir /etc/glance/x",),
            {"x/1.conf": OFF, "x/2.conf": ON, "x/3.orig": OFF},
            "image_conversion",
        ),
        (
            ("grep --glance-api", "glance-api"),
            {"glance-api.conf": ON, "glance-image-import.conf": OFF},
            "image_conversion",
        ),
    ],
    ids=["tripleo", "import last", "folder", "folder first", "uwsgi", "httpd", "config-dir", "by itself"],
)
def test_the_later_file_goes_before_the_earlier(processes: tuple[str, ...], files: dict[str, str], expected: str):
    """An option that several files have is as the one has it that the process reads last."""
    there = {name if name.startswith("/") else f"{HOME}/{name}": text for name, text in files.items()}

    read = read_config(Node(processes, there), services(), "glance")

    assert read.values.get_list("image_import_opts", "image_import_plugins") == (expected,)


@pytest.mark.parametrize(
    ("process", "value"), [("glance-api", "[image_conversion]"), (TRIPLEO, "[no_op]")], ids=["nothing named", "tripleo"]
)
def test_the_process_s_own_words_go_before_the_environment_file(process: str, value: str):
    """Files that the environment file names are read alone and in its order, unless the process was given others."""
    files = {"/kolla/a.conf": OFF, "/kolla/b.conf": ON, f"{HOME}/glance-image-import.conf": OFF}

    read = read_config(Node((process,), files), services(config=["/kolla/a.conf", "/kolla/b.conf"]), "glance")

    assert read.values.get("image_import_opts", "image_import_plugins") == value


def test_no_file_at_all_is_unknown():
    """A service without any file is not one whose options are all absent."""
    with pytest.raises(Unknown, match=r"controller-0: no configuration of glance .*/etc/glance/glance-api\.conf"):
        read_config(Node((TRIPLEO,), {}), services(), "glance")


def test_a_file_that_the_service_could_not_read_is_a_failure():
    """The message says the file, and what is wrong in it."""
    files = {f"{HOME}/glance-api.conf": "[DEFAULT]\n", f"{HOME}/glance-image-import.conf": "plugins"}
    with pytest.raises(Failed, match=r"glance-image-import\.conf\nexpected: .*\nseen: +line 1: neither a section"):
        read_config(Node((TRIPLEO,), files), services(), "glance")
