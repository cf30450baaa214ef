"""A simulated distributed OpenStack with its APIs and nodes, in one process on loopback without root."""
