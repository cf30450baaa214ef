"""The fixtures modules, each after those that it imports; everything else is in them."""

pytest_plugins = [
    "fixtures.claims",
    "fixtures.sites",
    "fixtures.comparisons",
    "fixtures.outcomes",
    "fixtures.skips",
    "fixtures.deployment_files",
    "fixtures.stages",
    "fixtures.preflight",
    "fixtures.run",
    "fixtures.evidence",
    "fixtures.reports",
    "fixtures.topology",
    "fixtures.undercloud",
    "fixtures.images",
    "fixtures.compute",
    "fixtures.haproxies",
    "fixtures.servers",
    "fixtures.refusals",
    "fixtures.journeys",
    "fixtures.discovery",
]
