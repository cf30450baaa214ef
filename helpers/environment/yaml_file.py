"""Reads the YAML of an environment file. Duplicate keys and exploding aliases are refused. Errors name the line."""

from __future__ import annotations

from pathlib import Path

import yaml

from helpers.environment.mistakes import BadEnvironment, shown_value

# a hundred sites with three nodes each take about 60 kB
_LARGEST_FILE = 1024 * 1024
_MOST_NODES = 100_000


class _Duplicate(Exception):
    def __init__(self, key: str, line: int, first: int) -> None:
        self.key, self.line, self.first = key, line, first


def read_yaml(path: Path) -> object:
    """Return the mapping in the file. Raises BadEnvironment if it is no file, no text, no YAML or no mapping."""
    text = _read_text(path)
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            raise BadEnvironment(path, "", "is empty; see environments/ for examples")
        _check_nodes(path, root)
        document = loader.construct_document(root)
    except _Duplicate as error:
        raise BadEnvironment(
            path, error.key, f"stands twice, in lines {error.first} and {error.line}; keep one of them"
        ) from None
    except yaml.composer.ComposerError as error:
        if "single document" in str(error):
            raise BadEnvironment(path, "", "holds several YAML documents; keep one, without `---` between") from None
        raise BadEnvironment(path, "", f"is not YAML: {yaml_problem(error)}") from None
    except yaml.YAMLError as error:
        raise BadEnvironment(path, "", f"is not YAML: {yaml_problem(error)}") from None
    except RecursionError:
        raise BadEnvironment(path, "", "is nested too deeply to be an environment file") from None
    if not isinstance(document, dict):
        kind = "a list" if isinstance(document, list) else f"the single value {str(document)[:40]!r}"
        raise BadEnvironment(path, "", f"holds {kind} at the top; an environment file is `key: value` lines")
    return document


def _read_text(path: Path) -> str:
    try:
        if not path.exists():
            raise BadEnvironment(path, "", "there is no such file; name one with --environment FILE or DCN_ENVIRONMENT")
        if not path.is_file():
            kind = "a folder" if path.is_dir() else "not a regular file"
            raise BadEnvironment(path, "", f"is {kind}; name the environment file itself")
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        # ValueError: a null byte in the path
        reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        raise BadEnvironment(path, "", f"cannot be read: {reason.lower()}") from None
    if len(content) > _LARGEST_FILE:
        raise BadEnvironment(path, "", f"is larger than {_LARGEST_FILE} bytes; this is no environment file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadEnvironment(path, "", f"is not text: byte {error.start} is not UTF-8") from None
    if "\0" in text:
        raise BadEnvironment(path, "", "is not text: it holds null bytes")
    return text


def yaml_problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        return f"character {error.character:#x} at position {error.position} is not allowed"
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        return f"{where}{error.problem or error.context}"
    return str(error)


def _check_nodes(path: Path, root: yaml.Node) -> None:
    """Refuse duplicate keys, anchors that contain themselves, and aliases that expand beyond any sensible size.

    Each node is visited once, however often it is aliased. The size counts each alias as if it were written out.
    """
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node, key: str) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        if id(node) in open_nodes:
            raise BadEnvironment(path, key, "is an alias that holds itself; write the value out")
        open_nodes.add(id(node))
        total = 1
        if isinstance(node, yaml.MappingNode):
            _check_duplicates(node, key)
            for name, value in node.value:
                total += size(name, key) + size(value, _join(key, getattr(name, "value", "?")))
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                total += size(value, _join(key, number))
        elif isinstance(node, yaml.ScalarNode):
            _check_scalar(path, node, key)
        if total > _MOST_NODES:
            raise BadEnvironment(path, key, f"grows to more than {_MOST_NODES} values by its aliases; write it out")
        open_nodes.discard(id(node))
        sizes[id(node)] = total
        return total

    size(root, "")


def _check_scalar(path: Path, node: yaml.ScalarNode, key: str) -> None:
    """Refuse a scalar that YAML accepts and Python does not, such as the date 2024-13-45 or `!!int ''`."""
    try:
        yaml.SafeLoader("").construct_object(node)
    except yaml.YAMLError:
        return  # constructing the whole document reports it with its place
    except Exception:  # PyYAML lets the errors of Python's own types through
        kind, line = node.tag.rpartition(":")[2], node.start_mark.line + 1
        shown = shown_value(key.split("."), node.value)
        problem = f"line {line}: {shown} is no {kind} that YAML can take; put it in quotes"
        raise BadEnvironment(path, key, problem) from None


def _check_duplicates(node: yaml.MappingNode, key: str) -> None:
    lines: dict[str, int] = {}
    for name, _ in node.value:
        if isinstance(name, yaml.ScalarNode):
            line = name.start_mark.line + 1
            # YAML distinguishes 1 and "1", a reader does not
            if name.value in lines:
                raise _Duplicate(_join(key, name.value), line, lines[name.value])
            lines[name.value] = line


def _join(key: str, part: object) -> str:
    return f"{key}.{part}" if key else str(part)
