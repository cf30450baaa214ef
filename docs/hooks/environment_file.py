"""The reference of the environment file, made from its model: `<!-- keys -->` in the page becomes tables of all keys.

Types, defaults, units and descriptions come from the model's JSON Schema, the examples from `environments/`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from helpers.environment.sections import File, Services

PAGE = "reference/environment-file.md"
_MARKER = "<!-- keys -->"
_EXAMPLES = ("tripleo", "lab", "site-without-storage")
_LONGEST_EXAMPLE = 70
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}
#: How a name that the reader chooses is written.
_NAMES = {"sites": "SITE", "nodes": "NODE", "services": "SERVICE"}

Keys = tuple[str, ...]
Schema = Mapping[str, Any]


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """MkDocs calls this for each page."""
    if page.file.src_uri != PAGE:
        return markdown
    return markdown.replace(_MARKER, "\n".join(tables()))


def tables() -> Iterator[str]:
    """One table of keys for each section of the file, headed by the path of the section.

    Raises KeyError for a key without a description: it does not belong in the file.
    """
    schema, examples = File.model_json_schema(), _examples()
    for path, section in _sections(schema, schema, ()):
        yield f"## `{'.'.join(path)}` {{#{'.'.join(path)}}}\n" if path else "## Top level {#top-level}\n"
        yield f"{section['description'].splitlines()[0]}\n" if path else ""
        yield "| key | type | default | meaning |\n|---|---|---|---|"
        for name, key in section["properties"].items():
            where, value = (*path, name), _resolved(schema, key)
            default = "**required**" if name in section.get("required", ()) else _default(key)
            yield _row(where, _type(value, where), default, {**value, **key}["description"], _example(examples, where))
        yield ""
        if path == ("services", "SERVICE"):
            yield from _services_by_default()


def _row(path: Keys, kind: str, default: str, description: str, example: Any) -> str:
    name, about = path[-1], " ".join(description.split())
    about += f"<br>Example: `{_flow({name: example})}`" if example is not None else ""
    default = "see below" if path[0] == "services" and path[1:] and "SERVICE" not in path else default
    return f'| <a id="{".".join(path)}"></a>`{name}` | {kind} | {default} | {about} |'


def _type(value: Schema, path: Keys) -> str:
    if "properties" in value:
        section = ("services", "SERVICE") if path[0] == "services" and path[1:] else path
        return f"[section](#{'.'.join(section)})"
    if _has_texts(value):
        return "texts, by name"
    if "additionalProperties" in value:
        return f"[sections](#{'.'.join((*path, _NAMES[path[-1]]))}), by name"
    if "enum" in value:
        return "one of " + ", ".join(f"`{one}`" for one in value["enum"])
    if value.get("type") == "array":
        items = value["items"]
        return "list of pairs" if items.get("type") == "array" else f"list: {_type(items, path)}"
    if value.get("format") == "path":
        return "path, relative to this file"
    kind = str(value.get("format") or _TYPES[value["type"]])
    return f"{kind}, {value['unit']}" if "unit" in value else kind


def _default(key: Schema) -> str:
    given = key.get("default")
    if "$ref" in key:  # a section that is there even if the file does not have it
        return "see there"
    return "-" if given in (None, [], {}) else f"`{_flow(given)}`"


def _services_by_default() -> Iterator[str]:
    yield "By default:\n"
    yield "| service | container | configuration | logs |\n|---|---|---|---|"
    for name, service in Services.model_validate({}):
        config, logs = ("<br>".join(f"`{file}`" for file in files) or "-" for files in (service.config, service.logs))
        yield f"| `{name}` | `{service.container}` | {config} | {logs} |"
    yield ""


def _sections(root: Schema, section: Schema, path: Keys) -> Iterator[tuple[Keys, Schema]]:
    """Each section of the file with its path; sections that differ by a name only come once."""
    yield path, section
    if path == ("services",):
        yield (*path, _NAMES["services"]), root["$defs"]["Service"]
        return
    for name, key in section["properties"].items():
        value = _resolved(root, key)
        if "properties" in value:
            yield from _sections(root, value, (*path, name))
        elif isinstance(value.get("additionalProperties"), dict) and not _has_texts(value):
            entry = _resolved(root, value["additionalProperties"])
            yield from _sections(root, entry, (*path, name, _NAMES[name]))


def _has_texts(value: Schema) -> bool:
    """Whether it is a mapping of the reader's names to texts, and not to sections."""
    return value.get("additionalProperties") == {"type": "string"}


def _resolved(root: Schema, key: Schema) -> Schema:
    """What a value is, without references and without the possibility of null."""
    if "anyOf" in key:
        key = {**key, **[one for one in key["anyOf"] if one.get("type") != "null"][-1]}
    if "$ref" in key:
        return {**root["$defs"][key["$ref"].rsplit("/", 1)[1]]}
    if key.get("type") == "array":
        return {**key, "items": _resolved(root, key["items"])}
    return key


def _examples() -> list[Any]:
    folder = Path("environments")
    return [yaml.safe_load((folder / f"{name}.example.yaml").read_text(encoding="utf-8")) for name in _EXAMPLES]


def _example(examples: list[Any], path: Keys) -> Any:
    """The first value at that place; None where it is a section of its own or too long to show."""
    for document in examples:
        for found in _values(document, path):
            if not isinstance(found, dict) and len(_flow({path[-1]: found})) <= _LONGEST_EXAMPLE:
                return found
    return None


def _values(document: Any, path: Keys) -> Iterator[Any]:
    if not path:
        yield document
    elif isinstance(document, dict):
        for name in document if path[0] in _NAMES.values() else [path[0]]:
            if name in document:
                yield from _values(document[name], path[1:])


def _flow(value: Any) -> str:
    """YAML in one line; a mapping without its braces."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False, allow_unicode=True)
    text = text.removesuffix("...\n").strip()
    return text[1:-1] if isinstance(value, dict) else text
