"""The discovered environment file means the same as the simulator's own, for many kinds of deployments."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.discovery.command import main
from helpers.environment import load_environment
from selftests.discovery.meaning import choices, meaning
from selftests.simulator.conftest import Running, running

VARIATIONS = {
    "three sites": (),
    "central alone": ("--dcn", "0"),
    "three nodes a site": ("--nodes", "3", "--dcn", "1"),
    "more nodes than monitors": ("--nodes", "5", "--dcn", "2"),
    "a site without storage": ("--without-storage", "dcn1"),
    "zones named unlike sites": ("--other-zone-names",),
    "stores named alike": ("--same-store-names",),
    "other releases": (
        *("--fault", "podman-of-2019", "--fault", "internal-glance-alone", "--fault", "monitors-by-name"),
        *("--fault", "keyring-in-the-clients-own-section"),
    ),
    "all at once": (
        *("--dcn", "3", "--nodes", "4", "--without-storage", "dcn1"),
        *("--other-zone-names", "--same-store-names"),
    ),
}


@pytest.fixture(scope="module", params=VARIATIONS.values(), ids=VARIATIONS.keys())
def deployment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A simulated deployment."""
    with running(tmp_path_factory.mktemp("deployment"), *request.param) as found:
        yield found


def hosts(deployment: Running, which: int) -> list[str]:
    """The options that name one machine of each site, the first (0) or the last (-1)."""
    nodes = {name: list(site["nodes"])[which] for name, site in deployment.environment["sites"].items()}
    return [f"--ssh-host={site}={node}" for site, node in nodes.items()]


@pytest.mark.parametrize("source", ["files", "first machines", "last machines"])
def test_discovered_file_means_the_same(
    deployment: Running, source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Discovery from files, or from one machine of each site, gives a file with the same meaning."""
    own = deployment.folder / "environment.yaml"
    files = ["--deployment-files", str(deployment.folder / "deployment-files")]
    given = files if source == "files" else hosts(deployment, 0 if source == "first machines" else -1)

    status = main([*choices(deployment.environment, deployment.folder), *given])

    written, said = capsys.readouterr()
    assert (status, "nothing is left to fill in" in said) == (0, True), written + said
    (tmp_path / "environment.yaml").write_text(written)
    assert meaning(load_environment(tmp_path / "environment.yaml")) == meaning(load_environment(own))
    assert "Remark" not in written
