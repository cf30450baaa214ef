"""A claim that the environment file says is not made: its checks are skipped with that reason, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest_plugins = ["selftests.in_process"]


@pytest.mark.parametrize(
    ("declared", "code", "printed"),
    [
        ("", 1, "A15 · "),
        ("not_claimed: {A15: the backend cannot do it}\n", 0, "A15 is not claimed: the backend cannot do it"),
    ],
    ids=["claimed", "not claimed"],
)
def test_a_claim_that_is_not_made_is_skipped_with_its_reason(
    start: Callable[..., Any], suite: Callable[..., Any], tmp_path: Path, declared: str, code: int, printed: str
):
    with start(tmp_path / "sim", "--dcn", "1", "--fault", "volume-service-not-clustered") as found:
        file = found.folder / "environment.yaml"
        file.write_text(declared + file.read_text())
        ended = suite(file, "-m", "A14 or A15")

    assert (ended.exit_code, printed in ended.printed) == (code, True), ended.printed


def test_an_unknown_claim_is_one_line(run_here: Callable[..., Any], start: Callable[..., Any], tmp_path: Path):
    with start(tmp_path / "sim", "--dcn", "1") as found:
        file = found.folder / "environment.yaml"
        file.write_text("not_claimed: {a15: it cannot}\n" + file.read_text())
        ended = run_here(f"--environment={file}", "tests/topology")

    assert ended.returncode == 4
    assert ended.stderr.strip() == f"ERROR: {file}: not_claimed.a15: no such claim; claims: A15, A5, A1"
