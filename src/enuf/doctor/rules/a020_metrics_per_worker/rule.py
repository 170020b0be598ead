"""Prometheus metrics that each worker counts for itself: `/metrics` shows the numbers of the worker that answers."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonFile
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.facts.python_import import imported_modules
from enuf.doctor.facts.workers import all_servers, worker_count
from enuf.doctor.rule import Diagnostic, Rule, at_node

_LIBRARIES = (
    "prometheus_client",
    "prometheus_flask_exporter",
    "django_prometheus",
    "flask_prometheus_metrics",
    "starlette_exporter",
)
_TOGETHER = (
    "multiproc_dir",
    "multiprocesscollector",
    "uwsgiprometheusmetrics",
    "gunicornprometheusmetrics",
    "gunicorninternal",
    "push_to_gateway",
    "prometheus_metrics_export_port_range",
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every app with Prometheus metrics that several workers serve, unless the files share the metrics."""
    counts = [(server, worker_count(server) or 1) for server in all_servers(evidence)]
    several = [(server, count) for server, count in counts if count > 1]
    if several and any(word in text for text in _lowered(evidence) for word in _TOGETHER):
        return
    for server, count in several:
        for python_file in loaded_files(evidence, server):
            found = _import(python_file)
            if found:
                yield at_node(
                    python_file.path,
                    found,
                    f"each of the {count} workers counts for itself: /metrics shows the numbers of the worker that happens to answer",
                    hint="PROMETHEUS_MULTIPROC_DIR=/run/shop/metrics in the environment, and MultiProcessCollector in the view of /metrics",
                )
                return


def _lowered(evidence: Evidence) -> Iterator[str]:
    return (file.text.lower() for file in evidence.files)


def _import(python_file: PythonFile) -> ast.stmt | None:
    for name, node in imported_modules(python_file):
        if name.partition(".")[0] in _LIBRARIES:
            return node
    return None


RULE = Rule("A020", "metrics-per-worker", "warning", check)
