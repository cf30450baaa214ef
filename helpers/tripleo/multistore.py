"""E3: `GlanceMultistoreConfig` lists the right stores at every site, and Glance can do what the workflow needs.

Source: the guide, "Override Glance defaults for dcn0" and "Update central site to use additional Ceph clusters as
Glance stores".
"""

from __future__ import annotations

from helpers.tripleo import external, facts
from helpers.tripleo.entries import used_by
from helpers.tripleo.findings import Finding, FoundElsewhere, NotGiven
from helpers.tripleo.keys import client_name
from helpers.tripleo.loader import Node
from helpers.tripleo.settings import Setting, judged
from helpers.tripleo.stacks import DeploymentFiles, Stack
from helpers.tripleo.stores import Store, named, store_id, store_of, stores

_METHODS = ("web-download", "copy-image")
_IMPORT_METHODS = Setting(
    "GlanceEnabledImportMethods",
    ("glance::api::enabled_import_methods",),
    (("glance::config::glance_api_config", "DEFAULT/enabled_import_methods"),),
)
_LOCATIONS = Setting(
    "GlanceShowMultipleLocations",
    ("glance::api::show_multiple_locations",),
    (("glance::config::glance_api_config", "DEFAULT/show_multiple_locations"),),
)
_BACKEND = Setting("GlanceBackend")
#: The second is the guide's spelling, which no template has.
_PLUGINS = (
    Setting(
        "GlanceImageImportPlugins",
        ("glance::api::image_import_plugins",),
        (("glance::config::glance_image_import_config", "image_import_opts/image_import_plugins"),),
    ),
    Setting("GlanceImageImportPlugin"),
)


def _between(files: DeploymentFiles, stack: Stack) -> list[Store]:
    """Central's store on a DCN site's cluster, and that site's store on central's cluster."""
    pairs = [(files.central, stack), (stack, files.central)]
    found = [store_of(files, owner, other) for owner, other in pairs if owner and other]
    there = [store for store in found if store is not None]
    if not there and (central_lists(files, stack) or lists_central(files, stack)):
        raise FoundElsewhere(f"no GlanceMultistoreConfig connects {stack} and central")
    if not there:
        raise NotGiven(f"no central stack's files to compare {stack}'s with")
    return there


def _not_listed(files: DeploymentFiles, owner: Stack | None, stack: Stack | None) -> list[Finding]:
    if owner is None or stack is None:
        raise NotGiven("no central stack's files are in the folder")
    if store_of(files, owner, stack) is not None:
        return []
    configs = owner.definitions("GlanceMultistoreConfig")
    if not configs and not stack.deployed and not owner.deployed:
        raise NotGiven(f"{owner} has no GlanceMultistoreConfig yet, and {stack} is not deployed")
    if not configs and owner.central:
        external.check_updated(files, owner)
    place = configs[0].place if configs else owner.place
    names = ", ".join(store.name for store in stores(files, owner)) or "none"
    seen = f"stores: {names}" if configs else "no GlanceMultistoreConfig"
    cluster = facts.cluster_name(stack)
    other = next((node.place for node in facts.cluster_names(stack)), None)
    finding = Finding(place, seen, f"an rbd store with CephClusterName: {cluster}", other)
    called = {cluster, stack.name, store_id(stack)}
    maybe = owner.maybe.get("GlanceMultistoreConfig", ())
    return files.lacks(owner, finding, [node for node in maybe if called & named(node)])


