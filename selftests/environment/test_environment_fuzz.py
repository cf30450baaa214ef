"""Any contents of an environment file give an environment, or one line that begins with the file's name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.environment import BadEnvironment, load_environment

INPUTS = Path(__file__).parents[1] / "inputs"
WHOLE = (INPUTS / "environment.yaml").read_text(encoding="utf-8")
WORDS = sorted(set(re.findall(r"[^\s{}\[\],]+", WHOLE.partition("\n")[2])))
#: Values that YAML, Python or the file system may reject.
NASTY = [*(INPUTS / "values.txt").read_text(encoding="utf-8").splitlines(), "9" * 5000, "0x" + "f" * 5000, "[" * 300]
once = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
numbers = st.booleans() | st.integers() | st.floats() | st.dates()
scalars = st.none() | numbers | st.text(max_size=8) | st.binary(max_size=4)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(scalars, inner, max_size=2))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The path for an environment file. The files that it names exist."""
    for name in ("clouds.yaml", "ssh_config", "known_hosts"):
        (tmp_path / name).touch()
    (tmp_path / "files").mkdir()
    return tmp_path / "environment.yaml"


def is_read_or_one_line(file: Path) -> bool:
    try:
        load_environment(file)
    except BadEnvironment as error:
        return str(error).startswith(f"{file}: ") and "\n" not in str(error)
    return True


def test_the_whole_is_read(file: Path):
    file.write_text(WHOLE)

    assert load_environment(file).pairs == (("dcn0", "dcn1"),)


@once
@given(word=st.sampled_from(WORDS), other=st.sampled_from(NASTY) | st.text(max_size=8))
def test_a_word_is_another(file: Path, word: str, other: str):
    file.write_text(WHOLE.replace(word, other, 1), encoding="utf-8", errors="surrogatepass")

    assert is_read_or_one_line(file)


@once
@given(data=st.data())
def test_a_value_is_another(file: Path, data: st.DataObject):
    document = held = yaml.safe_load(WHOLE)
    while isinstance(held, dict):
        parent, key = held, data.draw(st.sampled_from(sorted(held)))
        held = held[key] if data.draw(st.booleans()) else None
    parent[key] = data.draw(values)
    file.write_text(yaml.safe_dump(document))

    assert is_read_or_one_line(file)


@once
@given(content=st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes(file: Path, content: bytes):
    file.write_bytes(content)

    assert is_read_or_one_line(file)
