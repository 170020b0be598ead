"""nginx and uWSGI set up by hand, as the lecture notes end."""

from __future__ import annotations

from enuf.bench.subjects.base import ENTRY, HowToReload, Need, Setup, SubjectPlace
from enuf.bench.subjects.nginx_by_hand import NGINX, PASSED_BY_UWSGI, nginx_command, nginx_files

_INI = """[uwsgi]
strict = true
master = true
need-app = true
die-on-term = true
enable-threads = true
chdir = {project}
pythonpath = {folder}
module = {entry}:application
socket = {folder}/app.sock
chmod-socket = 600
listen = 1024
buffer-size = 65535
processes = {processes}
threads = {threads}
{start}"""
_START = "binary-path = {program}\n"
"""What uWSGI runs when it starts itself anew (HUP): pip's uWSGI needs the Python of the virtualenv for that."""


class NginxUwsgiByHand:
    """nginx in front of uWSGI; both write a line per request."""

    name = "nginx-uwsgi-by-hand"
    needs: tuple[Need, ...] = (NGINX, Need(program="uwsgi", install="pip install pyuwsgi"))

    def setup(self, place: SubjectPlace) -> Setup:
        """Return uWSGI's ini, nginx's site, and both commands."""
        ini = _INI.format(
            project=place.app.project,
            folder=place.folder,
            entry=ENTRY,
            processes=place.processes,
            threads=place.threads,
            start=_START.format(program=place.uwsgi[0]) if len(place.uwsgi) > 1 else "",
        )
        return Setup(
            commands=((*place.uwsgi, "--ini", f"{place.folder}/uwsgi.ini"), nginx_command(place)),
            files={"uwsgi.ini": ini, **nginx_files(place, PASSED_BY_UWSGI)},
            reload=HowToReload(signal="HUP", to=0),
        )