def central_lists(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """Central's Glance has a store on this site's cluster."""
    return _not_listed(files, files.central, stack)


def lists_central(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """This site's Glance has a store on central's cluster.

    Without it, snapshots cannot be copied back to central.
    """
    return _not_listed(files, stack, files.central)


def of_nobody(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """Every rbd store is on a cluster that one of the stacks deploys.

    Stores of another type are not judged.
    """
    listed = stores(files, stack)
    if not listed:
        raise NotGiven(f"{stack}: no GlanceMultistoreConfig in its own files")
    known = ", ".join(facts.cluster_name(other) for other in files.stacks if other is not stack)
    strange = {
        store.cluster.text.strip() if store.cluster else store.name: Finding(
            store.place("CephClusterName"),
            store.cluster.shown if store.cluster else f"a store {store.name} without CephClusterName",
            f"one of the clusters {known}",
        )
        for store in listed
        if store.about is None and store.backend == "rbd"
    }
    return facts.strangers(files, stack, strange)


def wrong_cluster(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """Both stores between this site and central use the cluster's name in its own files."""
    found = []
    for store in _between(files, stack):
        if store.about is None:
            continue
        name = facts.cluster_name(store.about)
        if not facts.cluster_names(store.about):
            raise NotGiven(f"{store.about}: no file says what its cluster is called")
        if store.cluster is None or store.cluster.text.strip() != name:
            other = next((node.place for node in facts.cluster_names(store.about)), None)
            seen = store.cluster.shown if store.cluster else "no CephClusterName, so the site's own cluster"
            found.append(Finding(store.place("CephClusterName"), seen, f"{name!r}, {store.about}'s cluster", other))
    return found


def wrong_user(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """Both stores use a cephx user whose key CephExternalMultiConfig provides."""
    found, compared = [], False
    for store in _between(files, stack):
        entry = used_by(files, store.owner, store.about) if store.about else None
        if entry is None:
            continue  # the missing entry is a finding of its own
        compared = True
        names = [node for item in entry.node.mappings("keys") if (node := item.scalar("name"))]
        if names and client_name(store.user) not in {client_name(node.text) for node in names}:
            node = store.node.scalar("CephClientUserName")
            expected = " or ".join(repr(client_name(name.text).removeprefix("client.")) for name in names)
            seen = node.shown if node else f"no CephClientUserName, so {store.user!r}"
            found.append(Finding(store.place("CephClientUserName"), seen, expected, names[0].place))
    clients = [other for other in (stack, files.central) if other is not None]
    if not compared and any(external.missing(files, other) for other in clients):
        raise FoundElsewhere(f"no CephExternalMultiConfig entry connects {stack} and central")
    if not compared:
        raise NotGiven(f"no CephExternalMultiConfig entry to compare {stack}'s and central's stores with")
    return found


def wrong_backend(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """Both stores between this site and central are of type rbd."""
    return [
        Finding(store.place("GlanceBackend"), repr(store.backend), "'rbd'")
        for store in _between(files, stack)
        if store.backend != "rbd"
    ]


def other_ids(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """A site that names its own store is known to the other end by the same id.

    With two ids, each Glance rewrites the metadata of an image that it reads (Launchpad 1886374). The guide's literal
    settings name no store; see `advice`.
    """
    found = []
    for store in _between(files, stack):
        own = store.about.parameter("GlanceBackendID") if store.about else None
        if store.about and own is not None and store.name != store_id(store.about):
            found.append(
                Finding(store.node.place, repr(store.name), f"{own.shown}, its id at {store.about}", own.place)
            )
    return found


def import_methods(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The import methods contain web-download and copy-image."""
    expected = "web-download,copy-image"
    groups = _IMPORT_METHODS.groups(stack)
    if not groups:
        raise _IMPORT_METHODS.not_given(stack, "dcn-storage.yaml sets it; its default is web-download alone")

    def judge(node: Node) -> Finding | None:
        methods = [method.strip("[]'\" ") for method in node.elements()]
        if set(_METHODS) <= set(methods):
            return None
        return Finding(node.place, f"{', '.join(methods) or 'none'}", expected)

    return judged(stack, groups, judge)


def multiple_locations(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """Glance shows multiple locations.

    Without them, Nova and Cinder see no location to clone.
    """
    groups = _LOCATIONS.groups(stack)
    if not groups:
        raise _LOCATIONS.not_given(stack, "the templates show locations where a store is of type rbd")
    found = judged(stack, groups, lambda node: None if node.true else Finding(node.place, node.shown, "true"))
    if found and facts.cephadm(stack):
        raise NotGiven(f"{stack}: releases with cephadm have an internal Glance, which shows locations in any case")
    return found


def own_backend(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The site's own store is of type rbd."""
    stack.check_given()
    groups = _BACKEND.groups(stack)
    return judged(
        stack, groups, lambda node: None if node.text.strip() == "rbd" else Finding(node.place, node.shown, "'rbd'")
    )


def image_conversion(files: DeploymentFiles, stack: Stack) -> list[Finding]:
    """The import plugins are not overridden without image_conversion.

    A qcow2 image that is not converted to raw is never cloned.
    """
    stack.check_given()
    expected = "image_conversion in it, or no override: a qcow2 image that is not converted to raw is never cloned"
    sparse = stack.parameter("GlanceSparseUploadEnabled")
    if sparse is not None and sparse.true:
        return []  # the templates add image_conversion

    def judge(node: Node) -> Finding | None:
        plugins = [plugin.strip("[]'\" ") for plugin in node.elements()]
        if {"image_conversion", "no_op"} & set(plugins):
            return None
        return Finding(node.place, ", ".join(filter(None, plugins)) or "an empty list", expected)

    return [finding for setting in _PLUGINS for finding in judged(stack, setting.groups(stack), judge)]
