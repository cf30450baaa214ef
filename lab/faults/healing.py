"""Undo the changes in the journal, and remove the data that a broken service has left in the clusters."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

from faults.catalogue import FAULTS
from lab import agents, web
from lab.command import CommandError
from lab.faults import endpoints, undo
from lab.faults.breaking import Broken, journal_of
from lab.faults.lab import POOLS_OF_GLANCE, FaultError, Lab
from lab.faults.left_behind import remove_orphans_of_instances
from lab.plan import Site
from lab.poll import NotReadyError

_READ_ONLY = frozenset(fault.name for fault in FAULTS if fault.read_only)


def broken(lab: Lab) -> Broken | None:
    """Return the fault that is active now, if any."""
    return journal_of(lab).read()


def heal(lab: Lab) -> Broken | None:
    """Undo the changes, newest first, and wait until all services and clusters are healthy again.

    A step that fails does not keep the other steps from being undone. The journal is then kept, so that `heal` can be
    run again.
    """
    journal = journal_of(lab)
    found = journal.read()
    if found is None:
        return None
    failed = []
    restarts = dict.fromkeys(step for step in found.steps if isinstance(step, undo.RESTARTS))
    others = [step for step in reversed(found.steps) if not isinstance(step, undo.RESTARTS)]
    for step in (*others, *restarts):
        try:
            step.run(lab)
        except (CommandError, FaultError, NotReadyError, OSError, web.WebError) as error:
            failed.append(f"{type(step).__name__}: {str(error).splitlines()[0]}")
    if failed:
        raise FaultError(f"{found.fault} is not healed yet, try again: {'; '.join(failed)}")
    _wait(lab)
    if found.fault not in _READ_ONLY:
        remove_orphans(lab)
    journal.forget()
    return found


def _wait(lab: Lab) -> None:
    sites = lab.plan.storage_sites
    for site in sites:
        for host in (*site.glances, *site.haproxies):
            lab.wait_for_glance(host)
    with ThreadPoolExecutor(max_workers=len(sites)) as pool:
        list(pool.map(lab.wait_healthy, sites))
    if lab.plan.instances:
        agents.wait_for_all(lab.plan, lab.state, lab.log)


def remove_orphans(lab: Lab) -> list[str]:
    """Remove the RBD images that no image, volume or server in the APIs owns, and return their names.

    Disks are removed before images, because they may be clones of an image.
    """
    of_instances = remove_orphans_of_instances(lab) if lab.plan.instances else []
    admin = endpoints.token(lab)

    def look(site: Site) -> list[str]:
        removed = []
        for pool in POOLS_OF_GLANCE:
            for name in json.loads(lab.rbd(site, "-p", pool, "ls", "--format", "json")):
                if _is_id(name) and not _is_image(lab, admin, name):
                    lab.rbd(site, "snap", "unprotect", f"{pool}/{name}@snap", check=False)
                    lab.rbd(site, "--no-progress", "snap", "purge", f"{pool}/{name}")
                    lab.rbd(site, "--no-progress", "rm", f"{pool}/{name}")
                    removed.append(f"{pool}/{name} at {site.name}")
            for entry in json.loads(lab.rbd(site, "-p", pool, "trash", "ls", "--format", "json")):
                if _is_id(entry["name"]) and not _is_image(lab, admin, entry["name"]):
                    lab.rbd(site, "--no-progress", "trash", "rm", f"{pool}/{entry['id']}")
                    removed.append(f"{pool}/{entry['name']} in the trash at {site.name}")
        return removed

    with ThreadPoolExecutor(max_workers=len(lab.plan.storage_sites)) as pool:
        return of_instances + [orphan for found in pool.map(look, lab.plan.storage_sites) for orphan in found]


def _is_id(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _is_image(lab: Lab, admin: str, image_id: str) -> bool:
    url = f"{lab.plan.central.glance_url}/v2/images/{image_id}"
    return web.call("GET", url, headers={"X-Auth-Token": admin}, timeout=30).status != 404
