"""Releases and layouts other than the lab's; a deployment with them is as healthy as any other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from starlette.requests import Request

from simulator.commands.shell import Call, Output
from simulator.faults.changes import added, changed, hooked, removed, variation
from simulator.world.configuration import glance_api_conf
from simulator.world.content import Content
from simulator.world.images import LOCK, Image, ImageTask
from simulator.world.nodes import Container, File
from simulator.world.refusal import Refusal
from simulator.world.servers import Server
from simulator.world.sites import Site
from simulator.world.world import World

_GLANCE_HOME = "/etc/glance"
_IMPORT_SECTIONS = ("image_import_opts", "image_conversion", "import_filtering_opts")
_INTERNAL = "glance_api_internal"
#: seconds
_HASHING = 1.0
#: libpod's `ContainerStatus`.
_PODMAN_1_STATES = {"running": 3, "exited": 6}

# --- Glance


@variation(site="central", source="the guide, GlanceEnabledImportMethods; THT environments/dcn-storage.yaml")
def import_methods_of_the_guide(world: World, site: Site) -> Iterator[None]:
    """No Glance has glance-direct among its import methods."""
    with ExitStack() as stack:
        for each in world.storage_sites:
            stack.enter_context(changed(each.images, "import_methods", ["web-download", "copy-image"]))
        yield


@variation(site="central", source="glance-specs, wallaby/expose-tasks-API: before it there is no such request")
def no_image_tasks_api(world: World, site: Site) -> Iterator[None]:
    """No Glance shows the tasks of an image."""

    def hook(value: None, service: str, request: Request, site: Site) -> None:
        if service == "image" and request.url.path.endswith("/tasks"):
            raise Refusal(404, "The resource could not be found.")

    with hooked(world, "request", hook):
        yield


@variation(site="central", source="Glance 2.17: GET /v2/images/ID/locations; administrators may ask from 2026.2 on")
def locations_api(world: World, site: Site) -> Iterator[None]:
    """Administrators may ask every Glance for the locations of an image by a request of their own."""
    with ExitStack() as stack:
        for glance in (each.images for each in world.storage_sites):
            stack.enter_context(changed(glance, "locations_api", "admin"))
        yield


@variation(site="central", source="OpenStack 2026.2: Nova adds an RBD snapshot by Glance's locations API")
def location_import(world: World, site: Site) -> Iterator[None]:
    """An image of a server is active before its checksum is known, and is locked until then."""

    async def hashed(image: Image, content: Content, task: ImageTask) -> None:
        await asyncio.sleep(_HASHING)
        image.os_hash_algo, image.os_hash_value = "sha512", content.digest("sha512")
        image.properties.pop(LOCK, None)
        task.becomes("success")

    def hook(image: Image, content: Content, server: Server) -> Image:
        task = ImageTask(image.id, server.project, server.project, {}, "", status="processing")
        world.images.tasks[task.id] = task
        image.properties[LOCK] = task.id
        world.clock.start(hashed(image, content, task))
        return image

    with hooked(world, "snapshot.stored", hook):
        yield


@variation(site="central", source="THT glance-api-container-puppet.yaml, puppet-glance glance_image_import_config")
def glance_image_import_conf(world: World, site: Site) -> Iterator[None]:
    """Imports are configured in glance-image-import.conf, the last file on Glance's command line."""
    command = "/usr/bin/python3 -s /usr/bin/glance-api --config-file /etc/glance/glance-api.conf"
    command += " --config-file /etc/glance/glance-image-import.conf"
    with _glance_files(world, site, lambda main, of_imports: {"glance-image-import.conf": of_imports}, command=command):
        yield


@variation(site="first-dcn", source="glance/common/wsgi_app.py: the files of Glance in a web server")
def glance_in_a_web_server(world: World, site: Site) -> Iterator[None]:
    """uwsgi runs Glance without naming its files, and glance-api.conf overrides glance-image-import.conf."""
    wrong = "[image_conversion]\noutput_format = qcow2\n"

    def files(main: str, of_imports: str) -> dict[str, str]:
        return {"glance-api.conf": main + of_imports, "glance-image-import.conf": wrong}

    with _glance_files(world, site, files, command="uwsgi --ini /etc/glance/uwsgi.ini"):
        yield


