"""Logs in to Keystone with an entry of clouds.yaml.

All use of a user's file by openstacksdk and keystoneauth happens here. Whatever they raise becomes BadCloud, one line
with the file, the entry and the fix: they have no common exception, and pass on Python's own.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import openstack.connection
import openstack.exceptions
from keystoneauth1 import exceptions
from openstack.config import OpenStackConfig
from openstack.config.cloud_region import CloudRegion

from helpers.openstack import clients as api_clients
from helpers.openstack.answers import API_ERRORS, in_words
from helpers.openstack.clouds_yaml import BadCloud, CloudFiles
from helpers.openstack.session import Session
from helpers.redact import redact, register

# their warnings would be printed before that line
for _library in ("keystoneauth", "openstack"):
    logging.getLogger(_library).addHandler(logging.NullHandler())

_ATTRIBUTE = re.compile(r"(\w+) is a required attribute")
_SECURE = "give it there, or in secure.yaml beside it"
_KEYSTONE = "http://192.0.2.10:5000/v3"


@dataclass(frozen=True)
class Endpoint:
    """An endpoint of the catalog."""

    service: str
    interface: str
    region: str
    url: str


def catalog(connection: openstack.connection.Connection) -> tuple[Endpoint, ...]:
    """The endpoints of the connection's region in the token's catalog."""
    found, region = _of_all_regions(connection), region_of(connection)
    return tuple(endpoint for endpoint in found if endpoint.region in {region, ""}) if region else found


def region_of(connection: openstack.connection.Connection) -> str:
    """The region that the entry names; otherwise that of the first public image service, which clients use then."""
    public = (one for one in _of_all_regions(connection) if (one.service, one.interface) == ("image", "public"))
    return connection.config.get_region_name() or next((one.region for one in public), "")


def _of_all_regions(connection: openstack.connection.Connection) -> tuple[Endpoint, ...]:
    session: Any = connection.session
    access = session.auth.get_access(session)
    return tuple(
        Endpoint(service["type"], endpoint["interface"], endpoint.get("region") or "", endpoint["url"])
        for service in access.service_catalog.catalog
        for endpoint in service["endpoints"]
    )


def log_in(cloud: str, clouds_file: Path | None, api_timeout: float) -> openstack.connection.Connection:
    """Log in, and return the connection.

    :param cloud: the entry of clouds.yaml
    :param clouds_file: None: the places that openstacksdk searches
    :param api_timeout: time limit of a request in seconds
    :raises BadCloud: something is wrong with the file, the entry or the credentials, or Keystone does not answer
    """
    files = CloudFiles.of(clouds_file)
    if problem := files.check(cloud):
        raise BadCloud(redact(problem))
    loader = None
    try:
        loader = _loader(files)
        region = _configured(loader, cloud, api_timeout)
        problem = _missing_file(region.config)
    except Exception as error:  # the boundary, see above
        raise _bad(cloud, files, _of_the_entry(error, _culprit(loader, cloud))) from error
    if problem:
        raise _bad(cloud, files, problem)
    try:
        connection = openstack.connection.Connection(config=region)
        session: Any = connection.session
        session.auth.get_access(session)
        problem = _unknown_region(connection)
    except Exception as error:  # the boundary, see above
        raise _bad(cloud, files, _of_the_login(error, region.config)) from error
    if problem:
        raise _bad(cloud, files, problem)
    try:
        _make_every_client(connection)
    except Exception as error:  # the boundary, see above
        raise _bad(cloud, files, _of_the_entry(error)) from error
    return connection


def _bad(cloud: str, files: CloudFiles, problem: str) -> BadCloud:
    return BadCloud(redact(f"{files}: cloud {cloud!r}: {' '.join(problem.split())}"))


def _loader(files: CloudFiles) -> OpenStackConfig:
    return OpenStackConfig(
        config_files=[str(file) for file in files.clouds],
        secure_files=[str(file) for file in files.secure],
        load_envvars=not files.named,
        session_constructor=cast("Any", Session),
    )


def _configured(loader: OpenStackConfig, cloud: str, api_timeout: float) -> CloudRegion:
    region: CloudRegion = loader.get_one(cloud=cloud, api_timeout=api_timeout)
    auth = region.config.get("auth") or {}
    for name in ("password", "token", "application_credential_secret", "passcode"):
        if auth.get(name):
            register(str(auth[name]))
    return region


def _missing_file(config: Mapping[str, Any]) -> str:
    """The message about a certificate file that the entry names and that does not exist; empty if all exist."""
    checked = bool(config.get("verify", True)) and not config.get("insecure")
    for name in (*(("cacert",) if checked else ()), "cert", "key"):
        if config.get(name) and not Path(str(config[name])).expanduser().exists():
            return f"{name} is {config[name]}, and there is no such file; correct the path, or leave it out"
    return ""


def _unknown_region(connection: openstack.connection.Connection) -> str:
    """The message about a region that is not in the catalog; empty if it is, or if the entry names none."""
    wanted = connection.config.get_region_name()
    there = sorted({endpoint.region for endpoint in _of_all_regions(connection)} - {""})
    if not wanted or not there or wanted in there:
        return ""
    return f"region_name is {wanted!r}, and the catalog has {', '.join(there)}; name one of them"


def _make_every_client(connection: openstack.connection.Connection) -> None:
    """Have the SDK read the entry's settings for each service. This does not ask whether the service exists."""
    image = partial(api_clients.image, url="")
    for make in (api_clients.compute, api_clients.block_storage, api_clients.network, image):
        try:
            make(connection)
        except openstack.exceptions.ConfigException:
            raise
        except API_ERRORS:
            continue


