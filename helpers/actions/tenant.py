"""What an ordinary member of a project does: the same actions as the run's own, with a login of its own."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.actions.images import ImageActions
from helpers.actions.servers import ServerActions
from helpers.actions.volumes import VolumeActions
from helpers.ceph.clusters import Clusters
from helpers.environment import Environment
from helpers.openstack.cloud import Cloud
from helpers.runs.run import Run


@dataclass(frozen=True)
class Tenant:
    """The actions of the environment file's `tenant`."""

    images: ImageActions
    servers: ServerActions
    volumes: VolumeActions

    @classmethod
    def logged_in(cls, environment: Environment, cloud: Cloud, clusters: Clusters, run: Run) -> Tenant:
        where = (environment, cloud, clusters, run)
        return cls(ImageActions(*where), ServerActions(*where), VolumeActions(*where))
