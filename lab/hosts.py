"""Hosts of the lab: network, mount, UTS, IPC and PID namespaces with their own etc, var, home and tmp.

Process 1 of a host is a supervisord. When it ends, the kernel ends all other processes of the host and removes its
mounts. Only the named network namespace stays until `down` or the next `up` removes it.
"""

from __future__ import annotations

import os
import pwd
import resource
import subprocess
from pathlib import Path

from lab.command import CLEAN_ENVIRONMENT, CommandError, Shell, tail
from lab.plan import Host, Plan
from lab.poll import wait_until
from lab.render import render
from lab.state import State, write

_BOOT = Path(__file__).parent / "inside" / "boot-host.sh"
_SUPERVISORD = Path(__file__).parent / "inside" / "supervisord.py"
_NETNS = Path("/run/netns")
_UID = 1900
_MOST_FILES = 65536
_MOST_PROCESSES = 32768
# The files that programs need from the machine's /etc. Nothing else is copied, so that no secrets get into the lab.
_FROM_ETC = (
    "adduser.conf",
    "alternatives",
    "apparmor.d",
    "bash.bashrc",
    "bindresvport.blacklist",
    "ca-certificates",
    "ca-certificates.conf",
    "debian_version",
    "default",
    "dpkg",
    "environment",
    "gai.conf",
    "host.conf",
    "inputrc",
    "issue",
    "issue.net",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "login.defs",
    "magic",
    "magic.mime",
    "mime.types",
    "motd",
    "networks",
    "os-release",
    "pam.conf",
    "pam.d",
    "profile",
    "profile.d",
    "protocols",
    "python3",
    "python3.11",
    "rpc",
    "security",
    "services",
    "shells",
    "skel",
    "ssl/certs",
    "ssl/openssl.cnf",
    "sudo.conf",
    "sudoers",
    "terminfo",
    "timezone",
    "castellan",
    "glance",
    "keystone",
    "os-brick",
    "pycadf",
    "rabbitmq",
)


def make_bridge(plan: Plan, shell: Shell) -> None:
    if not Path("/sys/class/net", plan.bridge).exists():
        shell.run("ip", "link", "add", plan.bridge, "type", "bridge", "forward_delay", "0", "stp_state", "0")
    shell.run("ip", "address", "replace", f"{plan.bridge_address}/24", "dev", plan.bridge)
    shell.run("ip", "link", "set", plan.bridge, "up")


def boot(plan: Plan, host: Host, state: State, shell: Shell) -> None:
    """Start the host with its data on disk. If it already runs, only its list of host names is updated."""
    _make_names(plan, host, state)
    if init_pid(plan, host) is not None:
        return
    _make_network(plan, host, shell)
    folder = state.host(host)
    _make_files(plan, host, state, shell)
    with state.log(f"console-{host.name}").open("a", encoding="utf-8") as console:
        process = subprocess.Popen(
            [
                *("nsenter", f"--net={_NETNS / plan.netns(host)}"),
                *("unshare", "--mount", "--uts", "--ipc", "--pid", "--fork"),
                *("/bin/sh", str(_BOOT), str(folder), host.name),
            ],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            env=CLEAN_ENVIRONMENT,
            start_new_session=True,
        )

    def running() -> bool:
        if process.poll() is not None:
            raise CommandError(f"{host.name} did not start:\n{tail(state.log(f'console-{host.name}'))}")
        pid = init_pid(plan, host)
        return pid is not None and Path(f"/proc/{pid}/root/run/supervisor.sock").exists()

    wait_until(f"{host.name} runs", running, seconds=90)


