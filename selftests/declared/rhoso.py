"""Custom resources of OpenStack on OpenShift as operators keep them: healthy, in several shapes.

Their shape is that of openstack-k8s-operators/architecture (`examples/dt/dcn`) and openstack-k8s-operators/ci-framework
(`roles/ci_dcn_site`).
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from helpers.tripleo.example import cephx_key

_DATA_PLANE = "dataplane.openstack.org/v1beta1"
_FSID = "{0}{0}{0}{0}{0}{0}{0}{0}-1b52-4c7e-9f30-0242ac1200{0}{0}"


@dataclass(frozen=True)
class Zone:
    """A site: its zone, the name of its conf, and what is its cluster's."""

    index: int
    zone: str
    cluster: str = ""
    api: str = ""
    user: str = "openstack"

    @property
    def stem(self) -> str:
        return self.cluster or self.zone

    @property
    def fsid(self) -> str:
        return _FSID.format(self.index + 1)

    @property
    def key(self) -> str:
        return cephx_key(f"rhoso {self.index}")

    @property
    def monitors(self) -> list[str]:
        return [f"198.18.{self.index}.{i}" for i in (11, 12, 13)]

    @property
    def conf(self) -> str:
        pairs = ",".join(f"[v2:{one}:3300/0,v1:{one}:6789/0]" for one in self.monitors)
        return f"# minimal ceph.conf\n[global]\n\tfsid = {self.fsid}\n\tmon_host = {pairs}\n"

    @property
    def keyring(self) -> str:
        return (
            f'[client.{self.user}]\n   key = "{self.key}"\n   caps mgr = allow *\n   caps mon = profile rbd\n'
            "   caps osd = profile rbd pool=vms, profile rbd pool=volumes, profile rbd pool=images\n"
        )

    @property
    def glance(self) -> str:
        return self.api or self.zone


ZONES = (Zone(0, "az0"), Zone(1, "az1"), Zone(2, "az2"))


def glance_config(zones: Iterable[Zone], own: Zone, brackets: bool = True) -> str:
    listed = list(zones)
    methods = "[web-download,copy-image,glance-direct]" if brackets else "web-download, copy-image"
    lines = [
        "[DEFAULT]",
        f"enabled_import_methods = {methods}",
        f"enabled_backends = {','.join(f'{zone.zone}:rbd' for zone in listed)}",
        "[glance_store]",
        f"default_backend = {own.zone}",
    ]
    for zone in listed:
        lines += [
            f"[{zone.zone}]",
            f"rbd_store_ceph_conf = /etc/ceph/{zone.stem}.conf",
            f'store_description = "{zone.zone} RBD backend"',
            "rbd_store_pool = images",
            f"rbd_store_user = {zone.user}",
            "rbd_thin_provisioning = True",
        ]
    return "\n".join(lines) + "\n"


def volume_config(zone: Zone) -> str:
    return (
        f"[DEFAULT]\nenabled_backends = ceph\nglance_api_servers = https://glance-{zone.glance}-internal.openstack.svc:9292\n"
        "[ceph]\nvolume_backend_name = ceph\nvolume_driver = cinder.volume.drivers.rbd.RBDDriver\n"
        f"rbd_ceph_conf = /etc/ceph/{zone.stem}.conf\nrbd_user = {zone.user}\nrbd_pool = volumes\n"
        f"rbd_flatten_volume_from_snapshot = False\nrbd_secret_uuid = {zone.fsid}\nrbd_cluster_name = {zone.stem}\n"
        f"backend_availability_zone = {zone.zone}\n"
    )


def backup_config(zone: Zone) -> str:
    return (
        f"[DEFAULT]\nstorage_availability_zone = {zone.zone}\n"
        "backup_driver = cinder.backup.drivers.ceph.CephBackupDriver\n"
        f"backup_ceph_conf = /etc/ceph/{zone.stem}.conf\nbackup_ceph_pool = backups\nbackup_ceph_user = {zone.user}\n"
    )


