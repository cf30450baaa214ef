"""The fixtures modules, each after those that it imports; everything else is in them."""

pytest_plugins = [
    "fixtures.claims",
    "fixtures.sites",
    "fixtures.comparisons",
    "fixtures.outcomes",
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
    "fixtures.orphans",
    "fixtures.haproxies",
    "fixtures.servers",
    "fixtures.refusals",
    "fixtures.journeys",
    "fixtures.discovery",
]
