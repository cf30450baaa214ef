"""Reads the custom resources of OpenStack on OpenShift (RHOSO): a folder of YAML, or what `oc get -o yaml` prints.

Sources: openstack-k8s-operators/architecture (`examples/dt/dcn`), openstack-k8s-operators/ci-framework
(`roles/ci_dcn_site`), openstack-k8s-operators/glance-operator (`config/samples`, `templates/common/config`).
"""
