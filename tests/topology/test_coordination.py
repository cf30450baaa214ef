"""What cinder-volume needs to run active/active. Needs SSH to the nodes with the role cinder-volume."""

import pytest

from fixtures.plugin.claims import claim
from fixtures.stages.coordination import ANSWERS, LOCAL, Coordinations
from helpers.environment import Site


@claim("A22")
def test_locks_are_shared_by_all_hosts(coordination: Coordinations, clustered_dcn: Site):
    """The volume services of this site, if they are several, keep their locks where all of them see them."""
    kinds = {one.node: one.kind for one in coordination.nodes}
    if len(kinds) == 1:
        pytest.skip("one cinder-volume needs nobody's locks but its own")

    assert {node: kind for node, kind in kinds.items() if kind in LOCAL} == {}


@claim("A22")
def test_coordination_backend_answers(coordination: Coordinations, clustered_dcn: Site):
    """The coordination backend that cinder.conf names answers on every node with a cinder-volume here."""
    if not coordination.shared:
        pytest.skip("the locks of cinder-volume are in files of its own host: there is nothing to ask")
    seen = {f"{one.node} {one.kind} at {one.place}": one.seen for one in coordination.shared}

    assert seen == dict.fromkeys(seen, ANSWERS)
