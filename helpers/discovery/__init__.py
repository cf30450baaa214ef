"""Writes the environment file from the deployment files, the cloud's answers, and observations on the nodes.

`outline` holds what is known in advance, `cloud_view` and `node_view` collect, `assemble` combines, and `document`
writes the file. `agreement` compares the result with an environment file in use. Nothing here changes the deployment.
The files take precedence over the cloud: the environment file holds what was intended, and the suite compares that with
what exists. Where the two differ, a remark says so.
"""