def _make_network(plan: Plan, host: Host, shell: Shell) -> None:
    """Build the network from scratch each time, because a killed lab may have left it incomplete."""
    netns, veth = plan.netns(host), plan.veth(host)
    remove_network(plan, host, shell)
    shell.run("ip", "netns", "add", netns)
    shell.run("ip", "link", "add", veth, "type", "veth", "peer", "name", "eth0", "netns", netns)
    shell.run("ip", "link", "set", veth, "master", plan.bridge, "up")
    shell.run("ip", "-n", netns, "link", "set", "lo", "up")
    shell.run("ip", "-n", netns, "address", "add", f"{host.address}/24", "dev", "eth0")
    shell.run("ip", "-n", netns, "link", "set", "eth0", "up")


def remove_network(plan: Plan, host: Host, shell: Shell) -> None:
    # The link goes first, because the kernel removes the links of a namespace only some time after its deletion.
    if Path("/sys/class/net", plan.veth(host)).exists():
        shell.run("ip", "link", "delete", plan.veth(host))
    if (_NETNS / plan.netns(host)).exists():
        shell.run("ip", "netns", "delete", plan.netns(host))


def _make_files(plan: Plan, host: Host, state: State, shell: Shell) -> None:
    folder = state.host(host)
    etc = folder / "etc"
    for name in ("etc", "var", "home", "tmp", "cgroup"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "tmp").chmod(0o1777)
    _copy_etc(folder, shell)
    _make_var(folder / "var")
    _make_users(host, folder)
    write(etc / "hostname", host.name + "\n", 0o644)
    write(etc / "resolv.conf", "", 0o644)
    write(etc / "nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files\n", 0o644)
    write(etc / "machine-id", state.uuid(f"machine-id-{host.name}").replace("-", "") + "\n", 0o444)
    write(etc / "sudoers.d" / host.user, f"{host.user} ALL=(ALL) NOPASSWD: ALL\n", 0o440)
    write(etc / "supervisor" / "supervisord.py", _SUPERVISORD.read_text(encoding="utf-8"), 0o644)
    write(etc / "supervisor" / "supervisord.conf", render("supervisord.conf"), 0o644)
    programs = etc / "supervisor" / "conf.d"
    programs.mkdir(exist_ok=True)
    # The steps of `up` start the services in order.
    for old in programs.glob("*.conf"):
        old.unlink()
    write(etc / "containers" / "containers.conf", render("containers.conf", **_limits()), 0o644)
    write(etc / "containers" / "storage.conf", render("storage.conf"), 0o644)
    _make_ssh(host, folder, state, shell)


def _copy_etc(folder: Path, shell: Shell) -> None:
    """Copy the files that are still missing, which includes those of packages installed since the last time."""
    record = folder / "copied-from-etc"
    copied = record.read_text(encoding="utf-8").split() if record.exists() else []
    missing = [name for name in _FROM_ETC if name not in copied and Path("/etc", name).exists()]
    if missing:
        Shell(shell.log, ("env", "--chdir=/etc")).run("cp", "--archive", "--parents", *missing, folder / "etc")
        write(record, "\n".join([*copied, *missing]) + "\n", 0o644)


def _make_names(plan: Plan, host: Host, state: State) -> None:
    names = [f"{other.address} {other.name}" for other in plan.machines]
    write(state.host(host) / "etc" / "hosts", "\n".join(["127.0.0.1 localhost", *names]) + "\n", 0o644)


def _make_var(var: Path) -> None:
    for name in ("lib/dpkg", "lib/containers", "cache", "log/supervisor", "mail", "opt", "spool"):
        (var / name).mkdir(parents=True, exist_ok=True)
    (var / "tmp").mkdir(exist_ok=True)
    (var / "tmp").chmod(0o1777)
    for name, target in (("run", "/run"), ("lock", "/run/lock")):
        if not (var / name).is_symlink():
            (var / name).symlink_to(target)


