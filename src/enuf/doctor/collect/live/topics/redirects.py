"""The redirects that a browser would follow from the URL, as far as they keep its host, its path and its query."""

from __future__ import annotations

from enuf.doctor.collect.live.context import Collection
from enuf.doctor.collect.live.probes import ask
from enuf.doctor.collect.live.topic import TopicCollector
from enuf.doctor.evidence import Evidence
from enuf.doctor.live.evidence import LiveEvidence, LiveReply, Requested
from enuf.doctor.live.requested import parse_requested
from enuf.doctor.live.tls_facts import RedirectFacts, RedirectStep
from enuf.model.address import TcpAddress, parse_address

MOST_STEPS = 4
REDIRECTS = (301, 302, 303, 307, 308)
_WITHIN_S = 0.4


def _collect(collection: Collection, evidence: LiveEvidence, _static: Evidence) -> RedirectFacts | None:
    requested, reply = evidence.requested, evidence.reply
    if reply is None or reply.status not in REDIRECTS:
        return None
    steps = [_step(requested, reply)]
    asked = {requested.url}
    while len(steps) < MOST_STEPS:
        following = _following(requested, steps[-1].location) if steps[-1].status in REDIRECTS else None
        if following is None:
            break
        if following.url in asked:
            return RedirectFacts(steps=tuple(steps), is_endless=True)
        within_s = collection.left_s(_WITHIN_S, "where the redirects end")
        if not within_s:
            break
        asked.add(following.url)
        address = TcpAddress(_host(reply), following.port)
        steps.append(
            _step(following, ask(following, address, within_s, over_tls=following.scheme == "https"))
        )
    return RedirectFacts(steps=tuple(steps))


def _step(requested: Requested, reply: LiveReply) -> RedirectStep:
    return RedirectStep(
        url=requested.url,
        status=reply.status,
        failure=reply.failure,
        location=reply.header("location")[:2000],
        is_by_front="<center>nginx" in reply.body,
    )


def _following(requested: Requested, location: str) -> Requested | None:
    """Return the request for a redirect to the same page under another scheme or port; None for another page or host."""
    if not location.lower().startswith(("http://", "https://")):
        return None
    try:
        found = parse_requested(location)
    except ValueError:
        return None
    return found if (found.host.lower(), found.target) == (requested.host.lower(), requested.target) else None


def _host(reply: LiveReply) -> str:
    """Return the address of this machine that the first request was sent to."""
    try:
        address = parse_address(reply.address)
    except ValueError:
        return "127.0.0.1"
    return address.host if isinstance(address, TcpAddress) else "127.0.0.1"


TOPIC = TopicCollector("redirects", _collect, "where the redirects end")
