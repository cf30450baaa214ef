"""How the lab is really broken, fault by fault of `faults.catalogue`, and healed again.

`breaking` writes down how to undo each change before it makes it; `heal` undoes what is written there. The modules
beside them say by what each fault comes about: `files` of a host, `settings` of Glance, the `clusters`, the `services`,
and `behaviour`: a Glance with a bug in it.
"""
