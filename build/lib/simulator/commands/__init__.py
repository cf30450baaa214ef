"""The commands that a person, or the harness, types on a node."""
