"""Logging in at Keystone with an entry of clouds.yaml.

Everything that openstacksdk and keystoneauth make of a person's file happens here, and whatever they raise is BadCloud,
one line that names the file, the entry and the fix: they have no common exception, and let through what Python raises.
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

# their warnings would be printed before our one line
for _library in ("keystoneauth", "openstack"):
    logging.getLogger(_library).addHandler(logging.NullHandler())

_ATTRIBUTE = re.compile(r"(\w+) is a required attribute")
_SECURE = "give it there, or in secure.yaml beside it"
_KEYSTONE = "http://192.0.2.10:5000/v3"


@dataclass(frozen=True)
class Endpoint:
    """One row of the catalog."""

    service: str
    interface: str
    region: str
    url: str


def catalog(connection: openstack.connection.Connection) -> tuple[Endpoint, ...]:
    """Every endpoint of the connection's region, of the catalog that its token came with."""
    found, region = _of_all_regions(connection), region_of(connection)
    return tuple(endpoint for endpoint in found if endpoint.region in {region, ""}) if region else found


def region_of(connection: openstack.connection.Connection) -> str:
    """The region that the entry names, or that of the first public image service, which is what clients then take."""
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
    """A connection that Keystone has given a token.

    :param cloud: the entry of clouds.yaml
    :param clouds_file: None: where openstacksdk looks
    :param api_timeout: seconds that a request may take
    :raises BadCloud: whatever is wrong: the file, the entry, the credentials, or that no Keystone answers
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
    """The certificate file that the entry names and that is not there, in words; empty where all are."""
    checked = bool(config.get("verify", True)) and not config.get("insecure")
    for name in (*(("cacert",) if checked else ()), "cert", "key"):
        if config.get(name) and not Path(str(config[name])).expanduser().exists():
            return f"{name} is {config[name]}, and there is no such file; correct the path, or leave it out"
    return ""


def _unknown_region(connection: openstack.connection.Connection) -> str:
    """That the entry's region is not one of the catalog's, in words; empty where it is, or where none is named."""
    wanted = connection.config.get_region_name()
    there = sorted({endpoint.region for endpoint in _of_all_regions(connection)} - {""})
    if not wanted or not there or wanted in there:
        return ""
    return f"region_name is {wanted!r}, and the catalog has {', '.join(there)}; name one of them"


def _make_every_client(connection: openstack.connection.Connection) -> None:
    """Have the SDK read what the entry says of each service; whether there is such a service is not asked here."""
    image = partial(api_clients.image, url="")
    for make in (api_clients.compute, api_clients.block_storage, api_clients.network, image):
        try:
            make(connection)
        except openstack.exceptions.ConfigException:
            raise
        except API_ERRORS:
            continue


def _culprit(loader: OpenStackConfig | None, cloud: str) -> str:
    """The key without which the entry could be read: what openstacksdk raises seldom names it. Empty: none alone."""
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
    """What is wrong with the entry, and the fix, from whatever openstacksdk raised when it read it."""
    if isinstance(error, exceptions.MissingRequiredOptions):
        missing = ", ".join(option.dest or option.name for option in error.options)
        return f"auth has no {missing}; {_SECURE}"
    if isinstance(error, exceptions.NoMatchingPlugin):
        return f"auth_type {error.name!r} is unknown; leave it out for a password, or use v3applicationcredential"
    if isinstance(error, openstack.exceptions.ConfigException):
        return f"{error}; correct the entry"
    return f"openstacksdk cannot read {culprit or 'the entry'} ({type(error).__name__}: {error}); correct it"


def _of_the_login(error: Exception, config: Mapping[str, Any]) -> str:
    """Why there is no token, and the fix, from whatever keystoneauth raised."""
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
    if isinstance(error, AttributeError):  # a plugin that asks no Keystone, such as `none`
        return f"auth_type {config.get('auth_type')} gets no token of Keystone's; use a password or another credential"
    return f"no login at Keystone ({type(error).__name__}: {error}); check what stands there"
