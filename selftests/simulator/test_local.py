"""The harness runs on a node of a simulated deployment: there, `sudo` leads to that node in place of this machine."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import pytest
import yaml

from faults.detection.suite import Suite
from simulator.process import running


@pytest.mark.skipif(not shutil.which("ssh"), reason="needs ssh, by which the node's commands are run")
def test_the_suite_passes_on_one_of_the_nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only reads finds the same as by SSH, and the preflight has no finding."""
    with running(tmp_path / "state", "--dcn", "1", "--speed", "none") as path:
        environment = yaml.safe_load(path.read_text())
        ((name, node),) = environment["sites"]["central"]["nodes"].items()
        leads = shlex.join(["ssh", "-F", str(path.parent / "ssh_config"), name, "sudo"])
        programs = tmp_path / "bin"
        programs.mkdir()
        (programs / "sudo").write_text(
            "#!/usr/bin/env python3\n"
            "import os, shlex, sys\n"
            f"words = shlex.split({leads!r})\n"
            "os.execvp(words[0], [*words, shlex.join(sys.argv[1:])])\n"
        )
        (programs / "sudo").chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
        node["address"] = "local"
        path.write_text(yaml.safe_dump(environment, sort_keys=False))

        seen = Suite(path, tmp_path / "reports").run("local", read_only=True, options=())

    assert (seen.exit_code, seen.refused) == (0, "")
    assert (seen.failed, seen.blocked, seen.unknown) == (frozenset(), frozenset(), frozenset())