def share_config(zone: Zone) -> str:
    name = f"cephfs_{zone.zone}"
    return (
        f"[DEFAULT]\nenabled_share_backends = {name}\nenabled_share_protocols = cephfs\n[{name}]\n"
        "share_driver = manila.share.drivers.cephfs.driver.CephFSDriver\n"
        f"cephfs_conf_path = /etc/ceph/{zone.stem}.conf\ncephfs_cluster_name = {zone.stem}\n"
        f"cephfs_auth_id={zone.user}\nbackend_availability_zone = {zone.zone}\n"
    )


def nova_config(zone: Zone) -> str:
    return (
        f"[libvirt]\nimages_type=rbd\nimages_rbd_pool=vms\nimages_rbd_ceph_conf=/etc/ceph/{zone.stem}.conf\n"
        f"images_rbd_glance_store_name={zone.zone}\nimages_rbd_glance_copy_poll_interval=15\n"
        f"images_rbd_glance_copy_timeout=600\nrbd_user={zone.user}\nrbd_secret_uuid={zone.fsid}\n"
        f"[glance]\nendpoint_override = https://glance-{zone.glance}-internal.openstack.svc:9292\n"
        "valid_interfaces = internal\n[cinder]\ncross_az_attach = False\ncatalog_info = volumev3:cinderv3:internalURL\n"
    )


def secret_name(zone: Zone, one: bool) -> str:
    return "ceph-conf-files" if one or zone.index == 0 else f"ceph-conf-files-{zone.zone}"


def resource(api: str, kind: str, name: str, **parts: Any) -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "openstack"}, **parts}


def ceph_secret(name: str, zones: Iterable[Zone]) -> dict[str, Any]:
    files: dict[str, str] = {}
    for zone in zones:
        files[f"{zone.stem}.client.{zone.user}.keyring"] = zone.keyring
        files[f"{zone.stem}.conf"] = zone.conf
    data = {name: base64.b64encode(text.encode()).decode() for name, text in files.items()}
    return resource("v1", "Secret", name, type="Opaque", data=data)


def mount(name: str, *propagation: str) -> dict[str, Any]:
    part: dict[str, Any] = {"propagation": list(propagation)} if propagation else {}
    return part | {
        "extraVolType": "Ceph",
        "volumes": [{"name": "ceph", "secret": {"secretName": name}}],
        "mounts": [{"name": "ceph", "mountPath": "/etc/ceph", "readOnly": True}],
    }


def control_plane(zones: tuple[Zone, ...] = ZONES, one: bool = True, shares: bool = True) -> dict[str, Any]:
    central, *edges = zones
    apis: dict[str, Any] = {
        central.glance: {
            "customServiceConfig": glance_config(zones, central),
            "networkAttachments": ["storage"],
            "override": _load_balancer(central),
            "replicas": 3,
            "type": "split",
        }
    }
    for zone in edges:
        apis[zone.glance] = {
            "customServiceConfig": glance_config((central, zone), zone),
            "networkAttachments": ["storage"],
            "override": _load_balancer(zone),
            "replicas": 1,
            "type": "edge",
        }
    if one:
        kinds = ("CinderVolume", "CinderBackup", "CinderBackups", "GlanceAPI", "ManilaShare")
        extra = [mount("ceph-conf-files", *kinds)]
    else:
        extra = [mount(secret_name(zone, one), *{zone.zone: 0, zone.glance: 0}) for zone in zones]
    spec: dict[str, Any] = {
        "secret": "osp-secret",
        "storageClass": "local-storage",
        "cinder": {
            "enabled": True,
            "template": {
                "customServiceConfig": f"[DEFAULT]\nstorage_availability_zone = {central.zone}\n",
                "cinderAPI": {"replicas": 3},
                "cinderBackup": {"replicas": 0, "customServiceConfig": "[DEFAULT]\n# deprecated\n"},
                "cinderBackups": {zone.zone: {"customServiceConfig": backup_config(zone)} for zone in zones},
                "cinderVolumes": {zone.zone: {"customServiceConfig": volume_config(zone)} for zone in zones},
            },
        },
        "glance": {
            "template": {"keystoneEndpoint": central.glance, "databaseInstance": "openstack", "glanceAPIs": apis}
        },
        "nova": {
            "template": {
                "customServiceConfig": f"[DEFAULT]\ndefault_schedule_zone={central.zone}\n"
                "[cinder]\ncross_az_attach=False\n",
                "cellTemplates": {"cell0": {"hasAPIAccess": True}},
            }
        },
        "neutron": {"template": {"customServiceConfig": "[ml2_type_vlan]\nnetwork_vlan_ranges = leaf0:1:1000\n"}},
        "extraMounts": [{"name": "v1", "region": "r1", "extraVol": extra}],
    }
    if shares:
        manila = {zone.zone: {"customServiceConfig": share_config(zone)} for zone in zones}
        config = f"[DEFAULT]\nstorage_availability_zone = {central.zone}\n"
        spec["manila"] = {"enabled": True, "template": {"customServiceConfig": config, "manilaShares": manila}}
    return resource("core.openstack.org/v1beta1", "OpenStackControlPlane", "openstack", spec=spec)


