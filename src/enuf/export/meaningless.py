"""Settings that mean nothing where an engine runs the containers, by target: a setting or a section, and what takes its place."""

from __future__ import annotations

from collections.abc import Mapping

from enuf.export.describe import LISTEN

WITH_ENUF: Mapping[str, str] = {
    "tls": "HTTPS ends before the container: at the proxy, Ingress or load balancer in front",
    "serve.listen": f"the container listens at {LISTEN}, and the engine says what is reachable from outside",
    "serve.socket_mode": "there is no unix socket for visitors",
    "serve.proxy_protocol": "the engine's own proxy speaks plain HTTP to the container",
    "serve.user": "the image has a user of its own, 10001, who is not root",
    "nginx": "the image has the embedded one",
    "uwsgi": "the image has the embedded one",
    "python": "the image has a Python of its own",
    "install": "nothing is installed on a host",
    "alert": "the engine sees a container fail, and its monitoring says so",
    "reload.watch": "the code of an image does not change",
}
WITHOUT_ENUF: Mapping[str, str] = {
    **WITH_ENUF,
    "dashboard": "it belongs to enuf, which does not run beside these servers",
    "log.rotate": "the servers write to the engine's log, which rotates it",
    "http.maintenance": "only enuf maintenance closes the site; scale the app to 0 copies in its place",
}
"""Where each server has a container of its own, and no enuf runs."""
ON_SWARM: Mapping[str, str] = {
    **WITHOUT_ENUF,
    "schedule": "Swarm starts nothing at certain times: let a timer of a manager run `docker service` commands",
    "reload.before": "Swarm runs nothing before an update: run the commands in a container of the new image first",
    "static.mode": "nginx may be of another version than the copy that wrote a page: static files go through the app",
    "serve.link": "each copy listens at port 3031 of a network of its own",
}
ON_KUBERNETES: Mapping[str, str] = {
    **WITHOUT_ENUF,
    "serve.link": "the servers of a pod share a unix socket",
}
