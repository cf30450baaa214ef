"""The command: bad input is one line, secrets are not printed, nothing is changed, and doubts are remarks."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from helpers.discovery import command
from helpers.environment import BadEnvironment, load_environment
from helpers.nodes.node import Node
from selftests.discovery.meaning import choices, discovery
from selftests.simulator.conftest import Running, running

HOSTS = ("--ssh-host=central=control-plane-controller-0", "--ssh-host=dcn0=dcn0-distributedcomputehci-0")


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    """The exit code, output and errors of the command, run in this process."""
    code = command.main(list(map(str, arguments)))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--deployment-files=/nowhere"], "/nowhere does not exist: give the folder that holds control-plane/"),
        (["--deployment-files={empty}"], "holds no stack's files"),
        ([], "give --deployment-files DIR, or --ssh-host SITE=HOST"),
        (["--ssh-host=dcn0"], "'dcn0' is not SITE=HOST"),
        ([*HOSTS, "--cloud=nope"], "clouds.yaml: clouds has no entry 'nope'"),
        ([*HOSTS, "--ssh-config=/nowhere"], "--ssh-config: /nowhere: no such file or directory"),
        ([*HOSTS, "--clouds-file=/nowhere"], "--clouds-file: /nowhere: no such file or directory"),
        ([*HOSTS, "--clouds-file=~nosuchuser/x"], "--clouds-file: ~nosuchuser/x: there is no such user here"),
        (["--deployment-files=~nosuchuser/x"], "--deployment-files: ~nosuchuser/x: there is no such user here"),
        ([*HOSTS, "--ssh-host=dcn9=127.0.0.1"], "127.0.0.1 (127.0.0.1:22): "),
        ([*HOSTS, "--central=dcn7"], "--central: no site dcn7; sites here: central, dcn0"),
        ([*HOSTS, "--image-uri=guest.qcow2"], "image.uri: 'guest.qcow2' is not an http(s) URL"),
        (["--deployment-files={files}", "--ssh-host=dcn7=x"], "no site dcn7 in the deployment files; sites there: "),
        (["--deployment-files={edge}"], "no central stack (control-plane/) among dcn0: give its files too"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_4(
    given: list[str], says: str, options: list[str], files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bad input is one line with the mistake and the fix, and exit code 4. No file is written."""
    folders = {name: tmp_path / name for name in ("empty", "edge")} | {"files": files}
    folders["empty"].mkdir()
    shutil.copytree(files / "dcn0", folders["edge"] / "dcn0")

    code, out, err = run(capsys, *options, *(each.format(**folders) for each in given))

    assert (code, out, len(err.splitlines()), says in err) == (4, "", 1, True), err


