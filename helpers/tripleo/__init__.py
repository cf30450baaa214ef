"""Finds inconsistencies in the files of a DCN deployment, without network or cloud.

`layout.read` loads a folder and `checks.ALL` names every check. A check takes the deployment and one of its stacks, and
returns `findings.Finding`s. Nothing here changes a file or prints a key.
"""
