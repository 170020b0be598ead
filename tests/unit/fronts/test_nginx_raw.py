"""[raw] in the host's nginx: what a project may say there, and that nothing else gets through."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enuf.fronts.nginx_raw import read_lines
from enuf.fronts.nginx_raw_rules import raw_problems
from enuf.model.site import Site
from enuf.syntax.nginx_balance import fault_in_lines
from enuf.syntax.nginx_tree import ParsedDirective
from tests.support.examples import examples
from tests.support.parts import HOST_NGINX, plan

ALLOWED_SERVER = """
add_header X-Frame-Options "SAMEORIGIN" always;   # headers
add_header Content-Security-Policy "default-src 'self'; img-src *" always;
location = /robots.txt { return 200 "User-agent: *\\n"; }
location ~ "^/old/[0-9]{4}/(.*)$" { return 301 https://$host/new/$1; }
location ^~ /ws/ {
    proxy_pass http://127.0.0.1:8081/;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";
    limit_req zone=logins burst=5 nodelay;
}
rewrite ^/feed$ /rss.xml last;
rewrite ^/blog/(.*)$ /news/$1 permanent;
rewrite ^/x/(.*)$ https://other.example/$1;
if ($scheme = http) { return 301 https://$host$request_uri; }
if ($is_api) { set $kind api; }
location /big/ { gzip on; gzip_types text/plain application/json; }
limit_conn conns 10;
limit_rate 500k;
access_log off;
error_page 404 = @missing;
error_page 500 502 /sorry.html;
location @missing { return 410; }
allow 10.0.0.0/8; deny all;
auth_request /check;
auth_request_set $who $upstream_http_x_user;
add_header X-Who "$who${kind}";
"""
ALLOWED_HTTP = """
map $uri $is_api { ~^/api/ 1; "~^/a{1,2}$" 2; default 0; }
geo $near { default 0; 10.0.0.0/8 1; }
split_clients "${remote_addr}AAA" $variant { 50% a; * b; }
limit_req_zone $binary_remote_addr zone=logins:1m rate=5r/m;
limit_conn_zone $binary_remote_addr zone=conns:10m;
"""

REFUSED_SERVER = (
    "access_log /etc/cron.d/owned;",
    "location = /w { access_log /etc/cron.d/owned combined; return 200; }",
    '"access_log" /etc/cron.d/owned;',
    "'access_log' /etc/cron.d/owned;",
    "access_log\n/etc/cron.d/owned;",
    "access_log syslog:server=unix:/dev/log;",
    "access_log off always;",
    "error_log /etc/passwd debug;",
    "add_header A b;access_log /x;",
    "add_header A b # ;\n; access_log /x;",
    "if ($arg_x) { access_log /x; }",
    "limit_except GET { access_log /x; }",
    "location / { location /a { access_log /x; } }",
    "include /etc/shadow;",
    "include /etc/enuf/blog/*.conf;",
    "location / { include /etc/passwd; }",
    "root /;",
    "alias /etc/;",
    "location /x { root /etc; }",
    "location /x/ { alias /etc/; autoindex on; }",
    "try_files /$arg_f =404;",
    "index /../../etc/passwd;",
    "random_index on;",
    "ssl_certificate /etc/ssl/x.pem;",
    "ssl_certificate_key /etc/ssl/private/other.key;",
    "ssl_password_file /etc/shadow;",
    "ssl_dhparam /etc/shadow;",
    "ssl_trusted_certificate /etc/shadow;",
    "listen 22;",
    "listen 80 default_server;",
    "listen unix:/run/x;",
    "server_name blog.example;",
    "server { listen 81; }",
    "http { }",
    "events { }",
    "load_module /tmp/evil.so;",
    "user root;",
    "env LD_PRELOAD=/tmp/x;",
    "pid /etc/x;",
    "working_directory /;",
    "client_body_temp_path /etc/cron.d;",
    "client_body_in_file_only on;",
    "proxy_temp_path /etc/cron.d;",
    "uwsgi_temp_path /etc/cron.d;",
    "fastcgi_temp_path /etc/cron.d;",
    "proxy_store /etc/cron.d/x;",
    "location / { proxy_store on; proxy_pass http://127.0.0.1:80/; }",
    "proxy_cache_path /etc/cron.d keys_zone=a:1m;",
    "dav_methods PUT;",
    "create_full_put_path on;",
    "auth_basic_user_file /srv/blog/.htpasswd;",
    "auth_jwt_key_file /etc/shadow;",
    "perl_modules /tmp;",
    'perl "sub { system(q(id)) }";',
    "js_import /tmp/x.js;",
    "js_content x.y;",
    'content_by_lua_block { os.execute("id") }',
    "content_by_lua_file /tmp/x.lua;",
    'access_by_lua "os.execute(1)";',
    "ssi on;",
    "xslt_stylesheet /etc/passwd;",
    "geoip_country /etc/shadow;",
    "resolver 127.0.0.1;",
    "uwsgi_pass unix:/run/enuf-blog/app.sock;",
    "location /x { uwsgi_pass unix:/run/enuf-blog/app.sock; }",
    "uwsgi_param UWSGI_FILE /tmp/x.py;",
    "fastcgi_pass unix:/run/php.sock;",
    "scgi_pass 127.0.0.1:1;",
    "grpc_pass 127.0.0.1:1;",
    "memcached_pass 127.0.0.1:1;",
    "location /x { proxy_pass http://unix:/run/enuf-blog/app.sock; }",
    "location /x { proxy_pass http://UNIX:8080; }",
    "location /x { proxy_pass http://unix:80/run/blog.sock; }",
    "location /x { proxy_pass http://$arg_to; }",
    "location /x { proxy_pass http://127.0.0.1:$arg_port; }",
    "location /x { proxy_pass http://127.0.0.1:80$arg_port; }",
    "location /x { proxy_pass $arg_to; }",
    "location /x { proxy_pass http://blog_app; }",
    "location /x { proxy_pass http://api.example:80/; }",
    "allow office.example;",
    "deny unix:/run/x;",
    "location /x { proxy_pass http://enuf_blog_app/; }",
    "error_page 404 /static/../../../etc/passwd;",
    "error_page 404 /$arg_x;",
    "error_page 404 $arg_x;",
    "rewrite ^/x$ /static/$arg_f last;",
    "rewrite ^/x(..)/(.*)$ /static/$1/$2 last;",
    "rewrite ^/x$ /static/../../etc/passwd;",
    "rewrite ^/x$ /static/../../etc/passwd break;",
    "auth_request /$arg_x;",
    "if (-f $arg_x) { return 200; }",
    "if (!-e /etc/shadow) { return 200; }",
    "limit_req zone=of_blog;",
    "limit_conn of_blog 1;",
    'return 200 "$secret_of_another_site";',
    'return 200 "${e_blog_host}";',
    "add_header X $connection_upgrade;",
    "set $mine $api_key;",
    "location ~ ^/(?<e_blog_host>.*)$ { return 200; }",
    "location ~ ^/(?P<api_key>.*)$ { return 200; }",
    "rewrite ^/(?'api_key'.*)$ /x redirect;",
    "client_header_timeout 1;",
    "large_client_header_buffers 4 1g;",
    "underscores_in_headers on;",
    "stub_status;",
    "post_action /x;",
    "mirror /x;",
    "types { text/html x; }",
    "no_such_directive on;",
    'return 200 "a\rb";',
    "location / {",
    "}",
    "} access_log /x; location / {",
    "} } http { access_log /x; server {",
    "add_header X 'a",
    "return;",
    "map $uri $x { default 0; }",
)
REFUSED_HTTP = (
    'log_format x escape=none "$arg_x";',
    "access_log /etc/cron.d/x;",
    "error_log /x;",
    "include /etc/shadow;",
    "map $uri $x { include /etc/shadow; }",
    'map $uri $x { "include" /etc/shadow; }',
    "geo $x { include /etc/shadow; }",
    "split_clients $uri $x { include /etc/shadow; }",
    "server { listen 80; server_name blog.example; }",
    "upstream blog { server unix:/run/enuf-blog/app.sock; }",
    "gzip on;",
    "add_header X y;",
    "map $uri $enuf_host { default evil; }",
    "map $uri $host { default evil; }",
    "map $uri $remote_user { default admin; }",
    "map $api_key $x { default $api_key; }",
    "map $uri $x { default $api_key; }",
    "map $uri $x { ~(?<api_key>.*) 1; }",
    "limit_req_zone $binary_remote_addr zone=a:100g rate=1r/s;",
    "limit_req_zone $binary_remote_addr zone=a:999m rate=1r/s;",
    "limit_conn_zone $binary_remote_addr zone=a;",
    "proxy_cache_path /etc/cron.d keys_zone=a:1m;",
    "perl_set $x 'sub { 1 }';",
    "js_set $x a.b;",
    "init_by_lua_block { }",
    "ssl_certificate_key /x;",
    "client_body_temp_path /x;",
    "variables_hash_max_size 1;",
    "} user root; http {",
    "lua_package_path '/tmp/?.lua';",
    "types_hash_max_size 1;",
)


def site_text(http: str = "", server: str = "", own: tuple[Any, ...] = ()) -> str:
    wishes = {
        "serve.hosts": ["shop.example"],
        "serve.listen": "0.0.0.0:80",
        "raw.nginx_http": http,
        "raw.nginx_server": server,
    }
    made = plan(wishes, site=Site(name="shop", nginx=HOST_NGINX, own=own))
    (file,) = [file for file in made.files if file.reader == "host"]
    return file.text


def test_a_start_does_not_load_the_reader_of_nginx_s_grammar() -> None:
    script = "import sys, enuf.start.pipeline; print('crossplane' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_headers_redirects_locations_limits_compression_and_rewrites_may_be_said() -> None:
    assert raw_problems(ALLOWED_HTTP, ALLOWED_SERVER) == []


@pytest.mark.parametrize("line", REFUSED_SERVER)
def test_what_reaches_beyond_the_site_is_refused_in_its_server(line: str) -> None:
    assert raw_problems("", line)
    assert raw_problems(ALLOWED_HTTP, f"{ALLOWED_SERVER}\n{line}")


@pytest.mark.parametrize("line", REFUSED_HTTP)
def test_what_reaches_beyond_the_site_is_refused_above_its_server(line: str) -> None:
    assert raw_problems(line, "")
    assert raw_problems(f"{ALLOWED_HTTP}\n{line}", ALLOWED_SERVER)


def test_a_refusal_names_the_line_and_what_does_it_instead() -> None:
    (found,) = raw_problems("", "add_header A b;\n\n  root /etc;\n")
    assert (found.level, found.line) == ("server", 3)
    assert found.text.startswith("root: ") and "static.extra" in found.text


def test_names_that_all_sites_share_become_the_sites_own() -> None:
    text = site_text(ALLOWED_HTTP, ALLOWED_SERVER)
    assert "map $uri $e_shop_raw_is_api {" in text and "if ($e_shop_raw_is_api) {" in text
    assert 'add_header X-Who "$e_shop_raw_who${e_shop_raw_kind}";' in text or (
        "add_header X-Who $e_shop_raw_who${e_shop_raw_kind};" in text
    )
    assert "zone=enuf_shop_raw_logins:1m" in text and "limit_req zone=enuf_shop_raw_logins" in text
    assert "limit_conn enuf_shop_raw_conns 10;" in text
    assert not any(f"${name}" in text for name in ("is_api", "near", "variant", "kind", "who"))


def test_the_lines_are_written_as_they_were_read_and_not_copied() -> None:
    text = site_text("", 'add_header "X"\n  "a;b" # } access_log /x;\n;')
    assert "add_header X 'a;b';" in text or 'add_header X "a;b";' in text
    assert "access_log /x" not in text


def test_roots_own_files_are_included_where_they_exist_and_nginx_starts_without_them() -> None:
    assert "/etc/enuf/" not in site_text("", "etag off;")
    text = site_text(own=("http", "server"))
    assert text.count("include /etc/enuf/shop/http.con[f];") == 1
    assert text.count("include /etc/enuf/shop/server.con[f];") == 1
    assert text.index("http.con[f]") < text.index("server {") < text.index("server.con[f]")


PIECES = (
    "x", "/a", "200", " ", "\n", "\t", ";", "{", "}", "#", '"', "'", "\\", "$host", "${uri}", "$", "(", ")", "=", "~", "access_log", "\\;", '\\"', "\\n", "é", ".", "*",
)  # fmt: skip
SAYINGS = (
    "add_header X %s;", "add_header %s x;", "return 200 %s;", "location %s { etag off; }", "if ($host = %s) { break; }", "set $v %s;", "%s", "add_header X \"%s\";",
    "rewrite %s /x redirect;", "# %s", "error_page 404 %s;",
)  # fmt: skip
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join)
LINES = st.lists(
    st.builds(lambda saying, word: saying.replace("%s", word), st.sampled_from(SAYINGS), HOSTILE),
    min_size=1,
    max_size=3,
)


def outline(directives: tuple[ParsedDirective, ...]) -> list[Any]:
    return [
        (each.name, each.args, None if each.block is None else outline(each.block)) for each in directives
    ]


@settings(max_examples=examples(300), deadline=None)
@given(LINES.map("\n".join))
def test_whatever_is_accepted_is_read_back_from_the_site_as_it_was_judged(text: str) -> None:
    if fault_in_lines(text) or raw_problems("", text):
        return
    judged = outline(read_lines(text, "server").directives)
    mark = "# raw.nginx_server: the project's own lines\n"
    read_back = read_lines(site_text(server=text).partition(mark)[2].rpartition("}")[0], "server")
    assert not read_back.faults
    assert repr(outline(read_back.directives)).replace("e_shop_raw_", "") == repr(judged)
