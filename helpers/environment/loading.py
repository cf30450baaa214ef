from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from helpers.environment.mistakes import first_mistake
from helpers.environment.model import Environment
from helpers.environment.named_files import check_ssh_config, image_section, named_file, named_folder, ssh_section
from helpers.environment.pairs import pairs
from helpers.environment.sections import File
from helpers.environment.sites import check_uniqueness, sites
from helpers.environment.stacks import undercloud_section
from helpers.environment.yaml_file import read_yaml


def load_environment(path: Path) -> Environment:
    """Return the environment that the file declares, validated as far as the file and those that it names allow.

    Relative paths start at the file's directory. Raises BadEnvironment, in one line, for the first mistake.
    """
    document = read_yaml(path)
    try:
        parsed = File.model_validate(document)
    except ValidationError as error:
        raise first_mistake(path, error, File) from None
    found = tuple(sites(path, parsed))
    environment = Environment(
        path=path,
        cloud=parsed.cloud,
        tenant=parsed.tenant,
        clouds_file=named_file(path, "clouds_file", parsed.clouds_file),
        ssh=ssh_section(path, parsed.ssh),
        image=image_section(path, parsed.image),
        flavor=parsed.flavor,
        network=parsed.network,
        ceph_warnings=parsed.ceph_warnings,
        limits=parsed.limits.of_sites(len(found)),
        timeouts=parsed.timeouts,
        services=parsed.services,
        undercloud=undercloud_section(path, parsed),
        deployment_files=named_folder(path, "deployment_files", parsed.deployment_files),
        pairs=tuple(pairs(path, parsed)),
        sites=found,
        not_claimed=parsed.not_claimed,
        other_stores=parsed.other_stores,
    )
    check_uniqueness(environment)
    check_ssh_config(environment)
    return environment
