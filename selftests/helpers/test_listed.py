"""What lists things has members, or says why it may have none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter

from fixtures.stages.declare import fact
from helpers.engine.stages import BadGraph
from helpers.environment import NodeSpec, Site
from helpers.listed import Listed, MayBeEmpty, may_pass_unseen
from helpers.outcomes import Unknown

DCN1 = Site(
    "dcn1", False, "dcn1", None, None, None, None, None, (NodeSpec("hci-0", "192.0.2.1", ("compute",), "dcn1"),)
)


def test_an_empty_listing_is_unknown_and_says_what_was_sought():
    with pytest.raises(Unknown, match="no pool in dcn1") as unknown:
        Listed((), "no pool in dcn1", ("ceph osd pool ls",))

    assert unknown.value.reproduce == ("ceph osd pool ls",)


def test_what_is_made_of_a_listing_is_one():
    made = Listed((1, 2), "no number").map(str)

    assert (list(made), len(made), "1" in made, 1 in made) == (["1", "2"], 2, True, False)
    assert made == Listed(("1", "2"), "nothing at all")


def test_a_listing_is_the_same_in_every_process():
    adapter = TypeAdapter(Listed[int])

    assert adapter.validate_json(adapter.dump_json(Listed((1, 2), "no number"))) == Listed((1, 2), "no number")


def test_a_role_that_no_node_has_is_unknown():
    assert [node.name for node in DCN1.listed_with("compute")] == ["hci-0"]
    with pytest.raises(
        Unknown, match=r"no node has the role glance in the environment file; .* there: hci-0"
    ) as unknown:
        DCN1.listed_with("glance")

    assert unknown.value.reproduce == ("grep -nE '^ *dcn1:|roles' environment.yaml",)


@dataclass(frozen=True)
class Inner:
    names: frozenset[str]


@dataclass(frozen=True)
class Found:
    nodes: Listed[Inner]
    wrong: Annotated[tuple[str, ...], MayBeEmpty("where all is well")]
    one: Inner | None
    by_name: Mapping[str, int]
    reproduce: tuple[str, ...]


@pytest.mark.parametrize(
    ("hint", "unseen"),
    [
        (Found, ["Inner.names", "Inner.names", "Found.by_name"]),
        (dict[str, int], ["result"]),
        (Listed[int], []),
        (int, []),
        (Site, []),
    ],
    ids=str,
)
def test_what_a_fact_lists_says_whether_it_may_be_empty(hint: Any, unseen: list[str]):
    """Classes of other modules say themselves what they mean."""
    assert list(may_pass_unseen(hint, __name__)) == unseen


def found() -> Found:
    raise AssertionError("only its type is read")


def test_a_fact_that_may_be_empty_and_does_not_say_why_is_none():
    with pytest.raises(BadGraph, match=r"fact found: .*: Inner\.names, Inner\.names, Found\.by_name"):
        fact(loads=(), claims=())(found)
