"""`discover > environment.yaml`, then `pytest --environment=environment.yaml`, and nothing is edited in between."""

from __future__ import annotations

from pathlib import Path

import pytest

from selftests.discovery.meaning import discovery
from selftests.simulator.conftest import run_suite, running


@pytest.mark.parametrize("options", [(), ("--nothing-prepared",)], ids=["prepared", "nothing prepared"])
def test_what_discovery_writes_runs_as_it_is(options: tuple[str, ...], tmp_path: Path) -> None:
    """Sites, the flavor and the network are found or created. Servers boot, and nothing of the run is left."""
    with running(tmp_path / "sim", "--dcn", "1", *options) as found:
        hosts = [f"--ssh-host={name}={next(iter(site['nodes']))}" for name, site in found.environment["sites"].items()]
        where = ("--clouds-file", found.folder / "clouds.yaml", "--ssh-config", found.folder / "ssh_config")
        done = discovery("--cloud", "dcn-sim", *where, "--image-uri", found.environment["image"]["uri"], *hosts)
        environment = tmp_path / "environment.yaml"
        environment.write_text(done.stdout)
        ended = run_suite(tmp_path / "reports", environment, "-m", "A1 or A5 or B1 or C1 or C4")
        left = [one.name for one in found.connection().compute.flavors(is_public="None")]

    assert (done.returncode, ended.exit_code) == (0, 0), done.stderr + ended.printed
    assert set(ended.outcomes("C1").values()) == set(ended.outcomes("C4").values()) == {"passed"}
    assert [name for name in left if name.startswith("dcn-verify")] == []
