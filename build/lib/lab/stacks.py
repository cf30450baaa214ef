"""The stacks that the undercloud knows, one for each site: real ones of Heat's, of a resource that makes nothing.

What a real stack deploys, the lab makes by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lab.cloud import Cloud
from lab.command import CommandError
from lab.plan import Plan
from lab.poll import wait_until
from lab.state import State

COMPLETE = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
_SECONDS = 120.0


def make_all(plan: Plan, state: State) -> None:
    """A complete stack for every site."""
    cloud = Cloud(plan, state)
    # Heat's API answers before its engine listens, and what it asks until then is lost.
    wait_until("Heat's engine answers", lambda: cloud.heat("GET", "stacks", timeout=3), seconds=_SECONDS)
    make(cloud, [site.stack for site in plan.sites])


def make(cloud: Cloud, names: Iterable[str]) -> None:
    """Have these stacks complete: one that is so is left alone, any other is deleted and made anew."""
    there = states(cloud)
    missing = [name for name in names if there.get(name) not in COMPLETE]
    for name in missing:
        if name in there:
            delete(cloud, name)
        create(cloud, name)
    for name in missing:
        wait_for(cloud, name, "CREATE_COMPLETE")


def states(cloud: Cloud) -> dict[str, str]:
    """Name → state, such as `CREATE_COMPLETE`."""
    return {name: str(stack["stack_status"]) for name, stack in _listed(cloud).items()}


def create(cloud: Cloud, name: str, **properties: object) -> None:
    """Begin to make a stack; `properties` are those of its one resource, an `OS::Heat::TestResource`."""
    cloud.heat("POST", "stacks", {"stack_name": name, **_content(properties)})


def update(cloud: Cloud, name: str, **properties: object) -> None:
    """Begin to change a stack's resource; without another `value`, Heat does nothing to it."""
    cloud.heat("PUT", _path(cloud, name), _content(properties))


def delete(cloud: Cloud, name: str) -> None:
    """Delete a stack, whatever it is doing, and wait until it is gone."""
    cloud.heat("DELETE", _path(cloud, name))
    wait_until(f"stack {name} is gone", lambda: name not in states(cloud), seconds=_SECONDS)


def wait_for(cloud: Cloud, name: str, status: str) -> None:
    """Wait for a state; raises CommandError when the stack fails instead."""

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
    """With its id: a stack that is asked for by its name alone is answered with a redirection."""
    return f"stacks/{name}/{_listed(cloud)[name]['id']}"


def _content(properties: dict[str, object]) -> dict[str, Any]:
    resource = {"type": "OS::Heat::TestResource", "properties": properties}
    return {"template": {"heat_template_version": "2018-08-31", "resources": {"site": resource}}}
