"""The reference of `summary.json`, made from its model: `<!-- keys -->` in the page becomes tables of all keys.

`python -m docs.hooks.summary` writes the JSON Schema that stands beside the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from helpers.reports.summary import schema

PAGE = "reference/summary.md"
FILE = Path(__file__).parents[1] / "reference" / "summary.schema.json"
_MARKER = "<!-- keys -->"
_TYPES = {"boolean": "true or false", "string": "text", "integer": "whole number", "number": "number", "null": "null"}


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """MkDocs calls this for each page."""
    return markdown.replace(_MARKER, "\n".join(tables())) if page.file.src_uri == PAGE else markdown


def text() -> str:
    """The content of the file of the JSON Schema."""
    return json.dumps(schema(), indent=1) + "\n"


def tables() -> Iterator[str]:
    """One table of keys for each object of the file. Raises KeyError for a key without a description."""
    whole = schema()
    for name, one in {"Summary": whole, **whole["$defs"]}.items():
        yield f"## {name} {{#{name}}}\n\n{one['description']}\n"
        yield "| key | type | meaning |\n|---|---|---|"
        for key, value in one["properties"].items():
            yield f'| <a id="{name}.{key}"></a>`{key}` | {_type(value)} | {" ".join(value["description"].split())} |'
        yield ""


def _type(value: Mapping[str, Any]) -> str:
    if "anyOf" in value:
        return " or ".join(map(_type, value["anyOf"]))
    if "$ref" in value:
        name = value["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name})"
    if "const" in value:
        return f"`{value['const']}`"
    if "enum" in value:
        return "one of " + ", ".join(f"`{one}`" for one in value["enum"])
    if "additionalProperties" in value:
        return f"object: {_type(value['propertyNames'])} → {_type(value['additionalProperties'])}"
    return f"list: {_type(value['items'])}" if value["type"] == "array" else _TYPES[value["type"]]


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