@variation(site="dcn", source="glance-operator, templates/glance/config: --config-dir")
def glance_config_folder(world: World, site: Site) -> Iterator[None]:
    """Glance's command line names a folder of files, in which later files take precedence over earlier ones."""

    def files(main: str, of_imports: str) -> dict[str, str]:
        return {
            "glance-api.conf": "",
            "glance.conf.d/00-defaults.conf": main + of_imports.replace("image_conversion]", "no_op]"),
            "glance.conf.d/10-imports.conf": of_imports,
            "glance.conf.d/20-off.conf.orig": "[image_import_opts]\nimage_import_plugins = [no_op]\n",
        }

    with _glance_files(world, site, files, command="/usr/bin/glance-api --config-dir /etc/glance/glance.conf.d"):
        yield


@contextmanager
def _glance_files(
    world: World, site: Site, files: Callable[[str, str], dict[str, str]], command: str | None = None
) -> Iterator[None]:
    """Give the site's Glances these files below /etc/glance.

    `files` returns them from two texts: the main configuration and the sections about imports.
    """
    sections = glance_api_conf(site.images, site.nodes[0]).split("\n[")
    of_imports = [part for part in sections if part.partition("]")[0] in _IMPORT_SECTIONS]
    main = "\n[".join(part for part in sections if part not in of_imports)
    told = {"glance-api.conf": main} | files(main + "\n", "".join(f"[{part}\n" for part in of_imports))
    with ExitStack() as stack:
        for container in _glances(site):
            for name, text in told.items():
                file = File(text, "root", "glance", 0o640)
                stack.enter_context(added(container.files, f"{_GLANCE_HOME}/{name}", file))
            stack.enter_context(changed(container, "command", tuple((command or "").split()) or container.command))
        yield


def _glances(site: Site) -> list[Container]:
    return [node.containers["glance_api"] for node in site.nodes if "glance_api" in node.containers]


# --- Ceph's clients


@variation(site="first-dcn", source="Ceph, Configuring Ceph: [client.NAME] goes before [client]")
def keyring_in_the_clients_own_section(world: World, site: Site) -> Iterator[None]:
    """client.external's own section names its keyring, and [client] names another one."""
    with _client_confs(site, lambda line: f"keyring = /etc/ceph/keyring.of.all\n\n[client.external]\n{line}"):
        yield


@variation(site="dcn", source="Ceph, Configuring Ceph: metavariables")
def keyring_by_metavariables(world: World, site: Site) -> Iterator[None]:
    """The path of the keyring consists of the client's and the cluster's names as metavariables."""
    with _client_confs(site, lambda line: 'keyring = "/etc/ceph/$cluster.client.${id}.keyring"'):
        yield


@variation(site="central", source="Ceph, Configuring Ceph: the default of keyring")
def keyring_at_its_usual_place(world: World, site: Site) -> Iterator[None]:
    """No file names a keyring, which is at the default path of every client."""
    with _client_confs(site, lambda line: ""):
        yield


@contextmanager
def _client_confs(site: Site, named: Callable[[str], str]) -> Iterator[None]:
    """Replace the line that names the keyring in every configuration file for another site's cluster."""
    with ExitStack() as stack:
        for node in site.nodes:
            for path, file in node.files.items():
                if path.endswith(".conf") and "keyring" in file.read():
                    lines = (named(line) if "keyring" in line else line for line in file.read().splitlines())
                    stack.enter_context(changed(file, "text", "\n".join(lines) + "\n"))
        yield


@variation(site="first-dcn", source="THT wallaby, CephConfigPath: /var/lib/tripleo-config/ceph")
def ceph_files_of_services_elsewhere(world: World, site: Site) -> Iterator[None]:
    """The node's /etc/ceph has the files of its monitor only; the services' are in a folder that they mount.

    Glance's container has `rbd`: the monitor's does not see these files.
    """
    elsewhere = "/var/lib/tripleo-config/ceph"
    with ExitStack() as stack:
        for node in (*world.central.nodes, *site.nodes):
            own = world.sites[node.site].ceph.name
            moved = {path: file for path, file in node.files.items() if path.startswith("/etc/ceph/")}
            kept = {path: file for path, file in moved.items() if path.startswith(f"/etc/ceph/{own}.")}
            others = {path: file for path, file in node.files.items() if path not in moved}
            services = {path: file for path, file in moved.items() if ".admin." not in path}
            services = {path.replace("/etc/ceph", elsewhere): file for path, file in services.items()}
            stack.enter_context(changed(node, "files", {**others, **kept, **services}))
            for name, container in node.containers.items():
                if not name.startswith("ceph-"):
                    stack.enter_context(changed(container, "mounts", {"/etc/ceph": elsewhere}))
            if glance := node.containers.get("glance_api"):
                stack.enter_context(changed(glance, "ceph", True))
        yield


