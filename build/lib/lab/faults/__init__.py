"""How the lab is really broken, fault by fault of `faults.catalogue`, and healed again.

`breaking` writes down how to undo each change before it makes it; `heal` undoes what is written there. The modules
of faults are called as the catalogue's topics; `configuration`, `client_files` and `bugs` have what those share.
"""