def _make_users(host: Host, folder: Path) -> None:
    """Create the machine's users and the login user of the host.

    The machine's users come from Debian's packages. The password field `*` means that the login user has no password
    but is not locked.
    """
    etc = folder / "etc"
    user = host.user
    for name, line, mode in (
        ("passwd", f"{user}:x:{_UID}:{_UID}::/home/{user}:/bin/bash", 0o644),
        ("group", f"{user}:x:{_UID}:", 0o644),
        ("shadow", f"{user}:*:19000:0:99999:7:::", 0o600),
    ):
        lines = [kept for kept in Path("/etc", name).read_text(encoding="utf-8").splitlines() if kept]
        others = [kept for kept in lines if not kept.startswith(f"{user}:")]
        write(etc / name, "\n".join([*others, line]) + "\n", mode)
    of_user = folder / "home" / user
    (of_user / ".ssh").mkdir(parents=True, exist_ok=True)
    for path in (of_user, of_user / ".ssh"):
        path.chmod(0o700)
        os.chown(path, _UID, _UID)


def _make_ssh(host: Host, folder: Path, state: State, shell: Shell) -> None:
    key = folder / "etc" / "ssh" / "ssh_host_ed25519_key"
    key.parent.mkdir(exist_ok=True)
    make_ssh_key(key, host.name, shell)
    write(folder / "etc" / "ssh" / "sshd_config", render("sshd_config", address=host.address), 0o644)
    public = state.ssh_key.with_suffix(".pub").read_text(encoding="utf-8")
    write_at_home(host, state, ".ssh/authorized_keys", public)


def write_at_home(host: Host, state: State, name: str, text: str) -> None:
    """Write a file to the home of the host's login user, readable by that user only."""
    write(state.host(host) / "home" / host.user / name, text, 0o600, (_UID, _UID))


def make_ssh_key(path: Path, comment: str, shell: Shell) -> None:
    # The public part is written last.
    if not path.with_suffix(".pub").exists():
        path.unlink(missing_ok=True)
        shell.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path)


def _limits() -> dict[str, int]:
    return {
        "nofile": _at_most(resource.getrlimit(resource.RLIMIT_NOFILE)[1], _MOST_FILES),
        "nproc": _at_most(resource.getrlimit(resource.RLIMIT_NPROC)[1], _MOST_PROCESSES),
    }


def _at_most(hard: int, most: int) -> int:
    return most if hard == resource.RLIM_INFINITY else min(hard, most)


def pids(plan: Plan, host: Host) -> list[int]:
    """Return all processes in the host's network namespace, with their IDs on this machine."""
    try:
        netns = (_NETNS / plan.netns(host)).stat().st_ino
    except FileNotFoundError:
        return []
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                inside = (entry / "ns" / "net").stat().st_ino == netns
            except OSError:
                # The process has ended since /proc was listed.
                continue
            if inside:
                found.append(int(entry.name))
    return sorted(found)


def init_pid(plan: Plan, host: Host) -> int | None:
    """Return the process with number 1 in the host's own PID namespace; containers have deeper namespaces."""
    for pid in pids(plan, host):
        try:
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        except OSError:
            continue
        numbers = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
        if len(numbers) == _depth() + 1 and numbers[-1] == "1":
            return pid
    return None


def _depth() -> int:
    """Return the depth of this process's PID namespace, which is more than one if the machine is a container."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(len(line.split()) - 1 for line in status.splitlines() if line.startswith("NSpid:"))


def shell_in(plan: Plan, host: Host, log: Path) -> Shell:
    """Return a shell that runs commands as root inside the host."""
    pid = init_pid(plan, host)
    if pid is None:
        raise CommandError(f"{host.name} does not run")
    return Shell(log, ("nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p"))


def path_in(plan: Plan, host: Host, path: str) -> Path:
    """Return a path inside the running host, as reached from outside through its process 1."""
    pid = init_pid(plan, host)
    if pid is None:
        raise CommandError(f"{host.name} does not run")
    return Path(f"/proc/{pid}/root{path}")


def owner(user: str) -> tuple[int, int]:
    """Return the numeric user and group of a user that Debian's packages create."""
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def own_folder(path: Path, user: str, mode: int = 0o755) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    os.chown(path, *owner(user))
    return path
