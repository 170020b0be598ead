"""Nothing at error level on what works: the shapes that the manuals teach, and the configurations that people run."""

from __future__ import annotations

import pytest

from enuf.doctor.engine import examine
from enuf.doctor.read.assemble import evidence_of

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
SITE = "server {\n  listen 80;\n  server_name shop.example;\n  location / { include uwsgi_params; uwsgi_pass unix:/run/shop/shop.sock; }\n}\n"

HEALTHY: dict[str, dict[str, str]] = {
    "the quickstart of the manual": {
        "uwsgi.ini": "[uwsgi]\nsocket = 127.0.0.1:3031\nchdir = /home/me/project/\nwsgi-file = project/wsgi.py\n"
        "processes = 4\nthreads = 2\nstats = 127.0.0.1:9191\n"
    },
    "django's old handler": {
        "uwsgi.ini": "[uwsgi]\nsocket = 127.0.0.1:3031\nchdir = /home/me/project/\npythonpath = ..\n"
        "env = DJANGO_SETTINGS_MODULE=project.settings\nmodule = django.core.handlers.wsgi:WSGIHandler()\n"
    },
    "a wildcard port, as the manual writes it": {
        "uwsgi.ini": "[uwsgi]\nsocket = :3031\nmodule = foobar\nmaster = true\n"
    },
    "the http router with TLS and a shared socket": {
        "uwsgi.ini": "[uwsgi]\nshared-socket = :443\nhttps = =0,foobar.crt,foobar.key\nuid = foo\ngid = bar\nmodule = wsgihandler\nmaster = true\n"
    },
    "placeholders and sums": {
        "uwsgi.ini": "[uwsgi]\ndomain = shop.example\nset-ph = space=64\nsocket = /tmp/sockets/%(domain).sock\n"
        "chdir = /var/www/%(domain)\nlimit-as = %(space)\nmaster\nprocesses = %k\n"
    },
    "conditions and loops": {
        "uwsgi.ini": "[uwsgi]\nif-env = PATH\nprint = %(_)\nendif =\nfor = 1 2 3\nsocket = /tmp/s%(_).sock\nendfor =\n"
        "if-exists = /tmp/maintenance\nroute = .* redirect:/offline\nendif =\nmodule = app:app\n"
    },
    "sections that load each other": {
        "uwsgi.ini": "[uwsgi]\nini = :app\n[app]\nsocket = /tmp/a.sock\nplugin = psgi\npsgi = app.pl\n"
    },
    "cheaper": {
        "uwsgi.ini": "[uwsgi]\ncheaper-algo = spare\ncheaper = 2\ncheaper-initial = 5\nworkers = 10\ncheaper-step = 1\n"
    },
    "an emperor": {"emperor.ini": "[uwsgi]\nemperor = /etc/uwsgi/vassals\nuid = www-data\ngid = www-data\n"},
    "broodlord and zergs": {
        "uwsgi.ini": "[uwsgi]\nsocket = :3031\nmaster = true\nvassal-sos-backlog = 10\nmodule = app:app\nzerg-server = /tmp/b.sock\n"
        "[zerg]\nzerg = /tmp/b.sock\nmodule = app:app\nidle = 30\n"
    },
    "two mounted apps": {
        "uwsgi.ini": "[uwsgi]\nsocket = 127.0.0.1:3031\nmount = /a=a.py\nmount = shop.example=b.py\nmanage-script-name = true\n",
        "a.py": "def application(environ, start_response): return []\n",
    },
    "xml": {
        "uwsgi.xml": "<uwsgi>\n  <socket>/tmp/u.sock</socket>\n  <master/>\n  <workers>3</workers>\n</uwsgi>\n"
    },
    "yaml": {
        "uwsgi.yaml": "uwsgi:\n  socket: /tmp/u.sock\n  socket: 127.0.0.1:8000\n  master: 1\n  workers: 3\n"
    },
    "json": {
        "uwsgi.json": '{"uwsgi": {"socket": ["/tmp/u.sock", "127.0.0.1:8000"], "master": true, "workers": 3}}\n'
    },
    "comments behind flags and numbers, which work by luck": {
        "uwsgi.ini": "[uwsgi]\nstrict = true\nmaster = true ; respawn\nvacuum = true  # tidy up\nharakiri = 60 ; seconds\n"
        "disable-logging = true ; quiet\nhttp = localhost:8000   # here\nmodule = app:app\n"
    },
    "crons, hooks and formats with signs of all kinds": {
        "uwsgi.ini": "[uwsgi]\ncron = 59 2 -1 -1 -1 backup.sh # nightly; all of it\nattach-daemon = sh -c 'a; b'\n"
        'log-format = %(addr) [%(ltime)] "%(method) %(uri)" %(status) ; %(msecs)\nroute = ^/x# redirect:/y\n'
        "hook-post-app = exec:echo a ; b\nadd-header = Set-Cookie: a=b; Path=/\n"
    },
    "the lecture's shape, cured": {
        "uwsgi.ini": "[uwsgi]\nchdir = /srv/app\nsocket = /run/shop/shop.sock\nchown-socket = shop:www-data\nchmod-socket = 660\n"
        "module = wsgi:app\nmaster = true\nprocesses = 4\nthreads = 2\nvacuum = true\ndie-on-term = true\n",
        "wsgi.py": "from app import app\nif __name__ == '__main__':\n    app.run(debug=True)\n",
        "app.py": FLASK,
        "site.conf": SITE,
    },
    "a unit, its ini and a site": {
        "shop.service": "[Service]\nUser=shop\nGroup=www-data\nWorkingDirectory=/srv/app\nRuntimeDirectory=shop\n"
        "Environment=PATH=/srv/app/venv/bin\nExecStart=/srv/app/venv/bin/uwsgi --ini shop.ini\nRestart=always\nKillSignal=SIGQUIT\n"
        "Type=notify\nNotifyAccess=all\n",
        "shop.ini": "[uwsgi]\nmodule = wsgi:app\nmaster = true\nprocesses = 5\nsocket = /run/shop/shop.sock\nchmod-socket = 660\nvacuum = true\n",
        "wsgi.py": FLASK,
        "site.conf": SITE,
    },
    "containers: nginx speaks to a service by its name": {
        "flask/Dockerfile": 'FROM python:3\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD ["uwsgi", "app.ini"]\n',
        "flask/app.ini": "[uwsgi]\nwsgi-file = app.py\ncallable = app\nsocket = :5050\nprocesses = 2\nmaster = true\nchmod-socket = 666\ndie-on-term = true\n",
        "flask/app.py": FLASK,
        "flask/requirements.txt": "flask\nuwsgi\n",
        "nginx/nginx.conf": "server {\n  listen 5000;\n  location / { include uwsgi_params; uwsgi_pass flask:5050; }\n}\n",
        "docker-compose.yml": 'services:\n  flask:\n    build: ./flask\n    expose:\n      - 5050\n  nginx:\n    build: ./nginx\n    ports:\n      - "5000:5000"\n',
    },
    "a platform that gives the port": {
        "Procfile": "web: uwsgi uwsgi.ini --http-socket :$PORT\n",
        "uwsgi.ini": "[uwsgi]\nhttp-socket = :$(PORT)\nmaster = true\ndie-on-term = true\nmodule = shop.wsgi:application\nmemory-report = true\n",
    },
    "an image that brings a configuration of its own": {
        "Dockerfile": "FROM tiangolo/uwsgi-nginx-flask:python3.8\nCOPY ./app /app\n",
        "app/uwsgi.ini": "[uwsgi]\nmodule = main\ncallable = app\n",
        "app/main.py": FLASK,
    },
    "debian's own folder of apps": {
        "/etc/uwsgi/apps-available/shop.ini": "[uwsgi]\nplugins = python3\nchdir = /srv/shop\nmodule = wsgi:app\nvirtualenv = /srv/shop/venv\n"
    },
    "a factory that is called": {
        "uwsgi.ini": "[uwsgi]\nsocket = /run/shop/shop.sock\nmodule = shop:create_app()\n",
        "shop.py": "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n",
    },
    "a callable that is a function of WSGI": {
        "uwsgi.ini": "[uwsgi]\nsocket = /run/shop/shop.sock\nwsgi-file = hello.py\n",
        "hello.py": "def application(env, start_response):\n    start_response('200 OK', [])\n    return [b'x']\n",
    },
    "the upstream of the django tutorial": {
        "site.conf": "upstream django {\n  server 127.0.0.1:8001;\n}\nserver {\n  listen 8000;\n  server_name example.com;\n"
        "  charset utf-8;\n  client_max_body_size 75M;\n  location /media { alias /srv/site/media; }\n"
        "  location / { uwsgi_pass django; include /srv/site/uwsgi_params; }\n}\n"
    },
    "the example of nginx's module": {
        "site.conf": "server {\n  location / {\n    include uwsgi_params;\n    uwsgi_pass localhost:9000;\n  }\n}\n"
    },
    "the manual's cluster": {
        "site.conf": "upstream c {\n  server unix:///tmp/u.sock;\n  server 192.168.1.235:3031;\n}\n"
        "server {\n  listen 80;\n  location / { root html; uwsgi_pass c; uwsgi_param UWSGI_SCRIPT app; include uwsgi_params; }\n}\n"
    },
    "nginx's proxy example": {
        "site.conf": "server {\n  listen 80;\n  location / {\n    proxy_pass http://127.0.0.1:8000;\n    proxy_set_header Host $host;\n"
        "    proxy_set_header X-Real-IP $remote_addr;\n  }\n}\n"
    },
    "flask's page on nginx": {
        "site.conf": "server {\n  listen 80;\n  server_name _;\n  location / {\n    proxy_pass http://127.0.0.1:8000/;\n"
        "    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n    proxy_set_header X-Forwarded-Proto $scheme;\n"
        "    proxy_set_header X-Forwarded-Host $host;\n    proxy_set_header X-Forwarded-Prefix /;\n  }\n}\n",
        "app.py": "from flask import Flask\nfrom werkzeug.middleware.proxy_fix import ProxyFix\napp = Flask(__name__)\n"
        "app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1, x_prefix=1)\n",
    },
    "a template": {
        "uwsgi.ini": "[uwsgi]\nchdir = {{ path }}\nmodule = {{ app }}.wsgi:application\nsocket = /run/{{ app }}.sock\n"
        "processes = {{ workers }}\n{% if debug %}\npy-autoreload = {{ seconds }}\n{% endif %}\nvacuum = {{ tidy }}\n"
    },
    "values that another program fills in": {
        "uwsgi.ini": "[uwsgi]\nprocesses = ${WORKERS}\nhttp-socket = :${PORT}\nmodule = $APP\nmaster = ${MASTER:-true}\n"
    },
    "a site with certbot's lines": {
        "site.conf": "server {\n  server_name shop.example;\n  location / { include uwsgi_params; uwsgi_pass unix:/run/shop/shop.sock; }\n"
        "  listen [::]:443 ssl ipv6only=on; # managed by Certbot\n  listen 443 ssl; # managed by Certbot\n"
        "  ssl_certificate /etc/letsencrypt/live/shop/fullchain.pem;\n  ssl_certificate_key /etc/letsencrypt/live/shop/privkey.pem;\n"
        "  include /etc/letsencrypt/options-ssl-nginx.conf;\n  ssl_dhparam /etc/letsencrypt/ssl-dhparams.pem;\n}\n"
        "server {\n  if ($host = shop.example) { return 301 https://$host$request_uri; }\n  listen 80;\n  server_name shop.example;\n  return 404;\n}\n"
    },
    "a whole nginx.conf of a container": {
        "nginx.conf": "worker_processes auto;\nevents { worker_connections 1024; }\nhttp {\n  include mime.types;\n  sendfile on;\n"
        "  upstream app { server web:8000; }\n  server {\n    listen 80;\n    location / { proxy_pass http://app; proxy_set_header Host $host; }\n"
        "    location /static/ { alias /static/; }\n  }\n}\n"
    },
    "options newer than the table": {
        "uwsgi.ini": "[uwsgi]\nsocket = /run/a/a.sock\nmodule = app:app\nbrand-new-option = 3\n"
    },
    "inis of other programs": {
        "alembic.ini": "[alembic]\nscript_location = migrations\n[loggers]\nkeys = root\n",
        "tox.ini": "[tox]\nenvlist = py3\n[testenv]\ncommands = pytest  # all\n",
        "my.cnf": "[mysqld]\nsocket = /run/mysqld.sock # x\n[client]\nsocket = /run/mysqld.sock\nport = 3306\n",
        "php.conf": "[www]\nlisten = /run/php.sock\nuser = www-data\nprocesses = 4 ; x\n",
    },
    "a pyramid ini with a section for uWSGI": {
        "production.ini": "[app:main]\nuse = egg:shop\n[server:main]\nuse = egg:waitress#main # x\n[uwsgi]\npaste = config:%p\nsocket = /tmp/p.sock\nmaster = true\n"
    },
}


@pytest.mark.parametrize("name", HEALTHY)
def test_no_error_on_health(name: str) -> None:
    findings = examine(evidence_of(HEALTHY[name]))
    assert [f"{each.code} {each.message}" for each in findings if each.severity == "error"] == []
