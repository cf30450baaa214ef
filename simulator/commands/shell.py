"""The shell of a node, as far as command lines over SSH need it: words, quotes, `$(…)`, pipes, lists, redirections."""

from __future__ import annotations

import asyncio
import fnmatch
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from simulator.world.content import Content
from simulator.world.nodes import Node
from simulator.world.world import World

_OPERATORS = ("&&", "||", "|", ";", "\n", "&")
_REDIRECTS = ("2>&1", "2>", "&>", "1>", ">", "<")
# the longest text that is part of a word as it is; a digit at the beginning may belong to a redirection
_PLAIN = re.compile(r"[A-Za-z_/.,:=@%+-][A-Za-z0-9_/.,:=@%+-]*")


@dataclass
class Output:
    """The result of a command. An exported disk stays a Content, so that its zeros take no memory."""

    stdout: bytes | Content = b""
    stderr: str = ""
    status: int = 0

    def bytes(self) -> bytes:
        return self.stdout if isinstance(self.stdout, bytes) else self.stdout.read(0, self.stdout.size)


@dataclass
class Call:
    """A command to run: its words, its input, and its place (`container` is None for the node itself)."""

    world: World
    node: Node
    argv: list[str]
    user: str = "heat-admin"
    container: str | None = None
    stdin: bytes | Content = b""
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.argv[0].rsplit("/", 1)[-1]

    @property
    def args(self) -> list[str]:
        return self.argv[1:]

    @property
    def has_ceph(self) -> bool:
        """Whether the programs of Ceph are there."""
        return self.container is not None and self.node.containers[self.container].ceph

    def again(self, argv: list[str], user: str | None = None, container: str | None = None) -> Call:
        """Return a call of another command in the same place, optionally as another user or in a container."""
        return replace(self, argv=argv, user=user or self.user, container=container or self.container)

    def fails(self, message: str, status: int = 1) -> Output:
        return Output(stderr=f"{self.name}: {message}\n", status=status)


Command = Callable[[Call], Awaitable[Output]]
COMMANDS: dict[str, Command] = {}


def command(*names: str) -> Callable[[Command], Command]:
    """Register a function as the command with these names."""

    def register(function: Command) -> Command:
        COMMANDS.update(dict.fromkeys(names, function))
        return function

    return register


async def run(call: Call) -> Output:
    """Run one command. A fault may change its output."""
    if not call.argv:
        return Output()
    function = COMMANDS.get(call.name)
    if function is None:
        return Output(stderr=f"bash: line 1: {call.argv[0]}: command not found\n", status=127)
    await call.world.silence.over(call.name, call.node.site, call.node.name)
    output = await function(call)
    return call.world.hooks.through("command", output, call=call)


class _Syntax(Exception):
    pass


@dataclass
class _Simple:
    words: list[str] = field(default_factory=list)
    quiet_out: bool = False
    quiet_err: bool = False
    merge_err: bool = False


async def run_line(place: Call, line: str) -> Output:
    """Run a command line; `place` gives the node, the container and the user."""
    try:
        items = await _parse(place, line)
        place = replace(place, variables=dict(place.variables))  # assignments affect only this shell
    except _Syntax as error:
        return Output(stderr=f"bash: -c: line 1: {error}\n", status=2)
    out: list[bytes | Content] = []
    err, status, pipefail, skip = "", 0, False, False
    for pipeline, operator in items:
        if not skip and pipeline:
            if pipeline[0].words[:1] == ["set"]:
                pipefail = pipefail or "pipefail" in pipeline[0].words
                status = 0
            else:
                done = await _pipeline(place, pipeline, pipefail)
                out.append(done.stdout)
                err, status = err + done.stderr, done.status
        skip = (operator == "&&" and status != 0) or (operator == "||" and status == 0)
    whole = [part for part in out if isinstance(part, Content) or part]
    if len(whole) == 1:
        return Output(whole[0], err, status)
    return Output(b"".join(Output(part).bytes() for part in whole), err, status)


async def _pipeline(place: Call, pipeline: list[_Simple], pipefail: bool) -> Output:
    stdin, err, failed = place.stdin, "", 0
    output = Output()
    for simple in pipeline:
        # the shell itself runs a single command; each command of a pipe runs in its own shell
        variables, words = place.variables if len(pipeline) == 1 else dict(place.variables), list(simple.words)
        while words and "=" in words[0] and words[0].split("=")[0].isidentifier():
            key, value = words.pop(0).split("=", 1)
            variables = {**variables, key: value}
        output = await run(replace(place, argv=words, stdin=stdin, variables=variables))
        if simple.merge_err:
            output = Output(output.bytes() + output.stderr.encode(), "", output.status)
        err += "" if simple.quiet_err else output.stderr
        stdin = b"" if simple.quiet_out else output.stdout
        failed = output.status or failed
    return Output(stdin, err, failed if pipefail else output.status)


async def _parse(place: Call, line: str) -> list[tuple[list[_Simple], str]]:
    items: list[tuple[list[_Simple], str]] = []
    pipeline, simple = [], _Simple()
    tokens = await _tokens(place, line)
    position = 0
    while position < len(tokens):
        kind, text = tokens[position]
        position += 1
        if kind == "word":
            simple.words.append(text)
        elif kind == "pattern":
            simple.words += _matching(place, text) or [text]
        elif kind == "redirect":
            if text == "2>&1":
                simple.merge_err = True
                continue
            if position >= len(tokens) or tokens[position][0] not in ("word", "pattern"):
                raise _Syntax("syntax error near unexpected token `newline'")
            position += 1  # skips the target, which is always treated as /dev/null
            simple.quiet_err = simple.quiet_err or text.startswith(("2", "&"))
            simple.quiet_out = simple.quiet_out or text in (">", "1>", "&>")
        else:
            pipeline.append(simple)
            simple = _Simple()
            if text != "|":
                items.append((pipeline, text))
                pipeline = []
    items.append(([*pipeline, simple], ";"))
    return [([part for part in each if part.words], operator) for each, operator in items]


