"""Glance for a server with native threads.

oslo.log uses eventlet's locks for logging if eventlet was merely imported, as Glance 25 does. Two native threads that
log at the same moment then wait for each other forever. This was observed with four imports that started at once in one
worker.
"""

import oslo_log.log  # type: ignore[import-not-found]

oslo_log.log._fix_eventlet_logging = lambda: None

from glance.common.wsgi_app import init_app  # type: ignore[import-not-found]  # noqa: E402

application = init_app()
