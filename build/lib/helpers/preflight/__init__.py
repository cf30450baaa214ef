"""The preflight: one pass over all sites before a run creates anything, and what cannot be checked after what it found.

`survey` looks, `results` says what was seen, `table` shows it, `blockers` says which stages it stands in the way of.
"""
