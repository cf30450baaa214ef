"""One entry of the catalogue of faults."""

from __future__ import annotations

from dataclasses import dataclass

from faults.catalogue.where import Kind

#: What fails where images cannot be copied to a site: imports to several stores, copies, and what is deleted of them.
NO_COPY = "B2 B3 B7 B8"


@dataclass(frozen=True)
class Fault:
    """One way in which a deployment can be wrong.

    `title` says what is broken, `source` who has met it: a row of the specification (`claims A8`), a number of
    the list of failures seen in the real world (`known-failures 25`), a bug of Launchpad (`LP1959186`).
    `site` says where it is; `where` explains the words. Claims in `must` have to fail; those in `may` have been seen to
    fail as a consequence, and any other claim that fails is noise. With `read_only` it is looked for by the checks that
    create nothing. With `unknown` nobody can tell any more whether the claims in `must` hold, and that has to be said
    of each.
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
    """An entry; `must` and `may` are claims with blanks between them."""
    wanted, possible = frozenset(must.split()), frozenset(may.split())
    return Fault(name, title, source, site, wanted, possible - wanted, read_only, unknown)
