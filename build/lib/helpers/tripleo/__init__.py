"""What is inconsistent in the files of a DCN deployment, found without network or cloud.

`layout.read` loads a folder, `checks.ALL` names every check; a check takes the deployment and one of its stacks and
returns `findings.Finding`s. Nothing here changes a file, and nothing prints a key.
"""
