"""The environment file: which sites a deployment has, and where its parts are.

The file is read once, before anything is collected or created. Each mistake in it is reported in one line: file, key,
value and fix. It holds no credentials, and only names `clouds.yaml` and `ssh_config`. Examples: `environments/`.
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
