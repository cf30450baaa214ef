"""The environment file: the result of a valid one, and the line for each mistake."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.environment import BadEnvironment, load_environment
from helpers.environment.places import pairs, place

EXAMPLES = Path(__file__).parents[2] / "environments"

GOOD: dict[str, Any] = {
    "cloud": "dcn-lab",
    "image": {"uri": "http://192.0.2.10:8099/guest.qcow2"},
    "sites": {
        "central": {
            "central": True,
            "availability_zone": "nova",
            "store": "default_backend",
            "glance": "http://192.0.2.10:9292",
            "ceph": {"cluster": "central", "min_mons": 1},
            "nodes": {"control-plane-controller-0": {"address": "192.0.2.10", "roles": ["glance", "ceph-mon"]}},
        },
        "dcn0": {
            "availability_zone": "dcn0",
            "store": "dcn0",
            "glance": "http://192.0.2.20:9292/",
            "ceph": {"cluster": "dcn0"},
            "nodes": {"dcn0-hci-0": {"address": "192.0.2.20", "roles": ["compute"]}},
        },
        "dcn2": {"availability_zone": "dcn2"},
    },
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def write_it(content: str | bytes) -> Path:
        path = tmp_path / "environment.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_it


def changed(key: str, value: object) -> str:
    """The valid file with one value changed (or removed, for `...`). `key` is a path with `/` as separator."""
    document = copy.deepcopy(GOOD)
    *way, last = key.split("/")
    place = document
    for part in way:
        place = place.setdefault(part, {})
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return yaml.safe_dump(document, sort_keys=False)


def mistake(path: Path) -> str:
    with pytest.raises(BadEnvironment) as caught:
        load_environment(path)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"{path}: ")
    return line.removeprefix(f"{path}: ")


@pytest.mark.parametrize("name", ["tripleo.example.yaml", "site-without-storage.example.yaml"])
def test_the_examples_load(name: str, tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / name, tmp_path)
    for named in ("clouds.yaml", "ssh_config", "known_hosts"):
        (tmp_path / named).touch()
    environment = load_environment(tmp_path / name)
    assert environment.central.store == "default_backend"
    assert environment.dcn_storage_sites[0].central_store == "central"
    assert all(site.nodes for site in environment.sites)


def test_the_example_of_a_shared_glance_loads() -> None:
    environment = load_environment(EXAMPLES / "shared-glance.example.yaml")

    assert environment.glance_sites == (environment.central,)
    assert [site.name for site in environment.dcn_storage_sites] == ["dcn0"]


def test_a_minimal_file_has_tripleos_defaults(write: Callable[[str], Path]) -> None:
    environment = load_environment(write(yaml.safe_dump(GOOD, sort_keys=False)))
    central, dcn0, dcn2 = environment.sites
    assert environment.central is central
    assert environment.dcn_sites == (dcn0, dcn2)
    assert environment.storage_sites == (central, dcn0)
    assert [str(site) for site in environment.sites] == ["central", "dcn0", "dcn2"]
    assert (central.store, central.local_store, central.central_store) == ("default_backend",) * 3
    assert (dcn0.store, dcn0.local_store, dcn0.central_store) == ("dcn0", "dcn0", "central")
    assert (dcn2.store, dcn2.local_store, dcn2.central_store, dcn2.glance, dcn2.ceph) == (None,) * 5
    assert not dcn2.has_storage
    assert dcn0.glance == "http://192.0.2.20:9292"
    assert dcn0.ceph is not None
    assert (dcn0.ceph.runtime, dcn0.ceph.mon_container, dcn0.ceph.min_mons) == ("detect", None, 3)
    assert dcn0.ceph.client == "external"
    assert environment.services["glance"].config == ("/etc/glance/glance-api.conf",)
    assert environment.timeouts.import_ == 300
    assert environment.network_of(dcn0) is None
    assert {dcn0: 1}[dcn0] == 1, "sites serve as keys"


@pytest.mark.parametrize(
    ("given", "cluster"), [(None, "dcn0"), ("none", None), ("dcn", "dcn"), ("dcn@tripleo_ceph", "dcn")]
)
def test_cluster_of_volume_services(write: Callable[[str], Path], given: str | None, cluster: str | None) -> None:
    environment = load_environment(write(changed("sites/dcn0/cinder_cluster", given)))

    assert [site.cinder_cluster for site in environment.sites] == [None, cluster, None]


def test_what_is_not_declared_has_a_default(write: Callable[[str], Path]) -> None:
    environment = load_environment(write(yaml.safe_dump(GOOD, sort_keys=False)))

    assert (environment.undercloud, environment.deployment_files, environment.pairs) == (None, None, ())


def test_stacks_are_called_as_in_the_document(write: Callable[[str], Path]) -> None:
    environment = load_environment(write(changed("undercloud", {"host": "undercloud"})))

    assert environment.undercloud is not None
    assert (environment.undercloud.user, environment.undercloud.rc) == (None, "stackrc")
    assert environment.undercloud.stacks == ("control-plane", "dcn0", "dcn2")


def test_the_folder_of_deployment_files_is_beside_the_file(write: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()

    assert load_environment(write(changed("deployment_files", "files"))).deployment_files == tmp_path / "files"


def with_dcn1(key: str, value: object) -> str:
    """The valid file with a second DCN site with storage, and one value changed."""
    dcn1 = {**GOOD["sites"]["dcn0"], "store": "dcn1", "glance": "http://192.0.2.30:9292"}
    dcn1["nodes"] = {"dcn1-hci-0": {"address": "192.0.2.30", "roles": ["compute"]}}
    return yaml.safe_dump({**GOOD, "sites": {**GOOD["sites"], "dcn1": dcn1}, key: value}, sort_keys=False)


def test_a_site_may_use_central_s_glance(write: Callable[[str], Path]) -> None:
    environment = load_environment(write(changed("sites/dcn0/glance", "http://192.0.2.10:9292/")))
    dcn0 = environment.site("dcn0")

    assert (dcn0.glance, dcn0.store, dcn0.local_store, dcn0.central_store) == (
        "http://192.0.2.10:9292",
        "dcn0",
        None,
        None,
    )
    assert (dcn0.has_storage, dcn0.has_glance) == (True, False)
    assert environment.glance_sites == (environment.central,)


def test_a_site_may_have_a_glance_and_no_storage(write: Callable[[str], Path]) -> None:
    environment = load_environment(write(changed("sites/dcn2/glance", "http://192.0.2.40:9292")))
    dcn2 = environment.site("dcn2")

    assert (dcn2.has_storage, dcn2.has_glance) == (False, True)
    assert dcn2 in environment.glance_sites
    assert dcn2 not in environment.storage_sites


def test_a_site_s_only_glance_may_be_for_services(write: Callable[[str], Path]) -> None:
    site = {name: value for name, value in GOOD["sites"]["dcn0"].items() if name != "glance"}
    site["glance_internal"] = "http://192.0.2.20:9293"
    dcn0 = load_environment(write(changed("sites/dcn0", site))).site("dcn0")

    assert (dcn0.glance, dcn0.glance_internal, dcn0.has_glance) == ("http://192.0.2.20:9293", None, True)
    assert not dcn0.users_import


def test_no_internal_glance_is_beside_central_s(write: Callable[[str], Path]) -> None:
    shared = {**GOOD["sites"]["dcn0"], "glance": "http://192.0.2.10:9292", "glance_internal": "http://192.0.2.20:9293"}
    said = mistake(write(changed("sites/dcn0", shared)))

    assert said.startswith("sites.dcn0.glance_internal: is given beside central's glance; leave glance out if")


def test_no_site_uses_the_glance_of_another_dcn_site(write: Callable[[str], Path]) -> None:
    said = mistake(write(changed("sites/dcn2/glance", "http://192.0.2.20:9292")))

    assert said.startswith("sites.dcn2.glance: 'http://192.0.2.20:9292' is the Glance of dcn0 too; give the site's own")


def test_a_site_without_a_glance_has_no_stores_at_it(write: Callable[[str], Path]) -> None:
    shared = {**GOOD["sites"]["dcn0"], "glance": "http://192.0.2.10:9292", "central_store": "central"}
    said = mistake(write(changed("sites/dcn0", shared)))

    assert said.startswith("sites.dcn0.central_store: is given for a site without a Glance of its own; take it out")


@pytest.mark.parametrize(
    ("declared", "made"),
    [(None, ["dcn0-dcn1", "dcn1-dcn0"]), ([["dcn1", "dcn0"]], ["dcn1-dcn0"])],
    ids=["ring", "declared"],
)
def test_round_trips_are_those_declared_or_a_ring(
    write: Callable[[str], Path], declared: list[list[str]] | None, made: list[str]
) -> None:
    environment = load_environment(write(with_dcn1("pairs", declared)))

    assert [str(pair) for pair in pairs(environment)] == made
    assert str(place(environment, "dcn1-dcn0")) == "dcn1-dcn0"


@pytest.mark.parametrize("declared", [None, [["dcn0", "dcn1"]]], ids=["ring", "declared"])
def test_no_round_trip_leads_to_a_site_without_compute(write: Callable[[str], Path], declared: object) -> None:
    """A site of storage only is left out of the ring, and is refused in a declared pair."""
    path = write(with_dcn1("pairs", declared).replace("- compute", "- glance"))

    if declared is None:
        assert pairs(load_environment(path)) == ()
    else:
        assert mistake(path) == "pairs.0: 'dcn0' has no node with the role compute, so no server can boot there"


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ([["dcn0", "dcn9"]], "pairs.0: no site 'dcn9'; DCN sites with storage: dcn0, dcn1"),
        ([["dcn0", "dcn0"]], "pairs.0: 'dcn0' is paired with itself; a round trip leads to another site"),
        ([["dcn0", "dcn2"]], "pairs.0: 'dcn2' has no storage; DCN sites with storage: dcn0, dcn1"),
        ([["central", "dcn0"]], "pairs.0: 'central' is the central site; DCN sites with storage: dcn0, dcn1"),
        ([["dcn0", "dcn1"]] * 2, "pairs.1: [dcn0, dcn1] has the test id of pairs.0; keep one of them"),
        ([["dcn0", "dcn1", "dcn0"]], "pairs.0: names 3 sites; write a pair as [origin, target]"),
        (["dcn0-dcn1"], "pairs.0: 'dcn0-dcn1' is not a list; write it as [one, two]"),
        ([], "pairs: is an empty list; name at least one"),
    ],
)
def test_a_bad_pair_is_one_line(write: Callable[[str], Path], declared: list[object], said: str) -> None:
    assert mistake(write(with_dcn1("pairs", declared))) == said


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({}, "undercloud.host: is missing; add it"),
        ({"host": "undercloud:22"}, "undercloud.host: 'undercloud:22' is neither an IP address nor a host name"),
        ({"host": "undercloud", "stack": ["dcn0"]}, "undercloud.stack: unknown key; did you mean `stacks`?"),
        ({"host": "undercloud", "stacks": []}, "undercloud.stacks: is an empty list; name at least one"),
        ({"host": "undercloud", "stacks": ["dcn0"] * 2}, "undercloud.stacks.1: 'dcn0' stands twice; keep one of them"),
        ({"host": "undercloud", "stacks": ["dcn 0"]}, "undercloud.stacks.0: 'dcn 0' is not a stack's name"),
    ],
)
def test_a_bad_undercloud_is_one_line(write: Callable[[str], Path], declared: dict[str, object], said: str) -> None:
    assert mistake(write(changed("undercloud", declared))).startswith(said)


@pytest.mark.parametrize(("folder", "said"), [("nowhere", "does not exist"), ("environment.yaml", "is not a folder")])
def test_deployment_files_are_a_folder(write: Callable[[str], Path], tmp_path: Path, folder: str, said: str) -> None:
    found = mistake(write(changed("deployment_files", folder)))

    assert found.startswith(f"deployment_files: {tmp_path / folder} {said}; ")


def test_roles_and_nodes_are_found_by_name(write: Callable[[str], Path]) -> None:
    environment = load_environment(write(yaml.safe_dump(GOOD, sort_keys=False)))
    (node,) = environment.central.nodes_with("ceph-mon")
    assert node is environment.node("control-plane-controller-0")
    assert (node.address, node.site) == ("192.0.2.10", "central")
    assert environment.site("dcn0").nodes_with("ceph-mon") == ()
    with pytest.raises(KeyError, match=r"no site dcn7 .*sites there: central, dcn0, dcn2"):
        environment.site("dcn7")
    with pytest.raises(ValueError, match="no role 'ceph_mon'"):
        environment.central.nodes_with("ceph_mon")


def test_one_changed_service_keeps_the_other_defaults(write: Callable[[str], Path]) -> None:
    environment = load_environment(write(changed("services/glance", {"container": None})))
    assert environment.services.glance.container is None
    assert environment.services.glance.config == ("/etc/glance/glance-api.conf",)
    assert environment.services.nova_compute.container == "nova_compute"
    with pytest.raises(KeyError, match="no service heat; services here: glance"):
        environment.services["heat"]


def test_a_site_may_have_a_service_elsewhere(write: Callable[[str], Path]) -> None:
    """What its own entry does not say is as at all sites."""
    services = {"glance": {"container": "glance_of_all"}, "libvirt": {"container": "libvirt_of_all"}}
    own = {"glance": {"container": None}, "nova_compute": {"config": ["/etc/nova/nova.conf.d/x.conf"]}}
    document = yaml.safe_load(changed("services", services))
    document["sites"]["dcn0"]["services"] = own
    environment = load_environment(write(yaml.safe_dump(document, sort_keys=False)))
    here, others = environment.site("dcn0").services, environment.central.services

    assert (here.glance.container, others.glance.container) == (None, "glance_of_all")
    assert here.glance.config == others.glance.config
    assert here.nova_compute.config == ("/etc/nova/nova.conf.d/x.conf",)
    assert here.nova_compute.container == others.nova_compute.container
    assert here.libvirt.container == "libvirt_of_all"


def test_the_network_may_be_the_sites(write: Callable[[str], Path]) -> None:
    environment = load_environment(write(changed("network", "{site}-network")))
    assert environment.network_of(environment.site("dcn0")) == "dcn0-network"


def test_paths_are_relative_to_the_file(write: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").touch()
    (tmp_path / "ssh_config").touch()
    text = changed("clouds_file", "clouds.yaml") + "ssh: {config: ssh_config}\n"
    environment = load_environment(write(text))
    assert environment.clouds_file == tmp_path / "clouds.yaml"
    assert environment.ssh.config == tmp_path / "ssh_config"


EXPLODING = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdef", "bcdefg", strict=True)
)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("", "is empty; see environments/ for examples", id="empty"),
        pytest.param("# only a comment\n", "is empty; see environments/ for examples", id="comment"),
        pytest.param("cloud: a\nsites: [\n", "is not YAML: line 3, column 1: ", id="broken"),
        pytest.param("cloud: a\n\tb: c\n", "is not YAML: line 2, column 1: ", id="tab"),
        pytest.param("cloud: !!python/object:os.system x\n", "is not YAML: line 1, column 8: ", id="tag"),
        pytest.param("a: *b\n", "is not YAML: line 1, column 4: found undefined alias", id="no such anchor"),
        pytest.param("a: 1\n---\nb: 2\n", "holds several YAML documents; keep one", id="documents"),
        pytest.param("- a\n- b\n", "holds a list at the top; ", id="list"),
        pytest.param("just words\n", "holds the single value 'just words' at the top", id="scalar"),
        pytest.param("a: 2024-13-45\n", "a: line 1: '2024-13-45' is no timestamp that YAML can take", id="date"),
        pytest.param("a: [!!int '']\n", "a.0: line 1: '' is no int that YAML can take; put it in quotes", id="int"),
        pytest.param('"a\\nb": 1\ncloud: a\n', "a b: unknown key; ", id="a line break in a key"),
        pytest.param("a: !!timestamp x\n", "a: line 1: 'x' is no timestamp that YAML can take", id="timestamp"),
        pytest.param(f"a: {'9' * 5000}\n", "a: line 1: '99999", id="5,000 digits"),
        pytest.param(b"\x7fELF\x02\x01\x00\xff\xfe", "is not text: ", id="binary"),
        pytest.param(b"cloud: a\0b\n", "is not text: it holds null bytes", id="null byte"),
        pytest.param("cloud: a\x07\n", "is not YAML: character 0x7 at position 8", id="control"),
        pytest.param("#" * 1_100_000, "is larger than 1048576 bytes", id="huge"),
        pytest.param("a: " + "[" * 1200, "is nested too deeply", id="deep"),
        pytest.param(EXPLODING, "f: grows to more than 100000 values by its aliases", id="aliases"),
        pytest.param("a: &a [*a]\n", "a.0: is an alias that holds itself", id="recursive"),
        pytest.param("cloud: a\ncloud: b\n", "cloud: stands twice, in lines 1 and 2", id="duplicate"),
        pytest.param("ssh: {user: a, user: b}\n", "ssh.user: stands twice, in lines 1 and 1", id="in one line"),
        pytest.param(
            "sites:\n  a: {}\n  b: {}\n  a: {}\n",
            "sites.a: stands twice, in lines 2 and 4",
            id="duplicate site",
        ),
    ],
)
def test_a_file_that_is_no_environment(
    content: str | bytes, expected: str, write: Callable[[str | bytes], Path]
) -> None:
    assert mistake(write(content)).startswith(expected)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    assert mistake(tmp_path / "none.yaml").startswith("there is no such file; name one with --environment")
    assert mistake(tmp_path) == "is a folder; name the environment file itself"


def node(address: str) -> dict[str, Any]:
    return {"address": address, "roles": []}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("cloud", ..., "cloud: is missing; add it"),
        ("cloud", "", "cloud: is empty; give it a value"),
        ("cloud", 7, "cloud: 7 is not text; put it in quotes".replace("7 ", "'7' ")),
        ("clouds", "x", "clouds: unknown key; did you mean `cloud`?"),
        ("zebra", "x", "zebra: unknown key; keys here: cloud, tenant, clouds_file, ssh, "),
        ("ssh", "heat-admin", "ssh: 'heat-admin' is not a mapping; "),
        ("ssh/check-host-keys", False, "ssh.check-host-keys: unknown key; did you mean `check_host_keys`?"),
        ("ssh/sudo", "yes please", "ssh.sudo: 'yes please' is neither true nor false"),
        ("ssh/deadline", 0, "ssh.deadline: '0' is too small; it must be more than 0"),
        ("ssh/deadline", "60", "ssh.deadline: '60' is not a whole number"),
        ("ssh/deadline", 10**20, "ssh.deadline: '100000000000000000000' is too large; it must be at most 1000000"),
        ("ssh/deadline", 1e20, "ssh.deadline: '1e+20' is not a whole number"),
        ("network", "{site", "network: '{site': only {site} may stand in braces, for the site's name"),
        ("network", "{foo}-network", "network: '{foo}-network': only {site} may stand in braces, for the site's name"),
        (
            "clouds_file",
            "~nosuchuser/clouds.yaml",
            "clouds_file: ~nosuchuser/clouds.yaml is in the home of a ",
        ),
        ("ssh/config", "none", "ssh.config: "),
        ("ssh/password", "hunter2hunter2", "ssh.password: unknown key; keys here: config"),
        ("timeouts/import_", 5, "timeouts.import_: unknown key; did you mean `import`?"),
        ("image", None, "image: is empty; write `key: value` lines below it"),
        ("image/uri", ..., "image.uri: is missing; add it, or `file`"),
        ("image/file", "guest.qcow2", "image.file: is given, and `uri` too; leave one of them out"),
        ("image/port", 8099, "image.port: is for `file`; leave it out, and write the port into `uri`"),
        ("image/port", 65536, "image.port: '65536' is too large; it must be at most 65535"),
        ("image", {"file": "guest.qcow2"}, "image.file: /"),
        ("image", {"file": "/dev/null"}, "image.file: /dev/null is empty; name an image"),
        ("image/uri", "guest.qcow2", "image.uri: 'guest.qcow2' is not an http(s) URL; write it like http://"),
        ("image/uri", "http://a:99999/x", "image.uri: 'http://a:99999/x' is not a URL (Port out of range"),
        ("image/uri", "http://me:hunter2@a/x", "image.uri: 'http://me:***@a/x' holds credentials; "),
        ("image/disk_format", "qcow", "image.disk_format: 'qcow' is not one of qcow2, raw, "),
        ("ceph_warnings", "ignore", "ceph_warnings: 'ignore' is not one of fail, warn"),
        ("services/glance/config", [], "services.glance.config: is an empty list; name at least one"),
        (
            "services/glance/config",
            ["etc/x"],
            "services.glance.config.0: 'etc/x' is a file on the node; give its abs",
        ),
        ("services/glanse", {}, "services.glanse: unknown key; did you mean `glance`?"),
        (
            "sites/dcn0/glance_internal",
            "http://192.0.2.20:9292",
            "sites.dcn0.glance_internal: is the URL of `glance` too; leave it out where there is only one Glance",
        ),
        (
            "other_stores",
            ["archive", "dcn0"],
            "other_stores.1: 'dcn0' is a store of site dcn0; name stores of no site here",
        ),
        ("other_stores", "archive", "other_stores: 'archive' is not a list; write it as [one, two]"),
        ("sites", {}, "sites: is empty; declare the central site"),
        (
            "sites/central/central",
            False,
            "sites: none of central, dcn0, dcn2 has `central: true`; exactly one",
        ),
        ("sites/dcn0/central", True, "sites: central and dcn0 each have `central: true`; exactly one"),
        (
            "sites/dcn0/store",
            "default_backend",
            "sites.dcn0.store: 'default_backend' is the store of central too",
        ),
        ("sites/dcn0/store", ..., "sites.dcn0.store: is missing, though ceph is given; a site has both"),
        ("sites/dcn0/glance", ..., "sites.dcn0.glance: is missing; name the site's own Glance, or central's where"),
        ("sites/central/ceph", ..., "sites.central.ceph: is missing; the central site has storage"),
        ("sites/dcn2/store", "dcn2", "sites.dcn2.ceph: is missing, though store is given"),
        ("sites/dcn2/local_store", "x", "sites.dcn2.local_store: is given for a site without storage"),
        ("sites/dcn2/cinder_cluster", "x", "sites.dcn2.cinder_cluster: is given for a site without storage"),
        ("sites/central/central_store", "x", "sites.central.central_store: is for DCN sites"),
        ("sites/dcn0/central_store", "dcn0", "sites.dcn0.central_store: 'dcn0' is the site's own store too"),
        (
            "sites/dcn0/glance",
            "http://192.0.2.20:9292/v2",
            "sites.dcn0.glance: 'http://192.0.2.20:9292/v2' is not the",
        ),
        (
            "sites/dcn0/ceph/mon-container",
            "x",
            "sites.dcn0.ceph.mon-container: unknown key; did you mean `mon_cont",
        ),
        (
            "sites/dcn0/ceph/mon_container",
            "ceph-{host}",
            "sites.dcn0.ceph.mon_container: 'ceph-{host}': only {hostn",
        ),
        ("sites/dcn0/ceph/cluster", "a b", "sites.dcn0.ceph.cluster: 'a b' is not a name of Ceph's"),
        (
            "sites/dcn0/ceph/client",
            "client.external",
            "sites.dcn0.ceph.client: 'client.external' is not a name of Ce",
        ),
        (
            "sites/dcn0/ceph/runtime",
            "containerd",
            "sites.dcn0.ceph.runtime: 'containerd' is not one of podman, dock",
        ),
        (
            "sites/dcn0/services",
            {"heat": {"container": "heat"}},
            "sites.dcn0.services.heat",
        ),
        (
            "sites/dcn0/via",
            "dcn0-9",
            "sites.dcn0.via: 'dcn0-9' is no node; name one of this site's: ",
        ),
        (
            "sites/dcn0/nodes",
            {"one": {"address": "local"}, "two": {"address": "local"}},
            "sites.dcn0.nodes.two.address: 'local' is the address of one too",
        ),
        (
            "sites/dcn0/ceph/pools/image",
            "x",
            "sites.dcn0.ceph.pools.image: unknown key; did you mean `images`?",
        ),
        (
            "sites/dcn0/nodes/dcn0-hci-0/roles",
            ["ceph_mon"],
            "sites.dcn0.nodes.dcn0-hci-0.roles.0: 'ceph_mon' is not o",
        ),
        (
            "sites/dcn0/nodes/dcn0-hci-0/roles",
            "glance",
            "sites.dcn0.nodes.dcn0-hci-0.roles: 'glance' is not a list",
        ),
        (
            "sites/dcn0/nodes/dcn0-hci-0/address",
            "192.0.2.10",
            "sites.dcn0.nodes.dcn0-hci-0.address: '192.0.2.10' is t",
        ),
        (
            "sites/dcn0/nodes/dcn0-hci-0/address",
            "192.0.2.999",
            "sites.dcn0.nodes.dcn0-hci-0.address: '192.0.2.999' is",
        ),
        (
            "sites/dcn0/nodes/dcn0-hci-0/address",
            "a:22",
            "sites.dcn0.nodes.dcn0-hci-0.address: 'a:22' is neither an",
        ),
        (
            "sites/dcn0/nodes/control-plane-controller-0",
            node("192.0.2.21"),
            "sites.dcn0.nodes.control-plane-controlle",
        ),
        (
            "sites/dcn0/nodes/-oProxyCommand=x",
            node("192.0.2.21"),
            "sites.dcn0.nodes.-oProxyCommand=x: '-oProxyComman",
        ),
        (
            "sites/dcn 3",
            {"availability_zone": "a"},
            "sites.dcn 3: 'dcn 3' cannot stand in a test's id; use letters",
        ),
        ("sites/dcn[3]", {"availability_zone": "a"}, "sites.dcn[3]: 'dcn[3]' cannot stand in a test's id"),
        ("sites/not", {"availability_zone": "a"}, "sites.not: 'not' cannot stand in a test's id"),
        ("sites/DCN0", {"availability_zone": "a"}, "sites.DCN0: differs from 'dcn0' in case only"),
        ("sites/dcn3", None, "sites.dcn3: is empty; write `key: value` lines below it"),
    ],
)
def test_a_mistake_names_its_key_and_the_fix(
    key: str, value: object, expected: str, write: Callable[[str], Path]
) -> None:
    line = mistake(write(changed(key, value)))
    assert line.startswith(expected)
    assert "hunter2" not in line


def test_a_site_named_by_a_number_is_to_be_quoted(write: Callable[[str], Path]) -> None:
    text = yaml.safe_dump(GOOD, sort_keys=False).replace("  dcn2:", "  2:")
    assert mistake(write(text)) == "sites.2: '2' is not text; put it in quotes"


def test_several_mistakes_are_counted(write: Callable[[str], Path]) -> None:
    text = changed("cloud", 7) + "flavour: tiny\nnetwrok: x\n"
    assert mistake(write(text)) == "flavour: unknown key; did you mean `flavor`? (and 2 more mistakes)"


@pytest.mark.parametrize(("key", "name"), [("clouds_file", "clouds.yaml"), ("ssh/config", "ssh_config")])
def test_a_named_file_that_is_not_there(key: str, name: str, write: Callable[[str], Path], tmp_path: Path) -> None:
    line = mistake(write(changed(key, name)))
    assert line.startswith(f"{key.replace('/', '.')}: {tmp_path / name} does not exist")
    (tmp_path / name).mkdir()
    assert mistake(write(changed(key, name))).endswith("is a folder; name a file")


def test_known_hosts_matter_only_where_they_are_checked(write: Callable[[str], Path]) -> None:
    ssh: dict[str, object] = {"known_hosts": "none"}
    assert mistake(write(changed("ssh", ssh))).startswith("ssh.known_hosts: ")
    assert load_environment(write(changed("ssh", {**ssh, "check_host_keys": False}))).ssh.check_host_keys is False


@pytest.mark.parametrize("mistake_in_it", ["Port abc\n", "Include {folder}/ssh_config\n", "Host a\n Hostnme b\n"])
def test_a_mistake_in_ssh_config(mistake_in_it: str, write: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "ssh_config").write_text(mistake_in_it.format(folder=tmp_path))
    assert mistake(write(changed("ssh", {"config": "ssh_config"}))).startswith(f"ssh.config: {tmp_path}/ssh_config")


def test_a_key_that_is_not_there_is_the_logins_business(write: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "ssh_config").write_text("IdentityFile ~/.ssh/id_not_there\n")
    environment = load_environment(write(changed("ssh", {"config": "ssh_config"})))
    assert environment.ssh.config == tmp_path / "ssh_config"


def test_a_hundred_sites_load_in_a_moment(write: Callable[[str], Path]) -> None:
    document = copy.deepcopy(GOOD)
    for number in range(3, 103):
        document["sites"][f"dcn{number}"] = {
            "availability_zone": f"dcn{number}",
            "store": f"dcn{number}",
            "glance": f"http://dcn{number}.example.com:9292",
            "ceph": {"cluster": f"dcn{number}"},
            "nodes": {f"dcn{number}-hci-0": {"address": f"198.51.100.{number}", "roles": ["ceph-mon"]}},
        }
    environment = load_environment(write(yaml.safe_dump(document)))
    assert len(environment.dcn_storage_sites) == 101
    assert environment.limits.central == 4 + len(environment.sites) // 4
    document["limits"] = {"central": 3}
    assert load_environment(write(yaml.safe_dump(document))).limits.central == 3
