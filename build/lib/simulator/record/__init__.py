"""What a deployment answers to each kind of request that the harness makes: recorded, kept, compared.

The real lab's answers are the record; the simulator is held against it. A record has shapes only: no id, address,
name or value of a deployment is in it.
"""
