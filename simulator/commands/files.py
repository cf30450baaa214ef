"""Commands that read files and streams: cat, stat, ls, test, the checksums, and the host's name."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from functools import partial

from simulator.commands.shell import COMMANDS, Call, Output, command
from simulator.world.content import Content
from simulator.world.nodes import File

_CEPH_TOOLS = {"rbd", "ceph", "rados"}
_STAGING = "/var/lib/glance/staging"
_IDS = {"root": 0, "glance": 42415, "nova": 42436, "cinder": 42407, "ceph": 167}


def _file(call: Call, path: str) -> File | None:
    return call.node.file(path, call.container)


def may_read(call: Call, file: File) -> bool:
    """Return whether the user of the call may read the file."""
    # every user here has their own group
    bit = 0o400 if call.user == file.owner else 0o040 if call.user == file.group else 0o004
    return call.user == "root" or bool(file.mode & bit)


def _reason(call: Call, path: str) -> str | None:
    """Return the C library's message why the file cannot be read, or None if it can."""
    file = _file(call, path)
    if file is None:
        return "Is a directory" if call.node.directory(path, call.container) else "No such file or directory"
    return None if may_read(call, file) else "Permission denied"


@command("cat")
async def _cat(call: Call) -> Output:
    paths = [word for word in call.args if not word.startswith("-")]
    if not paths:
        return Output(call.stdin)
    out, err = "", ""
    for path in paths:
        reason = _reason(call, path)
        file = _file(call, path)
        if reason or file is None:
            err += f"cat: {path}: {reason}\n"
        else:
            out += file.read()
    return Output(out.encode(), err, 1 if err else 0)


@command("stat")
async def _stat(call: Call) -> Output:
    words = list(call.args)
    form, paths = "%n", []
    while words:
        word = words.pop(0)
        if word in ("-c", "-Lc", "--format", "--printf"):
            form = words.pop(0)
        elif word.startswith(("--format=", "--printf=")):
            form = word.split("=", 1)[1]
        elif not word.startswith("-"):
            paths.append(word)
    out, err = "", ""
    for path in paths:
        file = _file(call, path)
        if file is None:
            if not call.node.directory(path, call.container):
                err += f"stat: cannot statx '{path}': No such file or directory\n"
                continue
            file, kind = File("", mode=0o755), "directory"
        else:
            kind = "regular file"
        values = {
            "%n": path,
            "%U": file.owner,
            "%G": file.group,
            "%u": str(_IDS.get(file.owner, 0)),
            "%g": str(_IDS.get(file.group, 0)),
            "%a": f"{file.mode:o}",
            "%s": str(len(file.read().encode())),
            "%F": kind,
            "%f": f"{(0o100000 if kind == 'regular file' else 0o040000) | file.mode:x}",
            "%A": _symbolic(file.mode, kind),
            "%Y": str(file.changed),
            "%Z": str(file.changed),
            "%z": f"{datetime.fromtimestamp(file.changed, UTC):%Y-%m-%d %H:%M:%S}.000000000 +0000",
        }
        line = re.sub(r"%[a-zA-Z]", partial(_value, values), form)
        out += line.replace("\\n", "\n").replace("\\0", "\0") if "--printf" in call.argv else line + "\n"
    return Output(out.encode(), err, 1 if err else 0)


def _value(values: dict[str, str], match: re.Match[str]) -> str:
    return values.get(match[0], "?")


def _symbolic(mode: int, kind: str) -> str:
    bits = "".join(letter if mode & (1 << (8 - at)) else "-" for at, letter in enumerate("rwxrwxrwx"))
    return ("d" if kind == "directory" else "-") + bits


@command("ls")
async def _ls(call: Call) -> Output:
    paths = [word for word in call.args if not word.startswith("-")] or ["."]
    out, err = "", ""
    for path in paths:
        names = [path] if _file(call, path) else call.node.directory(path, call.container)
        glance = call.world.sites[call.node.site].glance
        staging = glance is not None and path.rstrip("/") == _STAGING
        if glance is not None and staging:
            names = sorted(glance.staging)
        if not names and not staging:
            err += f"ls: cannot access '{path}': No such file or directory\n"
        out += "".join(f"{name}\n" for name in names)
    return Output(out.encode(), err, 2 if err else 0)


