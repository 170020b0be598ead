"""The machine of a comparison, and the versions of what took part."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil

from enuf.bench.results import MeasuredMachine, Version
from enuf.discover.machine import find_machine


def measured_machine(python: str, versions: tuple[Version, ...]) -> MeasuredMachine:
    """Return the machine as it is before the first round."""
    return MeasuredMachine(
        cpu=_cpu_name(),
        cores=find_machine().cpus,
        memory_mb=round(psutil.virtual_memory().total / 2**20),
        kernel=f"{platform.system()} {platform.release()}",
        python=python,
        load_before=round(os.getloadavg()[0], 2),
        versions=versions,
    )


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
