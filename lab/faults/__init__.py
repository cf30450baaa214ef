"""Break the lab with the faults of `faults.catalogue`, and heal it again.

`breaking` records how to undo each change before it makes the change; `heal` undoes the recorded changes. The modules
of faults are named after the topics of the catalogue. `configuration`, `client_files` and `bugs` hold their shared
parts.
"""
