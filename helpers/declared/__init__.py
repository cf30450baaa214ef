"""What the files of a deployment declare of its sites: Glances, stores, volume backends, computes, clusters, keys.

`helpers.openshift` and `helpers.kolla` fill the model, and the checks are asked once over it. `sites.Declaration` is
what a check takes, with one of its sites; it returns `helpers.tripleo.findings.Finding`s.
"""
