"""pytest's side of the random orders: `pytest -p benchmarks.disorder --disorder SEED …`.

The seed draws a selection, as `-k` takes it, of the checks that there are, and the order in which they are run. What it
has drawn is said in the run's header lines, so that it can be typed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Generator, Sequence

import pytest

#: One run in so many is of all checks.
_WHOLE = 4
_DRAWN = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("dcn")
    group.addoption("--disorder", type=int, metavar="SEED", help="select at random, and run in a random order")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None, None, None]:
    """Before anything is deselected: what is selected; after everything: in which order."""
    seed = config.getoption("--disorder")
    if seed is None:
        return (yield)
    drawn = random.Random(seed)  # noqa: S311 - no secret
    if not config.option.keyword:
        config.option.keyword = selection(drawn, [item.name for item in items])
    config.stash[_DRAWN] = config.option.keyword
    yield
    drawn.shuffle(items)


def pytest_report_collectionfinish(config: pytest.Config) -> str:
    return f"disorder: -k '{config.stash.get(_DRAWN, '')}'"


def selection(drawn: random.Random, names: Sequence[str]) -> str:
    """An expression that at least one of these tests' names fits; empty for all."""
    if drawn.randrange(_WHOLE) == 0 or not names:
        return ""
    here, other = (_words(name) for name in drawn.choices(names, k=2))
    site, wanted = here[-1], drawn.choice(here[:-1])
    form = drawn.choice(
        ("{wanted}", "{site}", "{site} and {wanted}", "{site} and ({wanted} or {also})", "{wanted} or {also}")
    )
    return form.format(site=site, wanted=wanted, also=drawn.choice(other))


def _words(name: str) -> list[str]:
    """The words of `test_volume_is_in_this_zone[dcn1]` that say something, and its site; none is a word of `-k`."""
    function, _, site = name.partition("[")
    words = [word for word in re.findall(r"[a-z]{4,}", function) if word != "test"]
    return [*(words or ["test"]), *(re.findall(r"[A-Za-z]\w*", site) or ["test"])[:1]]
