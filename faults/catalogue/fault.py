"""One entry of the catalogue of faults."""

from __future__ import annotations

from dataclasses import dataclass

from faults.catalogue.where import Kind

#: Claims that fail where images cannot be copied to a site: imports to several stores, copies, and their removal.
NO_COPY = "B2 B3 B7 B8"


@dataclass(frozen=True)
class Fault:
    """One way in which a deployment can be wrong.

    `title` says what is broken. `source` says who has met it: a row of the specification (`claims A8`), a number in the
    list of real-world failures (`known-failures 25`) or a bug on Launchpad (`LP1959186`). `site` says where it is, in
    the words of `where`. The claims in `must` have to fail. Those in `may` have been observed to fail as a consequence.
    Any other failing claim is noise. With `read_only`, the checks that create nothing detect it. With `unknown`, the
    fault makes it impossible to decide whether the claims in `must` hold, and each of them must be reported as unknown.
    """

    name: str
    title: str
    source: str
    site: Kind
    must: frozenset[str]
    may: frozenset[str] = frozenset()
    read_only: bool = False
    unknown: bool = False

    def __str__(self) -> str:
        return self.name


def fault(
    name: str,
    title: str,
    *,
    source: str,
    site: Kind,
    must: str,
    may: str = "",
    read_only: bool = False,
    unknown: bool = False,
) -> Fault:
    """Return an entry. `must` and `may` are claims, separated by spaces."""
    wanted, possible = frozenset(must.split()), frozenset(may.split())
    return Fault(name, title, source, site, wanted, possible - wanted, read_only, unknown)
