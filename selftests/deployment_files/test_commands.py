"""The deploy commands in scripts: their stack, and their files in order."""

import pytest

from helpers.tripleo.commands import Command, commands

SCRIPT = """\
#!/bin/bash
export STACK="dcn0"
# openstack overcloud deploy --stack old -e old.yaml
if [[ ! -e ~/$STACK.yaml ]]; then echo "it's
gone"; fi
time openstack overcloud -v deploy --templates ~/templates \\
     --stack $STACK --environment-file=~/${STACK}/az.yaml \\
     -e ../central_ceph_external.yaml \\
     -e "glance.yaml" 2>&1 | tee log
openstack overcloud deploy -e /home/stack/overcloud/ceph.yaml
"""


def test_commands_of_a_script() -> None:
    """Variables are expanded. Comments, other commands and multi-line quotes are ignored."""
    first, second = commands("dcn0/deploy.sh", SCRIPT)

    assert first.stack == "dcn0"
    assert first.environments == ("~/dcn0/az.yaml", "../central_ceph_external.yaml", "glance.yaml")
    assert second == Command("dcn0/deploy.sh", "overcloud", ("/home/stack/overcloud/ceph.yaml",))


@pytest.mark.parametrize(
    ("written", "file"),
    [
        ("glance.yaml", "dcn0/glance.yaml"),
        ("./glance.yaml", "dcn0/glance.yaml"),
        ("../central.yaml", "central.yaml"),
        ("~/dcn0/glance.yaml", "dcn0/glance.yaml"),
        ("$HOME/dcn0/glance.yaml", "dcn0/glance.yaml"),
        ("/home/stack/templates/dcn0/glance.yaml", "dcn0/glance.yaml"),
        ("~/dcn0/glance.yaml", "home/stack/dcn0/glance.yaml"),
    ],
)
def test_file_is_named(written: str, file: str) -> None:
    """A path names a file relative to the script or to the home, whose folder may be above or below the given one."""
    assert Command("dcn0/deploy.sh", "dcn0", (written,)).order([file]) == {file: 0}


@pytest.mark.parametrize("written", ["~/dcn1/glance.yaml", "~/glance.yaml", "other/glance.yaml", "$SITE/glance.yaml"])
def test_another_file_is_not_named(written: str) -> None:
    """A file of the same name in another folder is not the named one."""
    assert Command("dcn0/deploy.sh", "dcn0", (written,)).order(["dcn0/glance.yaml"]) == {}


def test_later_place_counts() -> None:
    """The position of a file that is given twice is the last one."""
    given = Command("deploy.sh", "dcn0", ("dcn0/a.yaml", "dcn0/b.yaml", "dcn0/a.yaml"))

    assert given.order(["dcn0/a.yaml", "dcn0/b.yaml"]) == {"dcn0/a.yaml": 2, "dcn0/b.yaml": 1}
