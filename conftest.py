"""The fixtures modules; everything else is in them."""

pytest_plugins = [
    "fixtures.claims",
    "fixtures.sites",
    "fixtures.comparisons",
    "fixtures.outcomes",
    "fixtures.deployment_files",
    "fixtures.stages",
    "fixtures.run",
    "fixtures.evidence",
    "fixtures.reports",
    "fixtures.topology",
    "fixtures.undercloud",
    "fixtures.images",
    "fixtures.refusals",
    "fixtures.servers",
    "fixtures.compute",
    "fixtures.journeys",
    "fixtures.discovery",
]
