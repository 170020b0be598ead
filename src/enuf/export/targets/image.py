"""The target `image`: a Dockerfile, for every engine that runs containers."""

from __future__ import annotations

from collections.abc import Mapping

from enuf.export.deployment import Deployment, ExportedFile
from enuf.export.dockerfile import build_command, image_files
from enuf.export.meaningless import WITH_ENUF
from enuf.export.targets.common import ENGINE_DECIDES, env_file_options
from enuf.model.peers import Peers
from enuf.model.topology import Topology

WHY = """\
Process 1 is enuf, which runs the servers in this one container: a new version is a new container, and a reload inside
(docker exec CONTAINER enuf reload) loses no request either. The two servers also run without enuf, for an engine that
gives each a container of its own, with the files of /etc/enuf/conf."""


class Image:
    """An image that serves by itself."""

    name = "image"
    title = "an image"
    starts_enuf = True
    takes_variables_literally = True
    runs_copies = False
    meaningless: Mapping[str, str] = WITH_ENUF

    def settings(self, row: Topology) -> Mapping[str, str]:
        """Return what holds in every container."""
        return ENGINE_DECIDES

    def peers(self, row: Topology) -> Peers | None:
        """Return None: one container has all servers."""
        return None

    def files(self, deployment: Deployment, own_ignored: tuple[str, ...]) -> tuple[ExportedFile, ...]:
        """Return the Dockerfile, `.dockerignore`, and the servers' files."""
        return image_files(deployment, own_ignored, WHY)

    def commands(self, deployment: Deployment) -> tuple[tuple[str, str], ...]:
        """Return how to build the image, and how to run it with all of its restrictions."""
        volumes = (f"-v {deployment.name}-{each.name}:{each.path}" for each in deployment.writes)
        more = "".join(f"{word} " for word in (*env_file_options(deployment), *volumes))
        run = (
            f"docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges {more}"
            f"-p {deployment.port}:{deployment.port} --stop-timeout {deployment.grace_s} {deployment.image}"
        )
        return (("build", build_command(deployment)), ("run", run))
