"""All ways to serve that can be compared, in the order of the tables."""

from __future__ import annotations

from enuf.bench.subjects.base import Subject
from enuf.bench.subjects.enuf_topology import EnufTopology
from enuf.bench.subjects.flask_run import FlaskRun
from enuf.bench.subjects.granian_by_hand import GranianByHand
from enuf.bench.subjects.gunicorn_by_hand import GunicornByHand
from enuf.bench.subjects.mod_wsgi_express import ModWsgiExpress
from enuf.bench.subjects.nginx_uwsgi_by_hand import NginxUwsgiByHand
from enuf.bench.subjects.passenger_standalone import PassengerStandalone
from enuf.bench.subjects.waitress_alone import WaitressAlone
from enuf.plan.topologies import TOPOLOGIES

_PEERS: tuple[Subject, ...] = (
    NginxUwsgiByHand(),
    FlaskRun(),
    GunicornByHand("sync", with_nginx=False),
    GunicornByHand("gthread", with_nginx=False),
    GunicornByHand("sync", with_nginx=True),
    GunicornByHand("gthread", with_nginx=True),
    GranianByHand(with_nginx=False),
    GranianByHand(with_nginx=True),
    WaitressAlone(),
    ModWsgiExpress(),
    PassengerStandalone(),
)
PEERS: dict[str, Subject] = {peer.name: peer for peer in _PEERS}
SUBJECTS: dict[str, Subject] = {
    **{name: EnufTopology(row) for name, row in TOPOLOGIES.items()},
    **PEERS,
}
