"""The fixtures modules; everything else is in them."""

pytest_plugins = [
    "fixtures.claims",
    "fixtures.sites",
    "fixtures.outcomes",
    "fixtures.stages",
    "fixtures.run",
    "fixtures.topology",
    "fixtures.images",
    "fixtures.refusals",
]
