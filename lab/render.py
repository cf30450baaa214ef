"""Fill in the configuration templates."""

from __future__ import annotations

from pathlib import Path
from string import Template

_TEMPLATES = Path(__file__).parent / "templates"


def render(name: str, /, **values: object) -> str:
    """Return the template `name` with every `$key` filled in. A key without a value raises KeyError."""
    text = (_TEMPLATES / name).read_text(encoding="utf-8")
    return Template(text).substitute({key: str(value) for key, value in values.items()})
