"""Whether a check passes over what is empty or was not answered.

`emptied` empties what a stage has found, one collection after the other, and `deprived` takes whole kinds of answers
away. Pytest's side is `simulator.unseen.plugin`; it serves a run on a real deployment as well.
"""
