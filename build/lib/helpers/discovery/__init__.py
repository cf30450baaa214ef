"""The environment file, written from what is there: deployment files, the cloud's answers, and a look at the nodes.

`outline` says what is known beforehand, `cloud_view` and `node_view` ask and read, `assemble` puts it together,
`document` writes it down; `agreement` compares it with an environment file in use. Nothing here changes anything.
What the files say goes before what the cloud says: the environment file holds what was meant, and the suite compares
that with what is there. Where the two differ, a remark says so.
"""
