"""The contents of the simulated deployment and their changes, independent of HTTP and SSH."""
