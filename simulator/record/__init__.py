"""Record, keep and compare the deployment's answers to each kind of request of the harness.

The record comes from the real lab, and the simulator is compared with it. A record contains only shapes, without any
ID, address, name or value of a deployment.
"""