@variation(site="dcn", source="Ceph, Monitor Config Reference: mon_host may hold names")
def monitors_by_name(world: World, site: Site) -> Iterator[None]:
    """Every ceph.conf at the site has the names of the monitors, which its machines can resolve."""
    known = {mon.address: mon.name for each in world.storage_sites for mon in each.ceph.mons}
    with ExitStack() as stack:
        for node in site.nodes:
            for path, file in node.files.items():
                if path.endswith(".conf"):
                    text = file.read()
                    for address, name in known.items():
                        text = text.replace(f":{address}:", f":{name}.storage:").replace(f"{address},", f"{name},")
                    stack.enter_context(changed(file, "text", text))
        yield


@variation(site="dcn", source="Ceph: an address of no type is printed as `:/0`")
def monitor_without_an_address(world: World, site: Site) -> Iterator[None]:
    """The cluster's map has an additional monitor that never had an address."""
    nowhere = {"type": "none", "addr": ":/0", "nonce": 0}
    more = {"rank": 9, "name": "hci-9", "public_addrs": {"addrvec": [nowhere]}, "addr": ":/0", "public_addr": ":/0"}

    def hook(output: Output, call: Call) -> Output:
        if call.name == "ceph" and call.node.site == site.name and "quorum_status" in call.args and not output.status:
            answer = json.loads(output.bytes())
            answer["monmap"]["mons"].append(more)
            return Output(json.dumps(answer).encode(), output.stderr)
        return output

    with hooked(world, "command", hook):
        yield


# --- containers


@variation(site="central", source="libpod v1.6, PsContainerOutput; RHOSP 16.0 and 16.1")
def podman_of_2019(world: World, site: Site) -> Iterator[None]:
    """podman lists the name of a container as a string, and its state as a number."""

    def of_2019(entry: dict[str, Any]) -> dict[str, Any]:
        return entry | {"Names": entry["Names"][0], "State": _PODMAN_1_STATES[entry["State"]]}

    def hook(output: Output, call: Call) -> Output:
        if call.name == "podman" and "ps" in call.args and "json" in call.args and not output.status:
            return Output(json.dumps([of_2019(entry) for entry in json.loads(output.bytes())]).encode(), output.stderr)
        return output

    with hooked(world, "command", hook):
        yield


@variation(site="dcn", source="OSSN-0090; THT glance-api-internal-container-puppet.yaml")
def internal_glance_alone(world: World, site: Site) -> Iterator[None]:
    """The site's Glance is the internal one, in a container with that name."""
    with ExitStack() as stack:
        for node in site.nodes:
            if container := node.containers.get("glance_api"):
                stack.enter_context(removed(node.containers, "glance_api"))
                stack.enter_context(added(node.containers, _INTERNAL, replace(container, name=_INTERNAL)))
        yield


# --- Nova


@variation(site="dcn", source="edpm-ansible, edpm_nova: /etc/nova/nova.conf.d")
def nova_config_folder(world: World, site: Site) -> Iterator[None]:
    """nova-compute has a folder of files instead of a nova.conf."""
    with ExitStack() as stack:
        for node in site.nodes:
            container = node.containers["nova_compute"]
            whole = container.files["/etc/nova/nova.conf"]
            default, _, rest = whole.read().partition("[cinder]")
            parts = {
                "01-nova.conf": default + "[cinder]\ncross_az_attach = True\n[libvirt]\nimages_type = qcow2\n",
                "03-ceph-nova.conf": f"[cinder]{rest}",
            }
            files = {f"/etc/nova/nova.conf.d/{name}": File(text, "root", "nova", 0o640) for name, text in parts.items()}
            stack.enter_context(changed(container, "files", files))
            # without files named on its command line it reads the folder
            words = " ".join(container.command).partition(" --config-file ")[0].split()
            stack.enter_context(changed(container, "command", tuple(words)))
        yield
