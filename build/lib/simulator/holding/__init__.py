"""Whether each stage holds what it changes: what every request of a run touches, and what the stages have declared.

Pytest's side is `simulator.holding.plugin`; it serves a run on a real deployment as well.
"""