def _load_balancer(zone: Zone) -> dict[str, Any]:
    notes = {"metallb.universe.tf/address-pool": "internalapi"}
    notes["metallb.universe.tf/loadBalancerIPs"] = f"198.18.200.{80 + zone.index}"
    return {"service": {"internal": {"metadata": {"annotations": notes}, "spec": {"type": "LoadBalancer"}}}}


def data_plane(zones: tuple[Zone, ...] = ZONES, one: bool = True) -> list[dict[str, Any]]:
    found = []
    for zone in zones:
        config, service = f"ceph-nova-{zone.zone}", f"nova-custom-ceph-{zone.zone}"
        found.append(resource("v1", "ConfigMap", config, data={"03-ceph-nova.conf": nova_config(zone)}))
        sources = [
            {"configMapRef": {"name": config}},
            {"secretRef": {"name": f"nova-cell{zone.index + 1}-compute-config"}},
            {"secretRef": {"name": "nova-migration-ssh-key"}},
        ]
        spec = {"dataSources": sources, "edpmServiceType": "nova", "playbook": "osp.edpm.nova"}
        found.append(resource(_DATA_PLANE, "OpenStackDataPlaneService", service, spec=spec))
        template = {"ansibleSSHPrivateKeySecret": "x", "extraMounts": [mount(secret_name(zone, one))]}
        nodes = {"edpm-compute-0": {"hostName": "edpm-compute-0"}}
        spec = {"services": ["bootstrap", "ceph-client", "libvirt", service], "nodeTemplate": template, "nodes": nodes}
        name = f"{zone.zone}-edpm"
        found.append(resource(_DATA_PLANE, "OpenStackDataPlaneNodeSet", name, spec=spec))
    return found


def secrets(zones: tuple[Zone, ...] = ZONES, one: bool = True) -> list[dict[str, Any]]:
    if one:
        return [ceph_secret("ceph-conf-files", zones)]
    central, *edges = zones
    return [
        ceph_secret("ceph-conf-files", zones),
        *(ceph_secret(secret_name(zone, one), (central, zone)) for zone in edges),
    ]


