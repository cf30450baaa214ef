"""MariaDB at central, with one database and one user per service."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from lab import hosts, supervise
from lab.command import Shell
from lab.plan import Plan
from lab.render import render
from lab.state import State, write
from lab.supervise import Service

PORT = 3306
# Each database and the user who owns it.
DATABASES = {
    "keystone": "keystone",
    "glance": "glance",
    "heat": "heat",
    "placement": "placement",
    "nova_api": "nova",
    "nova": "nova",
    "nova_cell0": "nova",
    "cinder": "cinder",
    "neutron": "neutron",
}
_CONF = "/etc/mysql/lab.cnf"


def password(state: State, service: str) -> str:
    return state.secret(f"database-{service}")


def url(plan: Plan, state: State, database: str, user: str | None = None) -> str:
    """Return the SQLAlchemy URL; `user` is the owner of the database if it has another name."""
    user = user or database
    return f"mysql+pymysql://{user}:{password(state, user)}@{plan.controller.address}:{PORT}/{database}?charset=utf8"


def start(plan: Plan, state: State, log: Path) -> None:
    host = plan.controller
    shell = hosts.shell_in(plan, host, log)
    folder = state.host(host)
    mysql = hosts.owner("mysql")
    (folder / "etc" / "mysql").mkdir(exist_ok=True)
    conf, grants = render("mariadb.cnf", address=host.address), _grants(state)
    write(folder / "etc" / "mysql" / "lab.cnf", conf, 0o644)
    write(folder / "etc" / "mysql" / "lab.sql", grants, 0o600, mysql)
    data = hosts.own_folder(folder / "var" / "lib" / "mysql", "mysql", 0o700)
    run = hosts.path_in(plan, host, "/run/mysqld")
    run.mkdir(exist_ok=True)
    os.chown(run, *mysql)
    done = folder / "var" / "lib" / "mysql-is-installed"
    if not done.exists():
        shell.run("find", "/var/lib/mysql", "-mindepth", "1", "-delete")
        _install(shell, data)
        write(done, "")
    command = f"/usr/sbin/mariadbd --defaults-file={_CONF}"
    service = Service("mariadb", command, stop_seconds=30, settings=conf + grants)
    supervise.start_and_wait(plan, host, state, service, lambda: answers(plan))


def _install(shell: Shell, data: Path) -> None:
    shell.run("mariadb-install-db", f"--defaults-file={_CONF}", "--user=mysql", "--skip-test-db", "--skip-log-bin")
    if not (data / "mysql").is_dir():
        raise FileNotFoundError("mariadb-install-db made no database; see the step's log")


def _grants(state: State) -> str:
    """Return the SQL that creates databases and users.

    It runs at every start so that new services find their database.
    """
    lines = []
    for name, user in DATABASES.items():
        secret = password(state, user)
        lines += [
            f"CREATE DATABASE IF NOT EXISTS {name};",
            f"CREATE USER IF NOT EXISTS '{user}'@'%' IDENTIFIED BY '{secret}';",
            f"GRANT ALL PRIVILEGES ON {name}.* TO '{user}'@'%';",
        ]
    return "\n".join(lines) + "\n"


def empty(shell: Shell, database: str) -> None:
    """Recreate the database, because tables that a killed service has partly created cannot be created again."""
    sql = f"DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database};"
    shell.run("mariadb", "--no-defaults", "--socket=/run/mysqld/mysqld.sock", "--execute", sql)


def answers(plan: Plan) -> bool:
    """Return whether the server sends its greeting, which it does only when it accepts clients."""
    with socket.create_connection((plan.controller.address, PORT), timeout=3) as connection:
        return len(connection.recv(5)) == 5
