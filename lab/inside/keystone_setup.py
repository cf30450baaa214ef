"""Create Keystone's tables and first user in one process, because each `keystone-manage` takes seconds to import.

Usage: keystone_setup.py REGION URL; the admin's password is in OS_BOOTSTRAP_PASSWORD.
"""

import sys

from keystone.cmd import cli  # type: ignore[import-not-found]
from keystone.conf import CONF  # type: ignore[import-not-found]


def main(region: str, url: str) -> None:
    cli.main(["keystone-manage", "db_sync"])
    bootstrap = ["bootstrap", "--bootstrap-region-id", region]
    for interface in ("public", "internal", "admin"):
        bootstrap += [f"--bootstrap-{interface}-url", url]
    CONF(args=bootstrap, project="keystone")
    CONF.command.cmd_class.main()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
