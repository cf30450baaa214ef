"""The environment file: which sites a deployment has, and where its parts are.

It is read once, before anything is collected or created, and every mistake in it is one line: file, key,
value and fix.
Credentials are not in it; it names `clouds.yaml` and `ssh_config`. Examples: `environments/`.
"""

from helpers.environment.loading import load_environment
from helpers.environment.mistakes import BadEnvironment
from helpers.environment.model import Environment, NodeSpec, Site
from helpers.environment.sections import (
    SERVICE_OF_ROLE,
    Ceph,
    Console,
    ImageSource,
    Limits,
    Pools,
    Role,
    Runtime,
    Service,
    Services,
    Ssh,
    Timeouts,
    Undercloud,
)
from helpers.environment.stacks import CENTRAL_STACK

__all__ = [
    "CENTRAL_STACK",
    "SERVICE_OF_ROLE",
    "BadEnvironment",
    "Ceph",
    "Console",
    "Environment",
    "ImageSource",
    "Limits",
    "NodeSpec",
    "Pools",
    "Role",
    "Runtime",
    "Service",
    "Services",
    "Site",
    "Ssh",
    "Timeouts",
    "Undercloud",
    "load_environment",
]
