"""The commands that a person or the harness runs on a node."""
