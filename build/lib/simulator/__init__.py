"""A simulated distributed OpenStack: its APIs and its nodes, in one process, on loopback, without root."""
