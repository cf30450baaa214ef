"""Create Nova's databases and its only cell in one process, because each `nova-manage` would load all of Nova again.

Usage: nova_database.py OPTION...; the options are those of nova-manage, and --config-file is required.
"""

import sys

from nova import config, objects  # type: ignore[import-not-found]
from nova.cmd import manage  # type: ignore[import-not-found]
from oslo_log import log as logging  # type: ignore[import-not-found]


def main(options: list[str]) -> None:
    config.parse_args(["nova-manage", *options])
    logging.setup(manage.CONF, "nova")
    objects.register_all()
    cells = manage.CellV2Commands()
    check("api_db sync", manage.ApiDbCommands().sync())
    check("map_cell0", cells.map_cell0())
    check("db sync", manage.DbCommands().sync())
    # 2: a cell with this database and this message queue exists already.
    check("create_cell", cells.create_cell(name="cell1"), 2)


def check(what: str, code: int | None, *fine: int) -> None:
    if code and code not in fine:
        raise SystemExit(f"{what} ended with {code}")


if __name__ == "__main__":
    main(sys.argv[1:])
