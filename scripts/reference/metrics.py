"""The table of metrics."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families
from scripts.reference.texts import Texts, table

from enuf.model import snapshot
from enuf.model.certificate import CertificateStatus, TlsStatus
from enuf.model.snapshot import Snapshot
from enuf.model.status import JobStatus, SideProcessStatus
from enuf.observe.live.sampler import Counts
from enuf.observe.live.totals import Totals
from enuf.observe.views.prometheus import exposition


def metrics(texts: Texts) -> str:
    """Return the table of all metrics of /metrics, from a stack in which everything is known."""
    totals = Totals()
    for counts, label in ((totals.by_status, "200"), (totals.by_cache, "HIT"), (totals.by_limit, "requests")):
        counts[label] = 1
    document = exposition(totals, _whole_stack(), Counts()).decode()
    rows = []
    for family in text_string_to_metric_families(document):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        about = texts.of("metrics_about", name, family.documentation)
        note = texts.of("metrics", name)
        rows.append(
            (f"`{name}`", family.type, ", ".join(f"`{label}`" for label in labels), f"{about} {note}")
        )
    words = texts.words
    return table((words["metric"], words["type"], words["labels"], words["means"]), rows)


def _whole_stack() -> Snapshot:
    """Return a snapshot without unknown values, in which no metric is left out."""
    nginx = snapshot.Program(name="nginx", version="1", origin="embedded", pid=1)
    worker = snapshot.Worker(id=1, pid=2, generation=1, status="idle", requests=0)
    process = snapshot.Process(unit="server", pid=2, role="worker", rss_bytes=1, pss_bytes=1)
    certificate = CertificateStatus(
        names=("shop.test",), issuer="", not_after="2027-01-01T00:00:00Z", days_left=1, path=""
    )
    return Snapshot(
        at=1.0, state="serving", front=nginx, workers=(worker,), units=(process,), busy=0, slots=1, uptime_s=1.0,
        backlog=snapshot.Backlog(queued=0, limit=1), tls=TlsStatus(mode="files", certificates=(certificate,)),
        beside=(SideProcessStatus(name="worker", state="running", pid=3, since=1.0),),
        jobs=(JobStatus(name="nightly", times="0 3 * * *", pid=None, next_at=2.0, last_success_at=1.0),),
    )  # fmt: skip
