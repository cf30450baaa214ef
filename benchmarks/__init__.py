"""Measurements of the harness: each is a script that prints what it has measured, and ratios of one run."""
