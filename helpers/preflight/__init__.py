"""The preflight: one pass over all sites before a run creates anything, and the stages that its findings block.

`survey` asks, `results` holds the answers, `table` shows them, and `blockers` decides which stages they block.
"""
