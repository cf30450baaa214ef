"""E7: custom resources of OpenStack on OpenShift, or kolla-ansible's files, agree with each other.

There is one test for each check and site. `helpers/declared/checks.py` names the checks; `-k` selects by these names.
Requires: --deployment-files DIR.
"""

from fixtures.plugin.claims import claim
from fixtures.plugin.declared import block_unread
from helpers.declared.checks import DeclaredCheck
from helpers.declared.sites import Declaration, Site
from helpers.tripleo.findings import NotGiven, listing


@claim("E7")
def test_declared_files_are_readable(declaration: Declaration) -> None:
    """Every resource and configuration is what its reader takes."""
    findings = list(declaration.declared.unreadable)

    assert findings == [], listing(findings)


@claim("E7")
def test_central_site_is_declared(declaration: Declaration) -> None:
    """One site is the central one: a Glance for users, and its own store, are among the files."""
    block_unread(declaration)
    if not declaration.declared.glances:
        raise NotGiven("no Glance is among the files")

    assert [site.name for site in declaration.sites if site.central] != [], "no Glance with a store is among the files"


def test_declared_files_agree(declaration: Declaration, declared_check: DeclaredCheck, declared_site: Site) -> None:
    """The check finds no mistake at this site; reports quote the check's own statement in place of this one."""
    block_unread(declaration)

    findings = declared_check.function(declaration, declared_site)

    assert findings == [], listing(findings)
