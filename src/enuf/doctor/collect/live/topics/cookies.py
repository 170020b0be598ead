"""The attributes of the cookie that the answer sets. Its value is not kept."""

from __future__ import annotations

from enuf.doctor.collect.live.context import Collection
from enuf.doctor.collect.live.topic import TopicCollector
from enuf.doctor.evidence import Evidence
from enuf.doctor.live.cookie_facts import CookieFacts
from enuf.doctor.live.evidence import LiveEvidence

LONGEST = 200


def _collect(_collection: Collection, evidence: LiveEvidence, _static: Evidence) -> CookieFacts | None:
    header = evidence.reply.header("set-cookie") if evidence.reply else ""
    pair, *attributes = header[:8192].split(";")
    name, is_pair, _ = pair.partition("=")
    if not is_pair or not name.strip():
        return None
    said = {
        key.strip().lower(): value.strip() for key, _, value in (each.partition("=") for each in attributes)
    }
    return CookieFacts(
        name=name.strip()[:LONGEST],
        is_secure="secure" in said,
        same_site=said.get("samesite", "").lower()[:LONGEST],
        domain=said.get("domain", "").lower()[:LONGEST],
        path=said.get("path", "")[:LONGEST],
    )


TOPIC = TopicCollector("cookies", _collect, "the cookie of the answer")