# --- how they are kept


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as operators do: in literal blocks."""


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def write(folder: Path, name: str, *documents: Any) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.dump_all(documents, Dumper=_Dumper, sort_keys=False, width=200, explicit_start=True))


def in_a_folder(folder: Path, zones: tuple[Zone, ...] = ZONES, one: bool = False) -> None:
    """A file for each subject, as `kustomize build` output is kept."""
    write(folder, "control-plane.yaml", control_plane(zones, one))
    write(folder, "ceph-secrets.yaml", *secrets(zones, one))
    for zone in zones:
        write(folder, f"{zone.zone}/nodeset.yaml", *(part for part in data_plane(zones, one) if _is_of(part, zone)))
    write(folder, "unrelated.yaml", resource("v1", "Secret", "osp-secret", data={"AdminPassword": "MTIzNDU2Nzg="}))
    write(folder, "net/nncp.yaml", resource("nmstate.io/v1", "NodeNetworkConfigurationPolicy", "x", spec={}))


def _is_of(part: dict[str, Any], zone: Zone) -> bool:
    return zone.zone in part["metadata"]["name"].split("-")


def answered(part: dict[str, Any], style: int = 0) -> dict[str, Any]:
    """A resource as a cluster gives it."""
    metadata = part["metadata"] | {
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"apiVersion":"v1","kind":"Old"}\n'},
        "creationTimestamp": "2026-03-02T10:00:00Z",
        "generation": 4,
        "managedFields": [
            {"apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {".": {}}}, "time": None}
        ],
        "resourceVersion": "123456",
        "uid": "5b0b3c9e-0000-4000-8000-000000000001",
    }
    status = {"conditions": [{"status": "True", "type": "Ready"}], "observedGeneration": 4}
    return part | {"metadata": metadata} | ({"status": status} if part["kind"].startswith("OpenStack") else {})


def in_answers(folder: Path) -> None:
    """`oc get … -o yaml`: Lists, in the style that Kubernetes writes."""
    in_a_folder(folder)
    ask_for(folder)


def ask_for(folder: Path) -> None:
    """Replace the files by what a cluster would answer that they were applied to."""
    files = [path for path in folder.rglob("*.yaml") if path.parent.name != "net"]
    parts = [part for path in files for part in yaml.safe_load_all(path.read_text())]
    for path in files:
        path.unlink()
    for kind in dict.fromkeys(part["kind"] for part in parts):
        items = [answered(part) for part in parts if part["kind"] == kind]
        listed = {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}
        path = folder / f"{kind.lower()}.yaml"
        path.write_text(yaml.safe_dump(listed, sort_keys=True))


_LOCAL = {"config.kubernetes.io/local-config": "true"}


def values(name: str, data: dict[str, Any]) -> dict[str, Any]:
    """A ConfigMap that kustomize reads, and does not emit."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "annotations": _LOCAL}, "data": data}


def beside_inputs(folder: Path) -> None:
    """What kustomize was given, with placeholders and mistakes that the result no longer has, beside its result."""
    in_a_folder(folder)
    nova = {"ceph": {"conf": "CHANGEME_NOVA_CEPH_CONF"}, "dataSources": [{"configMapRef": None, "name": "x"}]}
    given = {"nodeset_name": "edpm", "ceph_conf": {"az0.conf": "CHANGEME_CEPH_CONF"}, "nova": nova}
    write(folder, "inputs/values.yaml", values("edpm-nodeset-values-post-ceph", given))
    broken = glance_config(ZONES, ZONES[0]).replace("az1.conf", "az2.conf")
    apis = {"glanceAPIs": {"az0": {"customServiceConfig": broken}}}
    write(folder, "inputs/service-values.yaml", values("service-values", {"glance": apis}))
    data = {"ceph.client.openstack.keyring": "_ignored_", "ceph.conf": "_ignored_"}
    write(folder, "inputs/ceph_secret.yaml", resource("v1", "Secret", "ceph-conf-files", data=data))
    spec = {"nodeTemplate": {"extraMounts": [mount("ceph-conf-files")]}}
    patch = resource(_DATA_PLANE, "OpenStackDataPlaneNodeSet", "openstack-edpm", spec=spec)
    write(folder, "inputs/extra_mounts.yaml", patch)
    component = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
    patches = [{"target": {"kind": "OpenStackDataPlaneNodeSet"}, "path": "extra_mounts.yaml"}]
    write(folder, "inputs/kustomization.yaml", component | {"resources": ["ceph_secret.yaml"], "patches": patches})


def as_values(folder: Path) -> None:
    """The values alone, before kustomize has made anything from them."""
    spec = control_plane()["spec"]
    cinder = spec["cinder"]["template"]
    data = {
        "cinder": {"customServiceConfig": cinder["customServiceConfig"]},
        "cinderVolumes": cinder["cinderVolumes"],
        "cinderBackups": cinder["cinderBackups"],
        "glance": spec["glance"]["template"],
        "nova": spec["nova"]["template"],
        "extraMounts": spec["extraMounts"],
    }
    write(folder, "service-values.yaml", values("service-values", data))
    for zone in ZONES:
        files = ceph_secret("x", (ZONES[0], zone))["data"]
        nova = {"ceph": {"conf": nova_config(zone)}, "name": f"ceph-nova-{zone.zone}"}
        given = {"nodeset_name": f"{zone.zone}-edpm", "ceph_conf": files, "nova": nova}
        write(folder, f"{zone.zone}/values.yaml", values("edpm-nodeset-values-post-ceph", given))


