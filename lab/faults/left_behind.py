"""Remove data that a broken Nova or Cinder has left in the clusters, and free volumes that are stuck."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

from helpers.environment.values import UUID
from lab.cloud import Cloud
from lab.faults.lab import Lab
from lab.plan import Site
from lab.web import WebError

_VOLUME = re.compile(rf"volume-({UUID})(?:\.deleted)?")
_DISK = re.compile(rf"({UUID})_disk.*")
#: volume states that end without intervention only if all services work
_STUCK = frozenset({"reserved", "attaching", "detaching", "error_deleting"})


def remove_orphans_of_instances(lab: Lab) -> list[str]:
    """Remove the disks and volumes that Nova and Cinder do not know, and return their names."""
    cloud = Cloud(lab.plan, lab.state)
    _free_volumes(cloud)

    def look(site: Site) -> list[str]:
        removed = []
        for pool in ("vms", "volumes"):
            for name in json.loads(lab.rbd(site, "-p", pool, "ls", "--format", "json")):
                if not _is_known(cloud, name):
                    _remove(lab, site, f"{pool}/{name}")
                    removed.append(f"{pool}/{name} at {site.name}")
        return removed

    with ThreadPoolExecutor(max_workers=len(lab.plan.sites)) as pool:
        return [orphan for found in pool.map(look, lab.plan.sites) for orphan in found]


def _free_volumes(cloud: Cloud) -> None:
    """Reset the status of stuck volumes so that they can be deleted like all others."""
    for volume in cloud.cinder("GET", "volumes/detail?all_tenants=1")["volumes"]:
        if volume["status"] in _STUCK:
            reset = {"status": "available", "attach_status": "detached"}
            cloud.cinder("POST", f"volumes/{volume['id']}/action", {"os-reset_status": reset})


def _is_known(cloud: Cloud, name: str) -> bool:
    """Return whether Nova or Cinder knows the owner of the RBD image.

    The answer is also true for a name that neither of them would use.
    """
    for pattern, ask, path in ((_DISK, cloud.nova, "servers/"), (_VOLUME, cloud.cinder, "volumes/")):
        found = pattern.fullmatch(name)
        if found:
            try:
                ask("GET", path + found[1])
            except WebError as error:
                if error.status != 404:
                    raise
                return False
    return True


def remove_rbd(lab: Lab, site: Site, pool: str, name: str) -> None:
    """Remove an image from a pool and from the pool's trash if it is there."""
    for entry in json.loads(lab.rbd(site, "-p", pool, "trash", "ls", "--format", "json")):
        if entry["name"] == name:
            lab.rbd(site, "--no-progress", "trash", "rm", f"{pool}/{entry['id']}")
    if name in json.loads(lab.rbd(site, "-p", pool, "ls", "--format", "json")):
        _remove(lab, site, f"{pool}/{name}")


def _remove(lab: Lab, site: Site, image: str) -> None:
    for snapshot in json.loads(lab.rbd(site, "snap", "ls", image, "--format", "json")):
        if snapshot["protected"] == "true":
            lab.rbd(site, "snap", "unprotect", f"{image}@{snapshot['name']}")
    lab.rbd(site, "--no-progress", "snap", "purge", image)
    lab.rbd(site, "--no-progress", "rm", image)
