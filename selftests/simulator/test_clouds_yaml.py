"""Any content of clouds.yaml gives a login, or one line that names the file and the fix."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.openstack.clouds_yaml import BadCloud
from helpers.openstack.login import log_in

INPUTS: dict[str, dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "inputs" / "clouds.yaml").read_text(encoding="utf-8")
)


@pytest.fixture
def written(simulator: Any, tmp_path: Path) -> Any:
    """Writes the files of an input for this simulator, and returns the path of its clouds.yaml."""
    entry = simulator.clouds()
    values = {
        "TLS-KEYSTONE": entry["auth"]["auth_url"].replace("http:", "https:"),
        "KEYSTONE": entry["auth"]["auth_url"],
        "GLANCE": simulator.environment["sites"]["central"]["glance"],
        "PASSWORD": entry["auth"]["password"],
        "TOKEN": simulator.connection().session.get_token(),
        "FILE": str(tmp_path / "clouds.yaml"),
        "FOLDER": str(tmp_path),
    }

    def filled(text: str) -> str:
        return re.sub("|".join(values), lambda found: values[found[0]], text)

    def write(given: dict[str, Any]) -> tuple[Path, str]:
        for name in ("clouds", "secure"):
            if name in given:
                content = given[name] if isinstance(given[name], bytes) else filled(given[name]).encode()
                (tmp_path / f"{name}.yaml").write_bytes(content)
        return tmp_path / "clouds.yaml", filled(given["expected"])

    return write


def said(file: Path, api_timeout: float = 10) -> str:
    """The result of logging in with this file: `login`, or the error line."""
    try:
        log_in("dcn-sim", file, api_timeout).close()
    except BadCloud as error:
        return str(error)
    return "login"


@pytest.mark.parametrize("name", INPUTS)
def test_an_entry_is_a_login_or_one_line(written: Any, name: str):
    """Each entry gives a login or the expected line, in which … stands for the text of a library or of the cloud."""
    file, expected = written(INPUTS[name])

    seen = said(file)

    assert expected == _with_gaps(seen, expected)


def test_a_keystone_that_is_silent_costs_one_time_limit(written: Any):
    """A silent Keystone costs one time limit, not one for each document that keystoneauth would look for."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/v3"
        file, _ = written(
            {**INPUTS["a whole entry"], "clouds": INPUTS["a whole entry"]["clouds"].replace("KEYSTONE", url)}
        )
        seen = said(file, api_timeout=1)
        deaf.setblocking(False)
        asked = [deaf.accept()[0]]
        with pytest.raises(BlockingIOError):
            deaf.accept()

    asked[0].close()
    login = f"Request to {url} timed out: no answer within 1 s"
    assert seen == f"{file}: cloud 'dcn-sim': no login at Keystone: {login}; check auth_url and what else stands there"


def _with_gaps(seen: str, expected: str) -> str:
    """The line, with … for the text that the expected line leaves open."""
    pattern = ".*".join(map(re.escape, expected.split("…")))
    return expected if re.fullmatch(pattern, seen) else seen


@pytest.mark.parametrize(
    "name",
    [
        "tabs",
        "an empty key clouds",
        "a cacert that is not there",
        "an auth_url that is a Glance",
        "a token that has expired",
    ],
)
def test_a_run_with_it_is_that_line_and_exit_code_4(
    simulator: Any, written: Any, suite: Any, tmp_path: Path, name: str
):
    file, expected = written(INPUTS[name])
    environment = simulator.folder / f"{tmp_path.name}.yaml"
    environment.write_text(yaml.safe_dump({**simulator.environment, "clouds_file": str(file)}))

    ended = suite(environment, "-m", "A4")

    [line] = [line for line in ended.printed.splitlines() if line]
    assert ended.exit_code == 4
    assert _with_gaps(line, f"ERROR: {expected}") == f"ERROR: {expected}"
