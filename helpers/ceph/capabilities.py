"""What a cephx user may do, as far as another site's Glance needs it to copy images.

Sources: Ceph's "User management"; the grammar and the profiles in src/osd/OSDCap.cc and src/mon/MonCap.cc.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from helpers.environment.sections import Ceph

#: The guide's capabilities; `profile rbd` follows for each pool.
_OF_THE_GUIDE = frozenset({"mgr: allow *", "mon: profile rbd"})
_MON_READ, _CHILDREN = "mon: read", "osd: class-read of rbd_children in every pool"
_WHAT = {"r": "read", "w": "write", "c": "class-read", "C": "class-write"}
_READ_WRITE = frozenset(_WHAT)
_OF_OSD_WORD = {"*": _READ_WRITE, "all": _READ_WRITE, "class-read": frozenset("c"), "class-write": frozenset("C")}
_OF_OSD_PROFILE = {"rbd": _READ_WRITE, "rbd-read-only": frozenset("rc")}
_MON_PROFILES = frozenset({"rbd", "rbd-read-only", "rbd-mirror", "simple-rados-client", "read-only", "read-write"})


def compared(caps: Mapping[str, str], ceph: Ceph) -> tuple[frozenset[str], frozenset[str]]:
    """What the user that other sites have may do, and what it should be: both the same where all is well.

    A user that serves nothing else has exactly the capabilities of the guide. Of a user that serves more, only those
    rights are told that copying images needs.
    """
    if ceph.client_is_dedicated:
        pools = (ceph.pools.vms, ceph.pools.volumes, ceph.pools.images)
        seen = {f"{daemon}: {grant}" for daemon, text in caps.items() for grant in _grants(text)}
        return frozenset(seen), _OF_THE_GUIDE | {f"osd: profile rbd pool={pool}" for pool in pools}
    pool = ceph.pools.images
    needed = frozenset({_MON_READ, _CHILDREN, *(f"osd: {what} in {pool}" for what in _WHAT.values())})
    seen = {*_of_mon(caps.get("mon", "")), *_of_osd(caps.get("osd", ""), pool)}
    return needed & seen, needed


def _grants(text: str) -> list[str]:
    return [grant.strip() for grant in re.split("[,;]", text) if grant.strip()]


def _of_mon(text: str) -> Iterator[str]:
    for grant in _grants(text):
        words = grant.split()
        if "profile" in words[:-1]:
            reads = words[words.index("profile") + 1] in _MON_PROFILES
        else:  # `allow command …` and `allow service …` are no right to read the maps
            reads = len(words) > 1 and (words[1] in {"*", "all"} or bool(re.fullmatch("r[wx]*", words[1])))
        if reads:
            yield _MON_READ


def _of_osd(text: str, pool: str) -> Iterator[str]:
    for grant in _grants(text):
        where, rights, profile = _parsed(grant)
        everywhere = not where.keys() - {"network", "tag"} and where.get("tag", "rbd") == "rbd"
        here = everywhere or (where.get("pool") == pool and not where.keys() - {"pool", "network"})
        if here:
            yield from (f"osd: {_WHAT[right]} in {pool}" for right in rights)
        children = where.keys() <= {"object_prefix"} and "rbd_children".startswith(where.get("object_prefix", ""))
        if profile or ("c" in rights and (children or everywhere)):
            yield _CHILDREN


def _parsed(grant: str) -> tuple[dict[str, str], frozenset[str], bool]:
    """Where a grant holds, what it permits there, and whether it is a profile of RBD's.

    The place is before the rights or behind them, as `allow rwx pool=images`, `allow pool images rwx`.
    """
    keys = "pool|namespace|object_prefix|network|tag"
    where = dict(re.findall(rf"\b({keys})[ =]+\"?([^\s\"]+)\"?", grant))
    words = re.sub(rf"\b({keys})[ =]+\S+", "", grant).split()
    if "profile" in words[:-1]:
        rights = _OF_OSD_PROFILE.get(words[words.index("profile") + 1], frozenset())
        return where, rights, bool(rights)
    found = set[str]()
    for word in words[1:] if words[:1] == ["allow"] else ():
        if word in _OF_OSD_WORD:
            found |= _OF_OSD_WORD[word]
        elif re.fullmatch("[rwx]+", word):
            found |= set(word.replace("x", "cC"))
        elif word == "class":  # single methods of a class
            break
    return where, frozenset(found), False
