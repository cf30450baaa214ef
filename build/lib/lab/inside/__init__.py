"""What runs inside the lab's hosts and guests, by Debian's own Python and shell.

It is handed over as text and imports nothing of the lab.
"""
