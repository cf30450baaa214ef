"""The programs that run inside the lab's hosts and guests with Debian's own Python and shell.

They are handed over as text and import nothing from the lab.
"""