def _matching(place: Call, pattern: str) -> list[str]:
    """Return the files that match a word with an unquoted bracket or asterisk."""
    depth = pattern.count("/")
    paths = place.node.paths(place.container) if pattern.startswith("/") else ()
    return [path for path in paths if path.count("/") == depth and fnmatch.fnmatchcase(path, pattern)]


async def _tokens(place: Call, line: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    word: str | None = None
    pattern = False
    position = 0

    def end_word() -> None:
        nonlocal word, pattern
        if word is not None:
            tokens.append(("pattern" if pattern else "word", word))
        word, pattern = None, False

    while position < len(line):
        if plain := _PLAIN.match(line, position):
            word = (word or "") + plain[0]
            position = plain.end()
            continue
        char = line[position]
        operator = next((text for text in _OPERATORS if line.startswith(text, position)), None)
        redirect = next(
            (text for text in _REDIRECTS if line.startswith(text, position) and not (word and text[0] in "12")), None
        )
        if redirect:
            end_word()
            tokens.append(("redirect", redirect))
            position += len(redirect)
        elif operator:
            end_word()
            tokens.append(("operator", operator if operator not in ("\n", "&") else ";"))
            position += len(operator)
        elif char.isspace():
            end_word()
            position += 1
        elif char == "'":
            end = line.find("'", position + 1)
            if end < 0:
                raise _Syntax("unexpected EOF while looking for matching `''")
            word = (word or "") + line[position + 1 : end]
            position = end + 1
        elif char == '"':
            text, position = await _double_quoted(place, line, position + 1)
            word = (word or "") + text
        elif char == "\\":
            word = (word or "") + line[position + 1 : position + 2]
            position += 2
        elif char in "$`":
            text, position = await _expansion(place, line, position)
            word = (word or "") + text
        else:
            word, pattern = (word or "") + char, pattern or char in "*["
            position += 1
    end_word()
    return tokens


async def _double_quoted(place: Call, line: str, position: int) -> tuple[str, int]:
    text = ""
    while position < len(line):
        char = line[position]
        if char == '"':
            return text, position + 1
        if char == "\\" and line[position + 1 : position + 2] in ('"', "\\", "$", "`"):
            text, position = text + line[position + 1], position + 2
        elif char in "$`":
            part, position = await _expansion(place, line, position)
            text += part
        else:
            text, position = text + char, position + 1
    raise _Syntax("unexpected EOF while looking for matching `\"'")


async def _expansion(place: Call, line: str, position: int) -> tuple[str, int]:
    opening, closing = ("`", "`") if line[position] == "`" else ("$(", ")")
    if line.startswith(opening, position):
        end = line.find(closing, position + len(opening))
        if end < 0:
            raise _Syntax(f"unexpected EOF while looking for matching `{closing}'")
        output = await run_line(replace(place, stdin=b""), line[position + len(opening) : end])
        return output.bytes().decode().rstrip("\n"), end + 1
    end = position + 1
    braces = line.startswith("{", end)
    end += braces
    start = end
    while end < len(line) and (line[end].isalnum() or line[end] == "_"):
        end += 1
    name = line[start:end]
    known = {"HOSTNAME": place.node.name, "USER": place.user, "HOME": f"/home/{place.user}"} | place.variables
    return (known.get(name, "") if name else "$"), end + braces


@command("sh", "bash")
async def _sh(call: Call) -> Output:
    words = list(call.args)
    pipefail = ""
    while words and words[0].startswith(("-", "+")):
        flag = words.pop(0)
        if flag in ("-o", "+o") and words:
            pipefail = f"set -o {words.pop(0)}; "
        elif flag.endswith("c") and words:
            return await run_line(call, pipefail + words[0])
    return await run_line(call, Output(call.stdin).bytes().decode())


@command("sudo")
async def _sudo(call: Call) -> Output:
    words, user = list(call.args), "root"
    while words and words[0].startswith("-"):
        flag = words.pop(0)
        if flag in ("-u", "--user", "-g") and words:
            user = words.pop(0)
        elif flag == "--":
            break
    return await run(call.again(words, user=user))


@command("timeout")
async def _timeout(call: Call) -> Output:
    words = list(call.args)
    while words and words[0].startswith("-"):
        if words.pop(0) in ("-k", "-s", "--kill-after", "--signal"):
            words.pop(0)
    number = words.pop(0)
    seconds = float(number.rstrip("smh")) * {"m": 60, "h": 3600}.get(number[-1], 1)
    try:
        return await asyncio.wait_for(run(call.again(words)), seconds or None)
    except TimeoutError:
        return Output(status=124)


@command("env", "nice", "nohup", "exec", "command")
async def _env(call: Call) -> Output:
    words = list(call.args)
    if call.name == "command" and words[:1] == ["-v"]:
        return await run(call.again(["which", *words[1:]]))
    while words and ("=" in words[0] or words[0].startswith("-")):
        words.pop(0)
    return await run(call.again(words))