def test_broken_file_is_named(options: list[str], files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A broken deployment file is reported, and its contents are not guessed."""
    (files / "dcn0/az.yaml").write_text("parameter_defaults: [")

    code, out, err = run(capsys, *options, "--deployment-files", files)

    assert (code, out, "dcn0/az.yaml" in err, "not YAML" in err) == (4, "", True, True), err


def test_machine_that_does_not_answer(options: list[str], files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A machine that does not answer is one line and exit code 4 or, if allowed, is described by its inventory."""
    inventory = files / "dcn0/inventory.yaml"
    content = yaml.safe_load(inventory.read_text())
    hosts = content["DistributedComputeHCI"]["hosts"]
    hosts["dcn0-gone"] = {"ansible_host": "127.0.1.99", "storage_ip": "127.0.1.99"}
    inventory.write_text(yaml.safe_dump(content))

    refused = run(capsys, *options, "--deployment-files", files)
    allowed = run(capsys, *options, "--deployment-files", files, "--allow-unreachable")

    assert (refused[0], refused[1], len(refused[2].splitlines())) == (4, "", 1)
    assert "dcn0-gone (127.0.1.99:22): refused" in refused[2]
    node = yaml.safe_load(allowed[1])["sites"]["dcn0"]["nodes"]["dcn0-gone"]
    assert node == {"address": "127.0.1.99", "roles": ["glance", "ceph-mon", "compute", "cinder-volume"]}
    assert "Remark: dcn0-gone (127.0.1.99:22): refused" in allowed[1]


@pytest.mark.parametrize("source", ["files", "hosts"])
def test_no_secret_is_printed(source: str, deployment: Running, options: list[str]) -> None:
    """No key and no password is printed, neither in the file nor in messages."""
    folder = deployment.folder
    keys = set(re.findall(r"AQ\S{38}", "".join(p.read_text() for p in (folder / "deployment-files").rglob("*.y*ml"))))
    password = yaml.safe_load((folder / "clouds.yaml").read_text())["clouds"]["dcn-sim"]["auth"]["password"]

    done = discovery(*options, *(HOSTS if source == "hosts" else ["--deployment-files", folder / "deployment-files"]))

    assert (done.returncode, len(keys)) == (0, 4)
    assert [secret for secret in (*keys, password) if secret in done.stdout + done.stderr] == []


def test_everything_is_only_read(
    deployment: Running, options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The cloud is only queried by GET, except for the token, and commands on machines only read."""
    requested: set[tuple[str, str]] = set()
    commands: set[tuple[str, ...]] = set()
    request, execute = requests.Session.request, Node.run

    def noted_request(self: requests.Session, method: str, url: str, **more: Any) -> Any:
        requested.add((method, url))
        return request(self, method, url, **more)

    def noted_run(self: Node, *argv: str, deadline: float | None = None) -> Any:
        commands.add(argv)
        return execute(self, *argv, deadline=deadline)

    monkeypatch.setattr(requests.Session, "request", noted_request)
    monkeypatch.setattr(Node, "run", noted_run)

    code, _, _ = run(capsys, *options, *HOSTS)

    assert code == 0
    assert {url.rsplit("/v3", 1)[-1] for method, url in requested if method != "GET"} == {"/auth/tokens"}
    # `env … stat` and `cat` of files, lists of containers, and queries of monitors
    reading = r"(?:(?:podman|docker) exec \S+ )?(?:hostname|env LC_ALL=C stat .*|cat -- \S+)"
    asking = r"(?:podman|docker) exec \S+ ceph .* (?:fsid|quorum_status .*)"
    listing = r"(?:podman|docker) ps .*"
    lines = {shlex.join(argv) for argv in commands}
    assert {line for line in lines if not re.fullmatch(f"{reading}|{asking}|{listing}", line)} == set()
    assert len(lines) > 10


def test_what_is_left_out_is_created_by_the_run(
    deployment: Running, files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without choices, nothing is left to fill in: the image is to be built, and comments name what there is."""
    options = ["--cloud", "dcn-sim", "--clouds-file", str(deployment.folder / "clouds.yaml")]
    options += ["--ssh-config", str(deployment.folder / "ssh_config"), "--deployment-files", str(files)]

    code, out, err = run(capsys, *options)

    assert (code, "nothing is left to fill in; to build the image: dcn-verify image guest.qcow2\n" in err) == (0, True)
    assert re.search("flavor: auto +# there are: small, tiny\n", out)
    assert re.search("network: auto +# there are: central-network, dcn0-network, dcn1-network\n", out)
    path = tmp_path / "environment.yaml"
    path.write_text(out)
    with pytest.raises(BadEnvironment, match=r"image\.file: .*guest\.qcow2 does not exist"):
        load_environment(path)
    (tmp_path / "guest.qcow2").write_text("built")
    assert load_environment(path).image.local == tmp_path / "guest.qcow2"


def test_an_image_on_this_machine_is_named_by_its_whole_path(
    deployment: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wherever the file is written to, the image is found; its format is known by its name."""
    (tmp_path / "mine.raw").write_text("image")
    monkeypatch.chdir(tmp_path)
    options = ["--cloud", "dcn-sim", "--clouds-file", str(deployment.folder / "clouds.yaml"), "--image-file=mine.raw"]

    code, out, err = run(capsys, *options, "--ssh-config", str(deployment.folder / "ssh_config"), *HOSTS)

    image = yaml.safe_load(out)["image"]
    assert (code, image["file"], image["disk_format"]) == (0, str(tmp_path / "mine.raw"), "raw"), err
    assert "console" not in image


@pytest.mark.parametrize(
    ("file", "old", "new", "remark"),
    [
        (
            "dcn0/az.yaml",
            "Zone: dcn0",
            "Zone: elsewhere",
            "the files say zone elsewhere, its compute nodes are in dcn0",
        ),
        ("dcn0/ceph-ansible/group_vars/all.yml", "fsid: ", "fsid: 0", "FSIDs differ: the files 0"),
        ("control-plane/glance_update.yaml", "    dcn0:\n", "    edge:\n", "store: the files say edge, by FSID"),
        ("dcn0/glance.yaml", "BackendID: dcn0", "BackendID: local", "local_store: the files say local, by FSID"),
        ("dcn0/glance.yaml", "    central:\n", "    middle:\n", "central_store: the files say middle, by FSID"),
    ],
)
def test_files_that_say_otherwise_are_a_remark(
    file: str, old: str, new: str, remark: str, options: list[str], files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the cloud differs from the deployment files, the files' value is used, and a remark names the other."""
    content = (files / file).read_text()
    assert old in content
    (files / file).write_text(content.replace(old, new))

    code, out, _ = run(capsys, *options, "--deployment-files", files)

    assert (code, remark in out.replace("\n    # ", " ")) == (0, True), out


def test_site_that_nobody_gave_is_a_remark(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A remark names a store of central on a cluster of none of the sites: a site was forgotten."""
    code, out, _ = run(capsys, *options, HOSTS[0])

    assert (code, "central's Glance has store dcn0 on a cluster with FSID" in out.replace("\n# ", " ")) == (0, True)


def test_monitor_without_an_address_is_a_remark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A monitor without an address in the map is named in a remark, and is none of the machines."""
    with running(tmp_path / "deployment", "--dcn", "1", "--fault", "monitor-without-an-address") as found:
        hosts = [f"--ssh-host={name}={next(iter(site['nodes']))}" for name, site in found.environment["sites"].items()]
        code, out, err = run(capsys, *choices(found.environment, found.folder), *hosts)

    said = "cluster dcn0: monitor hci-9 has no address in the cluster's map"
    assert (code, said in out, "Traceback" in err) == (0, True, False), out + err
    assert "hci-9:" not in out