def central_by_other_names(folder: Path) -> None:
    """Central's conf is ceph.conf, and its Glance is called default."""
    in_a_folder(folder, (replace(ZONES[0], cluster="ceph", api="default"), *ZONES[1:]), one=True)


def zones_by_other_names(folder: Path) -> None:
    """Clusters, zones and Glances have three kinds of names."""
    names = (("paris", "cluster_a", "central"), ("lyon", "cluster_b", "edge-lyon"), ("nice", "cluster_c", "edge-nice"))
    in_a_folder(folder, tuple(Zone(i, zone, stem, api) for i, (zone, stem, api) in enumerate(names)))


def inherited(folder: Path) -> None:
    """The template's configuration is that of the central API, which has none of its own."""
    plane = control_plane(one=True)
    template = plane["spec"]["glance"]["template"]
    template["customServiceConfig"] = template["glanceAPIs"]["az0"].pop("customServiceConfig")
    write(folder, "all.yaml", plane, *secrets(), *data_plane())


def one_site(folder: Path) -> None:
    """A central site alone, before its first edge site: nothing is copied anywhere yet."""
    plane = control_plane(ZONES[:1])
    api = plane["spec"]["glance"]["template"]["glanceAPIs"]["az0"]
    api["customServiceConfig"] = api["customServiceConfig"].replace(",copy-image", "")
    write(folder, "all.yaml", plane, *secrets(ZONES[:1]), *data_plane(ZONES[:1]))


def many(folder: Path) -> None:
    in_a_folder(folder, tuple(Zone(i, f"az{i}") for i in range(6)))


def two(folder: Path) -> None:
    in_a_folder(folder, ZONES[:2])


def without_secrets(folder: Path) -> None:
    """The Secrets are kept elsewhere."""
    write(folder, "all.yaml", control_plane(shares=False), *data_plane())


def beside_old_copies(folder: Path) -> None:
    """The control plane and the Secrets as they were before the last site, in files of other names."""
    in_a_folder(folder)
    old = replace(ZONES[1], cluster="once")
    write(folder, "control-plane-old.yaml", control_plane((ZONES[0], old)))
    write(folder, "bak/ceph-secrets.yaml", *secrets((ZONES[0], old)))


def in_secrets(folder: Path) -> None:
    """A site's Glance is configured by a Secret, and another's by one that is kept elsewhere."""
    plane = control_plane(one=True)
    apis = plane["spec"]["glance"]["template"]["glanceAPIs"]
    config = apis["az1"].pop("customServiceConfig")
    apis["az1"]["customServiceConfigSecrets"] = ["glance-az1"]
    apis["az2"]["customServiceConfig"] = "[DEFAULT]\ndebug = True\n"
    apis["az2"]["customServiceConfigSecrets"] = ["glance-az2"]
    data = {"az1.conf": base64.b64encode(config.encode()).decode()}
    write(folder, "all.yaml", plane, *secrets(), *data_plane(), resource("v1", "Secret", "glance-az1", data=data))


def default_backends(folder: Path) -> None:
    """Every Glance calls its own store default_backend."""
    in_a_folder(folder)
    plane = control_plane(one=False)
    for name, api in plane["spec"]["glance"]["template"]["glanceAPIs"].items():
        config = api["customServiceConfig"].replace(f"{name}:rbd", "default_backend:rbd")
        config = config.replace(f"default_backend = {name}", "default_backend = default_backend")
        api["customServiceConfig"] = config.replace(f"[{name}]", "[default_backend]")
    write(folder, "control-plane.yaml", plane)
    for zone in ZONES:
        path = folder / f"{zone.zone}/nodeset.yaml"
        path.write_text(path.read_text().replace(f"store_name={zone.zone}", "store_name=default_backend"))


HEALTHY = {
    "a file for each subject": in_a_folder,
    "answers of oc get": in_answers,
    "inputs beside results": beside_inputs,
    "values only": as_values,
    "ceph.conf and default": central_by_other_names,
    "three kinds of names": zones_by_other_names,
    "an inherited configuration": inherited,
    "beside old copies": beside_old_copies,
    "configured by Secrets": in_secrets,
    "default_backend everywhere": default_backends,
    "one site": one_site,
    "six sites": many,
    "two sites": two,
    "without Secrets": without_secrets,
}
