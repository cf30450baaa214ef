"""Write an environment file from what is there: `dcn-verify discover --cloud NAME … > environment.yaml`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from helpers.discovery import document, outline
from helpers.discovery.access import Access
from helpers.discovery.assemble import discover
from helpers.discovery.cloud_view import Ask
from helpers.discovery.document import Choices
from helpers.discovery.found import BadInput, Discovery
from helpers.discovery.outline import Outline
from helpers.environment import BadEnvironment, Ssh, load_environment
from helpers.openstack.answers import API_ERRORS, in_words
from helpers.openstack.clouds_yaml import BadCloud
from helpers.openstack.login import log_in
from helpers.redact import redact
from helpers.ssh.config import BadSshConfig
from helpers.tripleo.layout import NoDeploymentFiles, read

_EXAMPLES = """\
With the files of a TripleO deployment:
  dcn-verify discover --cloud overcloud --deployment-files ~ --ssh-config ssh_config > environment.yaml
Without any, one machine of each site suffices:
  dcn-verify discover --cloud overcloud --ssh-config ssh_config \\
      --ssh-host central=control-plane-controller-0 --ssh-host dcn0=dcn0-distributedcomputehci-0 > environment.yaml
Everything is only read. What could not be found stands in the file as a comment that says what to fill in.
"""
_API_TIMEOUT = 20.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns 0 if a file was written, even with gaps, and 4 for bad input, with one line."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    try:
        choices = _choices(options)
        found = _discover(_outlines(options), choices, options)
        written = document.text(found, choices, _sources(options))
        missing = document.to_fill_in(found)
        if not missing:
            _check(written)
    except (BadInput, BadCloud, BadEnvironment, BadSshConfig, NoDeploymentFiles) as error:
        sys.stderr.write("".join(f"discovery: {redact(line)}\n" for line in str(error).splitlines()))
        return 4
    sys.stdout.write(redact(written))
    sites = ", ".join(site.name for site in found.sites)
    left = f"to fill in: {', '.join(missing)}" if missing else "nothing is left to fill in"
    build = f"; to build the image: dcn-verify image {document.BUILT}" if choices.builds_image else ""
    sys.stderr.write(f"discovery: {len(found.sites)} sites ({sites}); {left}{build}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dcn-verify discover",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cloud", required=True, metavar="NAME", help="the entry of clouds.yaml, an administrator's")
    parser.add_argument("--clouds-file", type=Path, metavar="FILE", help="default: where openstacksdk looks")
    parser.add_argument("--deployment-files", type=Path, metavar="DIR", help="holds control-plane/, dcn0/, …")
    parser.add_argument(
        "--ssh-host",
        action="append",
        default=[],
        metavar="SITE=HOST",
        help="a machine of a site, as ssh_config calls it; once for each site where there are no deployment files",
    )
    parser.add_argument("--central", metavar="SITE", help="the central site, where nothing else tells")
    ssh = parser.add_argument_group("how machines are reached")
    ssh.add_argument("--ssh-config", type=Path, metavar="FILE")
    ssh.add_argument("--ssh-user", metavar="NAME", help="default: what ssh_config says")
    ssh.add_argument("--known-hosts", type=Path, metavar="FILE", help="default: what ssh_config says")
    ssh.add_argument("--no-host-key-check", action="store_true", help="accept any host key")
    ssh.add_argument("--no-sudo", action="store_true", help="the user may read everything without sudo")
    ssh.add_argument(
        "--allow-unreachable", action="store_true", help="go on without machines that do not answer, by what files say"
    )
    parser.add_argument(
        "--undercloud", metavar="HOST", help="where the stacks can be asked for, as ssh_config calls it"
    )
    chosen = parser.add_argument_group("what is to be chosen; left out, the run creates it")
    image = chosen.add_mutually_exclusive_group()
    image.add_argument("--image-uri", metavar="URL", help="a small bootable image that central's Glance can download")
    image.add_argument(
        "--image-file", type=Path, metavar="FILE", help="one on this machine; default: what `dcn-verify image` builds"
    )
    chosen.add_argument("--flavor", metavar="NAME")
    chosen.add_argument("--network", metavar="NAME", help='a name for all sites, "{site}-network", or none')
    chosen.add_argument("--console-booted", metavar="TEXT", help="what the guest writes when it is up")
    chosen.add_argument("--console-marker", metavar="TEXT", help="the line in which it says who booted before")
    return parser


def _sites_and_hosts(given: Sequence[str]) -> list[tuple[str, str]]:
    found = []
    for value in given:
        site, equals, host = value.partition("=")
        if not (site and equals and host):
            raise BadInput(f"--ssh-host: {value!r} is not SITE=HOST, such as dcn0=dcn0-distributedcomputehci-0")
        found.append((site, host))
    return found


def _choices(options: argparse.Namespace) -> Choices:
    ssh = Ssh(
        config=_file("--ssh-config", options.ssh_config),
        user=options.ssh_user,
        sudo=not options.no_sudo,
        known_hosts=_file("--known-hosts", options.known_hosts),
        check_host_keys=not options.no_host_key_check,
    )
    clouds_file = _file("--clouds-file", options.clouds_file)
    given = os.environ.get("OS_CLIENT_CONFIG_FILE")
    if clouds_file is None and given:
        clouds_file = _file("OS_CLIENT_CONFIG_FILE", Path(given))
    return Choices(
        cloud=options.cloud,
        clouds_file=clouds_file,
        ssh=ssh,
        image_uri=options.image_uri,
        image_file=_file("--image-file", options.image_file),
        flavor=options.flavor,
        network=options.network,
        booted=options.console_booted,
        marker=options.console_marker,
        undercloud=options.undercloud,
        deployment_files=_folder(options),
    )


def _file(option: str, path: Path | None) -> Path | None:
    """The file's absolute path, because the environment file may be placed anywhere.

    :raises BadInput: it cannot be read
    """
    if path is None:
        return None
    found = _expanded(option, path)
    try:
        with found.open("rb"):
            return found
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput(f"{option}: {path}: {reason.lower()}") from error


def _folder(options: argparse.Namespace) -> Path | None:
    given: Path | None = options.deployment_files
    return None if given is None else _expanded("--deployment-files", given)


def _expanded(option: str, path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        raise BadInput(f"{option}: {path}: there is no such user here") from None


def _outlines(options: argparse.Namespace) -> tuple[Outline, ...]:
    hosts = _sites_and_hosts(options.ssh_host)
    if folder := _folder(options):
        outlines = outline.from_files(read(folder))
        outlines = outline.with_hosts(outlines, hosts)
    else:
        outlines = outline.from_hosts(hosts)
    if not outlines:
        raise BadInput("give --deployment-files DIR, or --ssh-host SITE=HOST once for each site")
    return outlines


def _discover(outlines: Sequence[Outline], choices: Choices, options: argparse.Namespace) -> Discovery:
    connection = log_in(choices.cloud, choices.clouds_file, _API_TIMEOUT)
    access = Access(choices.ssh)
    try:
        return discover(
            outlines,
            Ask(connection, choices.cloud),
            access,
            central=options.central,
            allow_unreachable=options.allow_unreachable,
        )
    except API_ERRORS as error:
        raise BadInput(f"cloud {choices.cloud!r} does not answer as it must: {in_words(error)}") from error
    finally:
        access.close()
        connection.close()


def _sources(options: argparse.Namespace) -> list[str]:
    files = [f"the deployment files in {options.deployment_files}"] if options.deployment_files else []
    hosts = [f"{host} of {site}" for site, host in _sites_and_hosts(options.ssh_host)]
    return [*files, *hosts, f"the answers of the cloud {options.cloud}", "and a look at each machine"]


def _check(written: str) -> None:
    """Check that the written file can be loaded.

    :raises BadInput: a given or discovered value is not valid in an environment file
    """
    with tempfile.TemporaryDirectory(prefix="dcn-verify-") as folder:
        path = Path(folder, "environment.yaml")
        path.write_text(written, encoding="utf-8")
        Path(folder, document.BUILT).write_bytes(b"not built yet")
        try:
            load_environment(path)
        except BadEnvironment as error:
            raise BadInput(f"the file would not be accepted: {error.key}: {error.problem}") from None
