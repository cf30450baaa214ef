"""A reader of the guide at a terminal, who types its lines word for word."""

from __future__ import annotations

import ast
import os
import pty
import shlex
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.environment import load_environment
from helpers.wait import wait_until

#: the image that the guide imports
CIRROS = "http://download.cirros-cloud.net/0.4.0/cirros-0.4.0-x86_64-disk.img"
#: the nodes on which the guide's lines are typed
CENTRAL, DCN0, DCN1 = "control-plane-controller-0", "dcn0-distributedcomputehci-0", "dcn1-distributedcomputehci-0"
PROPERTIES = "openstack image show $IMAGE_ID -f value -c properties"
#: node → the command that lists the images of its site's cluster
IMAGES_AT = {
    CENTRAL: "sudo podman exec ceph-mon-$(hostname) rbd --cluster central -p images ls -l",
    DCN0: (
        "sudo podman exec ceph-mon-$(hostname) rbd --id external --keyring /etc/ceph/dcn0.client.external.keyring "
        "--conf /etc/ceph/dcn0.conf -p images ls -l"
    ),
    DCN1: (
        "sudo podman exec ceph-mon-$(hostname) rbd --id external --keyring /etc/ceph/dcn1.client.external.keyring "
        "--conf /etc/ceph/dcn1.conf -p images ls -l"
    ),
}
SERVERS_AT_DCN1 = IMAGES_AT[DCN1].replace("-p images", "-p vms")
VOLUMES_AT_DCN0 = "sudo podman exec ceph-mon-$HOSTNAME rbd --cluster dcn0 -p volumes ls -l"
_HEADING = "NAME SIZE PARENT FMT PROT LOCK"
#: seconds for one line, and for the operation that a line starts
_PATIENCE = 180.0


@dataclass(frozen=True)
class Reader:
    """Uses the files that a deployment leaves for people in `folder`, and the clients in `commands`.

    `uri` is the address of the image that replaces the guide's CirrOS.
    """

    folder: Path
    commands: Path
    uri: str

    @property
    def stores(self) -> set[str]:
        """The stores that the deployment's central Glance must list."""
        return {str(site.store) for site in load_environment(self.folder / "environment.yaml").storage_sites}

    def types(self, line: str, **variables: str) -> str:
        """The output of a line at the terminal, after the rc file was sourced, with these variables in the shell."""
        rc = shlex.quote(str(self.folder / "control-planerc"))
        return self._run(["bash", "-c", f"source {rc}; {line}"], variables)

    def sets(self, assignment: str) -> str:
        """The value that a line assigns to a variable."""
        name = assignment.partition("=")[0]
        return self.types(f'{assignment}; echo "${name}"').strip()

    def waits(self, words: str, line: str, **variables: str) -> str:
        """Repeat a line until it prints these words. Fails if it prints an error."""
        return wait_until(
            lambda: self.types(line, **variables),
            lambda text: words in text,
            failed=lambda text: text.strip() if "error" in text.lower() else None,
            timeout=_PATIENCE,
            what=f"{words!r} in: {line}",
        )

    def properties_of(self, image: str) -> dict[str, Any]:
        """The image's properties. The guide calls them JSON, but the client prints a Python literal."""
        found: dict[str, Any] = ast.literal_eval(self.types(PROPERTIES, IMAGE_ID=image))
        return found

    def stores_of(self, image: str) -> set[str]:
        """The stores in the image's properties. Their order has no meaning."""
        return set(str(self.properties_of(image).get("stores", "")).split(",")) - {""}

    def waits_for_stores(self, expected: set[str], image: str) -> None:
        """Poll the image until it is in exactly these stores."""
        what = f"stores {expected} of {image}"
        wait_until(lambda: self.stores_of(image), expected.__eq__, timeout=_PATIENCE, what=what)

    def types_on(self, node: str, line: str) -> str:
        """The output of a line on a node, over SSH."""
        config = str(self.folder / "ssh_config")
        return self._run(["ssh", "-F", config, "-o", "BatchMode=yes", node, line], {})

    def rows_on(self, node: str, line: str, name: str) -> list[list[str]]:
        """The rows of `rbd ls -l` with this text in the name. The heading is checked."""
        # rbd prints no heading for an empty pool
        heading, *rows = self.types_on(node, line).splitlines() or [_HEADING]
        assert heading.split() == _HEADING.split()
        return [row.split() for row in rows if name in row.split()[0]]

    def waits_for_rows(self, expected: list[list[str]], node: str, line: str, name: str) -> None:
        """List until the rows are as expected. A guest locks its disk only when it first writes to it."""
        wait_until(
            lambda: self.rows_on(node, line, name), expected.__eq__, timeout=_PATIENCE, what=f"{expected} in: {line}"
        )

    def _run(self, command: list[str], variables: dict[str, str]) -> str:
        own = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        environment = own | {"PATH": f"{self.commands}:{os.environ['PATH']}", "COLUMNS": "400"} | variables
        # without a terminal, glanceclient uploads its standard input as an image
        with closing(_Terminal()) as terminal:
            ended = subprocess.run(  # noqa: S603
                command,
                env=environment,
                stdin=terminal.reader,
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                check=False,
            )
        assert ended.returncode == 0, f"{command[-1]}\n{ended.stdout}{ended.stderr}"
        return ended.stdout


class _Terminal:
    """A terminal without input."""

    def __init__(self) -> None:
        self._keyboard, self.reader = pty.openpty()

    def close(self) -> None:
        os.close(self._keyboard)
        os.close(self.reader)


def mebibytes(size: int) -> list[str]:
    """A size in whole MiB as `rbd` prints it."""
    return [str(size // 1024**2), "MiB"]
