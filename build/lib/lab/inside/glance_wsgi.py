"""Glance for a server of native threads.

oslo.log takes eventlet's locks for logging wherever eventlet was merely imported, as Glance 25 does. Two native threads
that log at the same moment then wait for each other for ever: seen with four imports that began at once in one worker.
"""

import oslo_log.log  # type: ignore[import-not-found]

oslo_log.log._fix_eventlet_logging = lambda: None

from glance.common.wsgi_app import init_app  # type: ignore[import-not-found]  # noqa: E402

application = init_app()