def _culprit(loader: OpenStackConfig | None, cloud: str) -> str:
    """The key without which the entry can be read, because openstacksdk seldom names it. Empty: no single key."""
    entry: Any = loader.cloud_config["clouds"].get(cloud) if loader else None
    for key in list(entry or ()):
        held = entry.pop(key)
        if _is_read(loader, cloud):
            return str(key)
        entry[key] = held
    return ""


def _is_read(loader: OpenStackConfig | None, cloud: str) -> bool:
    try:
        return loader is not None and bool(loader.get_one(cloud=cloud))
    except Exception:  # the boundary, see above
        return False


def _of_the_entry(error: Exception, culprit: str = "") -> str:
    """The problem of the entry and its fix, from what openstacksdk raised."""
    if isinstance(error, exceptions.MissingRequiredOptions):
        missing = ", ".join(option.dest or option.name for option in error.options)
        return f"auth has no {missing}; {_SECURE}"
    if isinstance(error, exceptions.NoMatchingPlugin):
        return f"auth_type {error.name!r} is unknown; leave it out for a password, or use v3applicationcredential"
    if isinstance(error, openstack.exceptions.ConfigException):
        return f"{error}; correct the entry"
    return f"openstacksdk cannot read {culprit or 'the entry'} ({type(error).__name__}: {error}); correct it"


def _of_the_login(error: Exception, config: Mapping[str, Any]) -> str:
    """The reason why there is no token and its fix, from what keystoneauth raised."""
    auth = config.get("auth") or {}
    url, by_token = auth.get("auth_url"), "token" in str(config.get("auth_type"))
    if found := _ATTRIBUTE.search(str(error)):
        return f"auth has no {found[1]}; {_SECURE}"
    if by_token and isinstance(error, exceptions.Unauthorized | exceptions.NotFound):
        return f"Keystone does not accept its token, which may have expired ({error}); get a new one"
    if isinstance(error, exceptions.Unauthorized | exceptions.Forbidden):
        return f"Keystone refuses its credentials ({error}); check user, password and project there"
    if isinstance(error, exceptions.NotFound | exceptions.MethodNotAllowed | exceptions.DiscoveryFailure):
        return f"auth_url {url} does not answer as Keystone does ({error}); name Keystone's, such as {_KEYSTONE}"
    if isinstance(error, exceptions.SSLError):
        return f"no login at Keystone: {in_words(error)}; check auth_url, cacert and cert"
    if isinstance(error, exceptions.ClientException | openstack.exceptions.SDKException):
        return f"no login at Keystone: {in_words(error)}; check auth_url and what else stands there"
    if isinstance(error, AttributeError):  # a plugin that does not use Keystone, such as `none`
        return f"auth_type {config.get('auth_type')} gets no token of Keystone's; use a password or another credential"
    return f"no login at Keystone ({type(error).__name__}: {error}); check what stands there"