@command("test", "[")
async def _test(call: Call) -> Output:
    words = [word for word in call.args if word != "]"]
    negated = words[:1] == ["!"]
    flag, path = (words[1:] if negated else words)[:2]
    file = _file(call, path)
    directory = bool(call.node.directory(path, call.container))
    true = {
        "-e": file is not None or directory,
        "-f": file is not None,
        "-d": directory,
        "-r": file is not None and may_read(call, file),
        "-s": file is not None and bool(file.read()),
        "-n": bool(path),
        "-z": not path,
    }.get(flag, False)
    return Output(status=int(true == negated))


@command("sha512sum", "sha256sum", "sha1sum", "md5sum")
async def _digest(call: Call) -> Output:
    algorithm = call.name.removesuffix("sum")
    paths = [word for word in call.args if not word.startswith("-")]
    if paths:
        if reason := _reason(call, paths[0]):
            return call.fails(f"{paths[0]}: {reason}")
        file = _file(call, paths[0])
        call.stdin = file.read().encode() if file else b""
    content = call.stdin if isinstance(call.stdin, Content) else Content.of(call.stdin)
    digest = await asyncio.to_thread(content.digest, algorithm)
    return Output(f"{digest}  {paths[0] if paths else '-'}\n".encode())


@command("wc")
async def _wc(call: Call) -> Output:
    if "-c" in call.args:
        size = call.stdin.size if isinstance(call.stdin, Content) else len(call.stdin)
        return Output(f"{size}\n".encode())
    return Output(f"{len(Output(call.stdin).bytes().splitlines())}\n".encode())


@command("head", "tail")
async def _head(call: Call) -> Output:
    numbers = [word.lstrip("-cn") for word in call.args if word.lstrip("-cn").isdecimal()]
    count = int(numbers[0]) if numbers else 10
    data, paths = Output(call.stdin).bytes(), [word for word in call.args if word.startswith("/")]
    if paths:
        if reason := _reason(call, paths[0]):
            return call.fails(f"cannot open '{paths[0]}' for reading: {reason}")
        file = _file(call, paths[0])
        data = file.read().encode() if file else b""
    if any(word.startswith("-c") for word in call.args):
        return Output(data[:count] if call.name == "head" else data[-count:])
    lines = data.splitlines(keepends=True)
    return Output(b"".join(lines[:count] if call.name == "head" else lines[-count:]))


@command("grep")
async def _grep(call: Call) -> Output:
    """Search standard input or files for fixed words, or with -E for one regular expression.

    -l lists files, and -m limits the lines.
    """
    words, patterns, others, most, flags = list(call.args), list[str](), list[str](), None, ""
    while words:
        word = words.pop(0)
        if word == "--":
            others += words
            break
        if word == "-e":
            patterns.append(words.pop(0))
        elif word == "-m":
            most = int(words.pop(0))
        elif word.startswith("-"):
            flags += word[1:]
        else:
            others.append(word)
    patterns = patterns or [others.pop(0)]
    found = partial(_matching, patterns, regular="E" in flags)
    if not others:
        lines = found(Output(call.stdin).bytes().decode(errors="replace"))[:most]
        return Output("".join(lines).encode(), status=int(not lines))
    out, err = "", ""
    for path in others:
        file = _file(call, path)
        if (reason := _reason(call, path)) or file is None:
            err += f"grep: {path}: {reason}\n"
            continue
        lines = found(file.read())[:most]
        prefix = f"{path}:" if "H" in flags or len(others) > 1 else ""
        out += f"{path}\n" if lines and "l" in flags else "".join(f"{prefix}{line.rstrip()}\n" for line in lines)
    return Output(out.encode(), err, 2 if err else int(not out))


def _matching(patterns: list[str], text: str, *, regular: bool) -> list[str]:
    lines = text.splitlines(keepends=True)
    if regular:
        return [line for line in lines if re.search(patterns[0].replace("[[:space:]]", r"\s"), line)]
    return [line for line in lines if any(one in line for one in patterns)]


