"""One Keystone with two regions: the suite and discovery use the region of the clouds.yaml entry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from helpers.openstack.login import catalog
from simulator import deployment_files


def test_the_other_region_s_endpoints_are_nobody_s_fault(start: Any, suite: Any, tmp_path: Path):
    """Endpoints of another region that come first in the catalog are not used, and cause no failure."""
    with start(tmp_path / "sim", "--dcn", "1", "--fault", "another-region") as found:
        files = f"--deployment-files={found.folder / deployment_files.FOLDER}"
        ended = suite(found.folder / "environment.yaml", files, "-m", "A3 or A4 or A14 or E6")
        connection = found.connection()
        regions = {endpoint.region for endpoint in catalog(connection)}
        connection.close()

    assert ended.exit_code == 0, ended.printed
    assert set(ended.outcomes("A4").values()) == {"passed"}
    assert regions == {"regionOne"}
