"""The fixtures modules; everything else is in them."""

pytest_plugins = [
    "fixtures.claims",
    "fixtures.sites",
    "fixtures.outcomes",
    "fixtures.deployment_files",
    "fixtures.stages",
    "fixtures.run",
    "fixtures.evidence",
    "fixtures.reports",
    "fixtures.topology",
    "fixtures.images",
    "fixtures.refusals",
    "fixtures.servers",
    "fixtures.compute",
    "fixtures.journeys",
    "fixtures.discovery",
]
