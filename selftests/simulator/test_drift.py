"""The simulator is compared with the real lab: the same suite, and every answer of the same shape (`make drift`).

`record/lab.json` holds the lab's answers (`make record` writes it). `record/not_modelled.yaml` lists what the simulator
leaves out, each with its reason.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator import deployment_files
from simulator.record.allowed import judge, read
from simulator.record.compare import changes, gaps
from simulator.record.record import Record

ROOT = Path(__file__).parents[2]
LAB = Path(__file__).parent / "record" / "lab.json"
NOT_MODELLED = LAB.with_name("not_modelled.yaml")
# an imported image, one whose import failed, and one of a server
LEFT_BEHIND = "dcn0 and (unfetchable or image_is_whole)"

pytestmark = pytest.mark.drift


@pytest.fixture(scope="module")
def recorded(start: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Record:
    """The simulator's answers to the whole suite, at the lab's speed, so that passing states are seen, too.

    The suite finds what an earlier run has left behind, as it did when the lab was recorded.
    """
    folder = tmp_path_factory.mktemp("drift")
    with start(folder / "state", "--speed", "lab") as simulator:
        _as_the_lab_is(simulator)
        found = _record(folder, "--keep-resources", "-k", LEFT_BEHIND)
        found.join(_record(folder))
    return found


def _as_the_lab_is(simulator: Any) -> None:
    """Change the environment file to the lab's networks: servers are on their site's network."""
    environment = simulator.environment | {"network": "{site}-network"}
    (simulator.folder / "environment.yaml").write_text(yaml.safe_dump(environment, sort_keys=False))


def _record(folder: Path, *options: str) -> Record:
    """The answers to a run."""
    file = folder / "simulator.json"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "simulator.record.plugin"]
    state = folder / "state"
    command += [f"--environment={state / 'environment.yaml'}", f"--reports={folder / 'reports'}"]
    command += [f"--deployment-files={state / deployment_files.FOLDER}"]
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ended = subprocess.run(  # noqa: S603 - arguments of our own making
        [*command, f"--record={file}", *options],
        cwd=ROOT,
        env=own,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-1000:]
    return Record.read(file)


def test_simulator_answers_as_the_lab_does(recorded: Record) -> None:
    """The simulator gives every answer that the lab gives, and no other."""
    lab = Record.read(LAB)
    judged = judge(changes(lab, recorded), gaps(lab, recorded), read(NOT_MODELLED))

    assert [difference.line("lab", "simulator") for difference in judged.drift] == []
    assert [str(entry) for entry in judged.unneeded] == [], "nothing needs these entries any more"


def test_every_altered_line_of_a_record_is_drift(recorded: Record) -> None:
    """Each line of the record matters: with another type on either side, the comparison fails."""
    silent = []
    for service, kind, status, shape in recorded:
        whole = Record.of({service: {kind: {status: {path: str(field) for path, field in shape.items()}}}})
        for path in shape:
            other = whole.plain()
            other[service][kind][status][path] = "altered"
            if not judge(changes(Record.of(other), whole), gaps(Record.of(other), whole), ()).drift:
                silent.append((service, kind, status, path))
    assert silent == []


def test_record_names_nobody() -> None:
    """The record contains no id, address, name or key of the lab."""
    text = LAB.read_text(encoding="utf-8") if LAB.exists() else pytest.fail(f"{LAB} is missing: `make record`")
    told = r"[0-9a-f]{8}-[0-9a-f]{4}|[0-9a-f]{32}|\d+\.\d+\.\d+|\bdcn\d|control-plane|\bAQ[\w+/]{20}|gAAAA|dcn-verify"
    assert re.findall(told, text) == []
