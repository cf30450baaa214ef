"""The stacks that the undercloud knows, one per site: real Heat stacks with a resource that deploys nothing.

The lab itself creates what a real stack deploys.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from helpers.tripleo.undercloud import COMPLETE
from lab.cloud import Cloud
from lab.command import CommandError
from lab.plan import Plan
from lab.poll import wait_until
from lab.state import State

_SECONDS = 120.0


def make_all(plan: Plan, state: State) -> None:
    """Create a complete stack for every site."""
    cloud = Cloud(plan, state)
    # Heat's API answers before its engine listens; requests to the engine before that are lost.
    wait_until("Heat's engine answers", lambda: cloud.heat("GET", "stacks", timeout=3), seconds=_SECONDS)
    make(cloud, [site.stack for site in plan.sites])


def make(cloud: Cloud, names: Iterable[str]) -> None:
    """Complete these stacks: complete stacks are left alone, all others are deleted and recreated."""
    there = states(cloud)
    missing = [name for name in names if there.get(name) not in COMPLETE]
    for name in missing:
        if name in there:
            delete(cloud, name)
        create(cloud, name)
    for name in missing:
        wait_for(cloud, name, "CREATE_COMPLETE")


def states(cloud: Cloud) -> dict[str, str]:
    """Return the states of the stacks by name, such as `CREATE_COMPLETE`."""
    return {name: str(stack["stack_status"]) for name, stack in _listed(cloud).items()}


def create(cloud: Cloud, name: str, **properties: object) -> None:
    """Start creating a stack; `properties` are those of its only resource, an `OS::Heat::TestResource`."""
    cloud.heat("POST", "stacks", {"stack_name": name, **_content(properties)})


def update(cloud: Cloud, name: str, **properties: object) -> None:
    """Start updating a stack's resource. Without another `value`, Heat does not touch the resource."""
    cloud.heat("PUT", _path(cloud, name), _content(properties))


def delete(cloud: Cloud, name: str) -> None:
    """Delete a stack in any state, and wait until it is gone."""
    cloud.heat("DELETE", _path(cloud, name))
    wait_until(f"stack {name} is gone", lambda: name not in states(cloud), seconds=_SECONDS)


def wait_for(cloud: Cloud, name: str, status: str) -> None:
    """Wait for a state. Raises CommandError if the stack fails instead."""

    def reached() -> bool:
        stack = _listed(cloud)[name]
        seen = str(stack["stack_status"])
        if seen.endswith("_FAILED") and seen != status:
            raise CommandError(f"stack {name} is {seen}: {stack['stack_status_reason']}")
        return seen == status

    wait_until(f"stack {name} is {status}", reached, seconds=_SECONDS)


def _listed(cloud: Cloud) -> dict[str, dict[str, Any]]:
    return {str(stack["stack_name"]): stack for stack in cloud.heat("GET", "stacks")["stacks"]}


def _path(cloud: Cloud, name: str) -> str:
    """Return the path with the stack's ID, because Heat redirects requests that name only the stack."""
    return f"stacks/{name}/{_listed(cloud)[name]['id']}"


def _content(properties: dict[str, object]) -> dict[str, Any]:
    resource = {"type": "OS::Heat::TestResource", "properties": properties}
    return {"template": {"heat_template_version": "2018-08-31", "resources": {"site": resource}}}
