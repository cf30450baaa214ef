"""How the services of the lab authenticate: the sections that every OpenStack service's configuration has."""

from __future__ import annotations

from lab import keystone
from lab.messaging import MEMCACHED_PORT
from lab.plan import REGION, Plan
from lab.render import render
from lab.state import State


def accepting(plan: Plan, state: State, user: str) -> str:
    """`[keystone_authtoken]`: by which an API checks the tokens that it is sent."""
    memcached = f"{plan.controller.address}:{MEMCACHED_PORT}"
    extra = [
        f"www_authenticate_uri = {plan.keystone_url}",
        f"memcached_servers = {memcached}",
        "service_token_roles_required = false",
    ]
    return calling(plan, state, "keystone_authtoken", user, *extra)


def calling(plan: Plan, state: State, section: str, user: str, *extra: str) -> str:
    """A section such as `[placement]`: as whom the service calls another one."""
    return render(
        "auth.conf",
        section=section,
        keystone_url=plan.keystone_url,
        region=REGION,
        user=user,
        password=keystone.user_password(state, user),
        extra="\n".join(extra),
    )