@command("find")
async def _find(call: Call) -> Output:
    """Support `( -type d -o -type f )` without recursion, with -printf of type, mode, owner and path."""
    words = [word for word in call.args if word not in ("-L", "(", ")")]
    options = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    folders = words[:options]
    out, err = "", ""
    for folder in folders:
        names = call.node.directory(folder, call.container)
        if not names:
            err += f"find: '{folder}': No such file or directory\n"
            continue
        out += f"d|755|root|{folder}\n"
        for name in names:
            file = _file(call, path := f"{folder}/{name}")
            if file:
                out += f"f|{file.mode:o}|{file.owner}|{path}\n"
    return Output(out.encode(), err, int(bool(err)))


@command("tr")
async def _tr(call: Call) -> Output:
    r"""Support only `tr -d '\n'`."""
    return Output(Output(call.stdin).bytes().replace(b"\n", b""))


@command("cut")
async def _cut(call: Call) -> Output:
    """Support only `cut -c1-N`."""
    last = int(call.args[0].removeprefix("-c1-"))
    lines = Output(call.stdin).bytes().decode(errors="replace").splitlines()
    return Output("".join(f"{line[:last]}\n" for line in lines).encode())


@command("sed")
async def _sed(call: Call) -> Output:
    """Support only `sed -n 's/PATTERN//p' FILE`."""
    _, script, path = call.args
    if reason := _reason(call, path):
        return Output(stderr=f"sed: can't read {path}: {reason}\n", status=2)
    pattern = script.split("/")[1].replace("[[:space:]]", r"\s")
    file = _file(call, path)
    lines = [
        re.sub(pattern, "", line) for line in (file.read() if file else "").splitlines() if re.search(pattern, line)
    ]
    return Output("".join(f"{line}\n" for line in lines).encode())


@command("hostname")
async def _hostname(call: Call) -> Output:
    name = call.node.name
    return Output(f"{call.node.address if '-I' in call.args else name}\n".encode())


@command("getent")
async def _getent(call: Call) -> Output:
    """Return the addresses of a machine's name, as in the hosts file of every machine."""
    database, name = (*call.args, "", "")[:2]
    found = [node.address for node in call.world.machines if name in (node.name, f"{node.name}.storage")]
    if database not in ("hosts", "ahosts") or not found:
        return Output(status=2)
    kinds = ("STREAM", "DGRAM", "RAW") if database == "ahosts" else (name,)
    return Output("".join(f"{found[0]:15} {kind:6} {name}\n" for kind in kinds).encode())


@command("which")
async def _which(call: Call) -> Output:
    name = call.args[-1] if call.args else ""
    there = name in COMMANDS and (name not in _CEPH_TOOLS or call.has_ceph)
    return Output(f"/usr/bin/{name}\n".encode()) if there else Output(status=1)


@command("echo", "printf")
async def _echo(call: Call) -> Output:
    words = [word for word in call.args if word != "-n"]
    if call.name == "printf":
        form, *values = words or [""]
        for value in values:
            form = form.replace("%s", value, 1)
        return Output(form.replace("\\n", "\n").encode())
    return Output((" ".join(words) + ("" if "-n" in call.args else "\n")).encode())


@command("id", "whoami")
async def _id(call: Call) -> Output:
    if call.name == "whoami" or "-un" in call.args:
        return Output(f"{call.user}\n".encode())
    number = 0 if call.user == "root" else 1000
    return Output(f"{number}\n".encode() if "-u" in call.args else f"uid={number}({call.user})\n".encode())


@command("true", ":")
async def _true(call: Call) -> Output:
    return Output()


@command("false")
async def _false(call: Call) -> Output:
    return Output(status=1)


@command("sleep")
async def _sleep(call: Call) -> Output:
    await asyncio.sleep(float(call.args[0]))
    return Output()


@command("uname")
async def _uname(call: Call) -> Output:
    return Output(f"{call.node.name if '-n' in call.args else 'Linux'}\n".encode())


@command("date")
async def _date(call: Call) -> Output:
    moment = datetime.now(UTC)
    form = next((word[1:] for word in call.args if word.startswith("+")), "%a %b %d %T UTC %Y")
    text = moment.strftime(form.replace("%s", str(int(moment.timestamp()))))
    return Output(f"{text}\n".encode())
