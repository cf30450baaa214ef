"""RabbitMQ and memcached at central."""

from __future__ import annotations

import socket
from pathlib import Path

from lab import hosts, supervise
from lab.plan import Plan
from lab.render import render
from lab.state import State, write
from lab.supervise import Service

RABBITMQ_PORT = 5672
MEMCACHED_PORT = 11211
_RABBITMQ_ENVIRONMENT = ",".join(
    f'{key}="{value}"'
    for key, value in {
        "HOME": "/var/lib/rabbitmq",
        "RABBITMQ_NODENAME": "rabbit@localhost",
        "RABBITMQ_CONFIG_FILE": "/etc/rabbitmq/rabbitmq.conf",
        "RABBITMQ_MNESIA_BASE": "/var/lib/rabbitmq/mnesia",
        "RABBITMQ_LOG_BASE": "/var/log/rabbitmq",
        "RABBITMQ_ENABLED_PLUGINS_FILE": "/etc/rabbitmq/enabled_plugins",
        # Fewer threads, without busy waiting.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none",
    }.items()
)


def transport_url(plan: Plan, state: State) -> str:
    return f"rabbit://openstack:{state.secret('rabbitmq')}@{plan.controller.address}:{RABBITMQ_PORT}/"


def start_rabbitmq(plan: Plan, state: State, log: Path) -> None:
    """Start RabbitMQ, prepared by its configuration alone because each `rabbitmqctl` would take seconds."""
    host = plan.controller
    folder = state.host(host)
    rabbit = hosts.owner("rabbitmq")
    conf = render("rabbitmq.conf", address=host.address, password=state.secret("rabbitmq"))
    write(folder / "etc" / "rabbitmq" / "rabbitmq.conf", conf, 0o600, rabbit)
    write(folder / "etc" / "rabbitmq" / "enabled_plugins", "[].\n", 0o644)
    for path in ("lib", "log"):
        hosts.own_folder(folder / "var" / path / "rabbitmq", "rabbitmq", 0o750)
    command = "/usr/lib/rabbitmq/bin/rabbitmq-server"
    service = Service("rabbitmq", command, "rabbitmq", _RABBITMQ_ENVIRONMENT, stop_seconds=15, settings=conf)
    supervise.start_and_wait(plan, host, state, service, lambda: rabbitmq_answers(plan), seconds=240)


def rabbitmq_answers(plan: Plan) -> bool:
    """Return whether the server answers a wrong protocol version with the right one, which needs no login."""
    with socket.create_connection((plan.controller.address, RABBITMQ_PORT), timeout=3) as connection:
        connection.sendall(b"AMQP\x00\x00\x00\x00")
        return connection.recv(4) == b"AMQP"


def start_memcached(plan: Plan, state: State, log: Path) -> None:
    host = plan.controller
    command = f"/usr/bin/memcached -l {host.address} -p {MEMCACHED_PORT} -U 0 -m 64 -c 4096 -t 2"
    service = Service("memcached", command, "memcache")
    supervise.start_and_wait(plan, host, state, service, lambda: memcached_answers(plan))


def memcached_answers(plan: Plan) -> bool:
    with socket.create_connection((plan.controller.address, MEMCACHED_PORT), timeout=3) as connection:
        connection.sendall(b"version\r\n")
        return connection.recv(64).startswith(b"VERSION")
