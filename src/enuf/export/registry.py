"""The targets of `enuf export`, by name."""

from __future__ import annotations

from enuf.export.targets.base import ExportTarget
from enuf.export.targets.compose import Compose
from enuf.export.targets.image import Image
from enuf.export.targets.kubernetes import Kubernetes
from enuf.export.targets.swarm import Swarm

TARGETS: dict[str, ExportTarget] = {
    target.name: target for target in (Image(), Compose(), Swarm(), Kubernetes())
}
