"""Imports follow the layers and have no cycles. The contracts are in pyproject.toml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONFIGURATION = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def lint_imports(configuration: Path) -> subprocess.CompletedProcess[str]:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", program, "--no-cache", str(configuration)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603


def test_imports_lead_down_and_in_no_circle() -> None:
    """Every contract is kept."""
    done = lint_imports(ROOT / "pyproject.toml")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("kept", "broken"),
    [
        ('    "environment",\n    "ssh",\n', '    "ssh",\n    "environment",\n'),
        ('"outcomes | redact"', '"redact"'),
        ('forbidden_modules = ["pytest", "_pytest"]', 'forbidden_modules = ["paramiko"]'),
    ],
    ids=["a layer", "a loose module", "what is forbidden"],
)
def test_what_breaks_a_contract_is_found(kept: str, broken: str, tmp_path: Path) -> None:
    """Contracts that contradict the code are broken."""
    configuration = tmp_path / "pyproject.toml"
    configuration.write_text(CONFIGURATION.replace(kept, broken), encoding="utf-8")

    done = lint_imports(configuration)

    assert kept in CONFIGURATION
    assert done.returncode == 1, done.stdout + done.stderr
