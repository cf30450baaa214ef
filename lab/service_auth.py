"""The authentication sections in the configuration of every OpenStack service of the lab."""

from __future__ import annotations

from lab import keystone
from lab.messaging import MEMCACHED_PORT
from lab.plan import REGION, Plan
from lab.render import render
from lab.state import State


def accepting(plan: Plan, state: State, user: str) -> str:
    """Return `[keystone_authtoken]`, with which an API checks the tokens that it receives."""
    memcached = f"{plan.controller.address}:{MEMCACHED_PORT}"
    extra = [
        f"www_authenticate_uri = {plan.keystone_url}",
        f"memcached_servers = {memcached}",
        "service_token_roles_required = false",
    ]
    return calling(plan, state, "keystone_authtoken", user, *extra)


def calling(plan: Plan, state: State, section: str, user: str, *extra: str) -> str:
    """Return a section such as `[placement]`, with the credentials for calling another service."""
    return render(
        "auth.conf",
        section=section,
        keystone_url=plan.keystone_url,
        region=REGION,
        user=user,
        password=keystone.user_password(state, user),
        extra="\n".join(extra),
    )
