"""Reads a folder of custom resources."""

from __future__ import annotations

from pathlib import Path

from helpers.declared.model import Declared, Defaults
from helpers.openshift.control_plane import ControlPlane, templates
from helpers.openshift.data_plane import DataPlane
from helpers.openshift.resources import resources
from helpers.openshift.secrets import holders, mounts

#: glance-operator's 00-config.conf lacks copy-image, and converts images. edpm-ansible names libvirt's secret by the
#: FSID.
DEFAULTS = Defaults(copy_image=False, conversion=True, secret_is_fsid=True)
KIND = "OpenStack on OpenShift"


def read(folder: Path) -> Declared | None:
    """What the resources in a folder declare, or None if there is no control plane and no node set among them."""
    found = resources(folder)
    parts = templates(found)
    sets = found.of("OpenStackDataPlaneNodeSet")
    if parts is None and not sets and not found.unreadable:
        return None
    given = list(mounts(parts.extra)) if parts is not None else []
    on_nodes = [extra for one in sets if (extra := one.node.get("spec", "nodeTemplate", "extraMounts")) is not None]
    used = [name for mount in (*given, *mounts(on_nodes)) for name in mount.secrets]
    held = holders(found, used)
    plane = ControlPlane(parts, found, given, held) if parts is not None else None
    computes = tuple(DataPlane(found, held).computes())
    glances = tuple(plane.glances()) if plane is not None else ()
    backends = tuple(plane.backends()) if plane is not None else ()
    attaching = tuple(plane.attaching()) if plane is not None else ()
    return Declared(
        folder, KIND, DEFAULTS, tuple(held.values()), glances, backends, computes, attaching, tuple(found.unreadable)
    )
