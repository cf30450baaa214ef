"""Set the availability zone of a compute node, which is the zone of its host aggregate."""

from __future__ import annotations

from functools import partial

from lab.cloud import Cloud
from lab.faults.lab import Lab
from lab.plan import Host
from lab.poll import wait_until
from lab.tenants import make_zone
from lab.web import WebError


def set_zone(lab: Lab, host: Host, zone: str) -> None:
    """Put a host into the zone named after a site, take it out of all others, and wait until Placement knows it."""
    cloud = Cloud(lab.plan, lab.state)
    for one in cloud.nova("GET", "os-aggregates")["aggregates"]:
        action = f"os-aggregates/{one['id']}/action"
        if host.name in one["hosts"] and one["name"] != zone:
            # Nova refuses this as long as a server on the host is still being removed.
            asked = partial(_try, cloud, action, {"remove_host": {"host": host.name}})
            wait_until(f"{host.name} is out of zone {one['name']}", asked, seconds=60, first=1, longest=3)
    for one in cloud.nova("GET", "os-aggregates")["aggregates"]:
        if one["name"] == zone and host.name not in one["hosts"]:
            cloud.nova("POST", f"os-aggregates/{one['id']}/action", {"add_host": {"host": host.name}})
    own = lab.plan.site(host.site)
    if zone == own.name:
        make_zone(lab.plan, own, lab.state, lab.log)


def _try(cloud: Cloud, path: str, body: object) -> bool:
    try:
        cloud.nova("POST", path, body)
    except WebError as error:
        if error.status != 409:
            raise
        return False
    return True
