"""What the machine, container or cgroup allows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from enuf.discover.machine import cgroup_cpus, find_machine


@pytest.mark.parametrize(
    ("name", "text", "cpus"),
    [
        ("cpu.max", "150000 100000\n", 2),
        ("cpu.max", "50000 100000\n", 1),
        ("cpu.max", "400000 100000\n", 4),
        ("cpu.max", "max 100000\n", 2**16),
        ("cpu.max", "", 2**16),
        ("cpu/cpu.cfs_quota_us", "-1\n", 2**16),
        ("cpu/cpu.cfs_quota_us", "250000\n", 3),
    ],
)
def test_the_quota_of_a_cgroup_is_rounded_up(tmp_path: Path, name: str, text: str, cpus: int) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    (tmp_path / "cpu").mkdir(exist_ok=True)
    (tmp_path / "cpu/cpu.cfs_period_us").write_text("100000\n")
    assert cgroup_cpus(tmp_path) == cpus


def test_a_machine_without_cgroups_has_no_quota(tmp_path: Path) -> None:
    assert cgroup_cpus(tmp_path) == 2**16


@pytest.mark.user
def test_this_machine_is_described() -> None:
    found = find_machine()
    assert 1 <= found.cpus <= len(os.sched_getaffinity(0))
    assert found.somaxconn > 0
    assert found.max_files >= 256
    assert found.is_root is (os.geteuid() == 0)
