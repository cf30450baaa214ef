"""Mistakes in an environment file, each reported in one line: file, key, value and fix."""

from __future__ import annotations

import difflib
import re
import types
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Union

from pydantic import BaseModel, ValidationError

from helpers.redact import redact


class BadEnvironment(Exception):
    """A mistake in the environment file, in one line: file, key path, value (unless it is a secret) and fix.

    `file`, `key` (such as `sites.dcn0.store`; empty if the mistake concerns the whole file) and `problem` are its
    parts.
    """

    def __init__(self, file: Path, key: str, problem: str) -> None:
        self.file, self.key = file, key
        self.problem = redact(" ".join(problem.split()))
        # a key may contain line breaks
        super().__init__(": ".join(part for part in (str(file), " ".join(key.split()), self.problem) if part))


def first_mistake(path: Path, error: ValidationError, model: type[BaseModel]) -> BadEnvironment:
    """Convert pydantic's error to ours. `model` is the model of the whole file."""
    mistakes = error.errors(include_url=False)
    # an unknown key is usually a misspelling of the key that is reported missing
    mistakes.sort(key=lambda mistake: mistake["type"] != "extra_forbidden")
    first = mistakes[0]
    location = [part for part in first["loc"] if part != "[key]"]
    problem = _problem(first["type"], location, first.get("input"), dict(first.get("ctx") or {}), first["msg"], model)
    if len(mistakes) > 1:
        more = len(mistakes) - 1
        problem += f" (and {more} more {'mistake' if more == 1 else 'mistakes'})"
    return BadEnvironment(path, ".".join(map(str, location)), problem)


def _problem(
    kind: str, location: list[int | str], value: object, context: dict[str, Any], message: str, model: type[BaseModel]
) -> str:
    shown = shown_value(location, value)
    if kind == "extra_forbidden":
        return f"unknown key; {_known_keys(location, model)}"
    if kind == "missing":
        return "is missing; add it"
    if kind == "value_error":
        return str(context.get("error", message))
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        near = difflib.get_close_matches(value.replace("_", "-"), allowed, 1) if isinstance(value, str) else ()
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"{shown} is not one of {', '.join(allowed)}{hint}"
    if kind in {"model_type", "dict_type", "model_attributes_type"}:
        what = "is empty" if value is None else f"{shown} is not a mapping"
        return f"{what}; write `key: value` lines below it"
    if kind in {"tuple_type", "list_type"}:
        return f"{shown} is not a list; write it as [one, two]"
    if kind == "string_type":
        return "is empty; give it a value" if value is None else f"{shown} is not text; put it in quotes"
    if kind.startswith("bool_"):
        return f"{shown} is neither true nor false"
    if kind.startswith("int_"):
        return f"{shown} is not a whole number"
    if kind in {"greater_than", "greater_than_equal"}:
        return f"{shown} is too small; it must be {'more than' if kind == 'greater_than' else 'at least'} " + str(
            context.get("gt", context.get("ge"))
        )
    if kind in {"less_than", "less_than_equal"}:
        return f"{shown} is too large; it must be at most {context.get('le', context.get('lt'))}"
    if kind == "invalid_key":
        return f"the key {shown} is not text; put it in quotes"
    if kind == "path_type":
        return f"{shown} is not a path"
    if kind == "too_short":
        return "is an empty list; name at least one"
    return f"{shown}: {message}"


_LONGEST_NUMBER = 256


def shown_value(location: Sequence[int | str], value: object) -> str:
    """The value as a message may show it: no secrets, and short enough for one line."""
    if any(re.search(r"pass|secret|token|key", str(part), re.IGNORECASE) for part in location):
        return "the value (not shown)"
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:  # Python refuses to convert it to text
        return "a number of many digits"
    text = redact(str(value))
    return repr(text if len(text) <= 60 else text[:57] + "…")


def _known_keys(location: list[int | str], root: type[BaseModel]) -> str:
    model = _model_at(location[:-1], root)
    known = [field.alias or name for name, field in model.model_fields.items()] if model else []
    unknown = str(location[-1])
    near = difflib.get_close_matches(unknown.lower().replace("-", "_"), known, 1)
    return f"did you mean `{near[0]}`?" if near else f"keys here: {', '.join(known)}"


def _model_at(location: list[int | str], root: type[BaseModel]) -> type[BaseModel] | None:
    """The model of the section at that place in the file."""
    kind: object = root
    for part in location:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            fields = {field.alias or name: field for name, field in kind.model_fields.items()}
            kind = _model_or_mapping(fields[str(part)].annotation) if str(part) in fields else None
        elif typing.get_origin(kind) is dict:
            kind = _model_or_mapping(typing.get_args(kind)[1])
        else:
            return None
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _model_or_mapping(annotation: object) -> object:
    if typing.get_origin(annotation) in {Union, types.UnionType}:
        return next((part for part in typing.get_args(annotation) if part is not type(None)), None)
    return annotation
