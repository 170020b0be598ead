"""Where settings come from, which place wins, and that everything wrong is said at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from enuf.errors import SettingsInvalid
from enuf.model.address import TcpAddress
from enuf.settings.fields import dotted_keys
from enuf.settings.load import Loaded, survey
from enuf.settings.origin import Origin
from enuf.settings.schema import Settings
from enuf.settings.values import Duration, Size

TOPOLOGIES = ("flask", "nginx-flask", "nginx-uwsgi", "nginx-gunicorn")


class Project:
    """A project folder under test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, text: str, name: str = "enuf.toml") -> Project:
        """The project with this settings file."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return self

    def load(self, environ: Mapping[str, str] | None = None, **flags: tuple[str, object]) -> Loaded:
        """Its settings; a flag's key is written with two underscores for the dot."""
        dotted = {key.replace("__", "."): flag for key, flag in flags.items()}
        return survey(self.folder, flags=dotted, environ=environ or {}, topologies=TOPOLOGIES).accepted()

    def refusal(
        self, environ: Mapping[str, str] | None = None, **flags: tuple[str, object]
    ) -> SettingsInvalid:
        """The error that loading it raises."""
        with pytest.raises(SettingsInvalid) as caught:
            self.load(environ, **flags)
        return caught.value

    def problems(self, environ: Mapping[str, str] | None = None, **flags: tuple[str, object]) -> list[str]:
        """One line for each problem."""
        error = self.refusal(environ, **flags)
        return error.detail.splitlines() or [error.summary]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project folder."""
    return Project(tmp_path)


def test_a_project_without_any_file_has_the_defaults(project: Project) -> None:
    loaded = project.load()
    assert loaded.settings == Settings()
    assert set(loaded.origins) == set(dotted_keys())
    assert set(loaded.origins.values()) == {Origin("default", "default")}


def test_flags_win_over_variables_over_enuf_toml_over_pyproject(project: Project) -> None:
    project.write(
        '[tool.enuf.serve]\nthreads = 1\nprocesses = 1\nprefix = "/p"\ntimeout = "1s"\n', "pyproject.toml"
    )
    project.write('[serve]\nthreads = 2\nprocesses = 2\nprefix = "/e"\n')
    environ = {"ENUF_SERVE_THREADS": "3", "ENUF_SERVE_PROCESSES": "3"}
    loaded = project.load(environ, serve__threads=("--threads", "4"))
    serve, origins = loaded.settings.serve, loaded.origins
    assert (serve.threads, serve.processes, serve.prefix, serve.timeout) == (4, 3, "/e", Duration(1))
    assert origins["serve.threads"] == Origin("flag", "--threads")
    assert origins["serve.processes"] == Origin("env", "ENUF_SERVE_PROCESSES")
    assert origins["serve.prefix"] == Origin("file", "enuf.toml:4")
    assert origins["serve.timeout"] == Origin("file", "pyproject.toml:5")
    assert origins["serve.max_body"] == Origin("default", "default")


def test_a_stronger_place_replaces_a_list_as_a_whole(project: Project) -> None:
    project.write('[serve]\nhosts = ["a.kr", "b.kr"]\n')
    assert project.load({"ENUF_SERVE_HOSTS": "c.kr"}).settings.serve.hosts == ("c.kr",)


def test_variables_are_read_by_the_kind_of_their_setting(project: Project) -> None:
    settings = project.load(
        {
            "ENUF_APP": "shop:create_app('a,b')",
            "ENUF_ENV_FILE": ".env, .env.local",
            "ENUF_SERVE_HOSTS": "a.kr, *.b.kr,",
            "ENUF_SERVE_PROCESSES": "auto",
            "ENUF_SERVE_THREADS": "4",
            "ENUF_SERVE_MAX_BODY": "1g",
            "ENUF_HTTP_GZIP": "off",
            "ENUF_RELOAD_WATCH": "Yes",
            "ENUF_STATIC_EXTRA": "/media/=./media,/x/=./x",
            "ENUF_ACCESS_ALLOW": "/admin=10.0.0.0/8 2001:db8::/32,/x=192.0.2.1",
            "ENUF_DASHBOARD_LISTEN": "off",
            "ENUF_RAW_UWSGI": "thunder-lock=true",
            "ENUF_RAW_NGINX_SERVER": "deny 10.0.0.1;\nallow all;",
        }
    ).settings
    assert settings.app == "shop:create_app('a,b')"
    assert settings.env_file == (".env", ".env.local")
    assert settings.serve.hosts == ("a.kr", "*.b.kr")
    assert (settings.serve.processes, settings.serve.threads, settings.serve.max_body) == (
        "auto",
        4,
        Size(1 << 30),
    )
    assert (settings.http.gzip, settings.reload.watch) == (False, True)
    assert settings.static.extra == {"/media/": "./media", "/x/": "./x"}
    assert settings.access.allow == {"/admin": ("10.0.0.0/8", "2001:db8::/32"), "/x": ("192.0.2.1",)}
    assert settings.dashboard.listen is None
    assert settings.raw.uwsgi == {"thunder-lock": "true"}
    assert settings.raw.nginx_server == "deny 10.0.0.1;\nallow all;"


@pytest.mark.parametrize("word", ["true", "1", "on", "yes", "TRUE"])
def test_a_switch_in_a_variable_has_many_words_for_yes(project: Project, word: str) -> None:
    assert project.load({"ENUF_WORKERS_LAZY": word}).settings.workers.lazy is True


@pytest.mark.parametrize("word", ["false", "0", "off", "no"])
def test_a_switch_in_a_variable_has_many_words_for_no(project: Project, word: str) -> None:
    assert project.load({"ENUF_HTTP_GZIP": word}).settings.http.gzip is False


def test_an_empty_variable_counts_as_not_set(project: Project) -> None:
    loaded = project.load({"ENUF_SERVE_LISTEN": ""})
    assert loaded.origins["serve.listen"].kind == "default"


def test_variables_of_enuf_itself_are_left_alone(project: Project) -> None:
    environ = {"ENUF_APP_FD": "3", "ENUF_GENERATION": "7", "ENUF_RUN": "/run", "ENUF_X": "", "PATH": "/bin"}
    assert project.load(environ).settings == Settings()


def test_a_flag_may_be_repeated_or_hold_commas(project: Project) -> None:
    loaded = project.load(serve__hosts=("--server-name", ("a.kr,b.kr", "c.kr")))
    assert loaded.settings.serve.hosts == ("a.kr", "b.kr", "c.kr")


def test_a_flag_that_was_not_given_changes_nothing(project: Project) -> None:
    loaded = project.load(serve__hosts=("--server-name", ()), serve__threads=("--threads", None))
    assert loaded.settings == Settings()


def test_a_flag_may_hold_a_value_that_is_typed_already(project: Project) -> None:
    assert project.load(serve__threads=("--threads", 8)).settings.serve.threads == 8


def test_an_empty_flag_means_empty(project: Project) -> None:
    project.write('[serve]\nhosts = ["a.kr"]\nprefix = "/a"\n')
    serve = project.load(serve__hosts=("--set", ""), serve__prefix=("--set", "")).settings.serve
    assert (serve.hosts, serve.prefix) == ((), "")


def test_one_problem_is_the_summary_itself(project: Project) -> None:
    error = project.write("[serve]\n\ntreads = 3\n").refusal()
    assert error.summary == "enuf.toml:3: unknown setting serve.treads: did you mean serve.threads?"
    assert error.hint.startswith("serve.threads: Threads in each process")
    assert error.detail == ""
    assert error.exit_code == 4


def test_several_problems_are_told_at_once_each_with_its_origin(project: Project) -> None:
    project.write('[tool.enuf.serve]\ntimeout = "30 sec"\n', "pyproject.toml")
    project.write("[serve]\ntreads = 3\n\n[raw.uwsgi]\nharakiri = 20\n")
    error = project.refusal({"ENUF_HTTP_GZIP": "maybe"}, serve__listen=("--listen", "0.0.0.0"))
    assert error.summary == "5 problems in the settings"
    assert error.hint
    assert error.detail.splitlines() == [
        "pyproject.toml:2: serve.timeout: '30 sec' is not a duration: write \"30s\"",
        "enuf.toml:2: unknown setting serve.treads: did you mean serve.threads?",
        "ENUF_HTTP_GZIP: http.gzip: 'maybe' is not true or false: write one of true, 1, on, yes, false, 0, off, no",
        "--listen: serve.listen: '0.0.0.0' has no port: write host:port, like 127.0.0.1:8000",
        "enuf.toml:4: raw.uwsgi sets harakiri: set serve.timeout, which uWSGI and nginx both follow",
    ]


def test_a_bad_value_is_told_even_where_a_flag_overrides_it(project: Project) -> None:
    project.write("[serve]\nthreads = 999\n")
    assert project.problems(serve__threads=("--threads", "2")) == [
        "enuf.toml:2: serve.threads: 999 is not a whole number from 1 to 256"
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("timeout = 30", "serve.timeout: '30' has no unit: write \"30s\""),
        ('timeout = "500ms"', 'serve.timeout: "500ms" is too little: write "1s" or more'),
        ('timeout = "1s500ms"', 'serve.timeout: "1s500ms" is too fine: write whole seconds, like "1s"'),
        ('timeout = "2d"', 'serve.timeout: "2d" is too much: write "1d" or less'),
        ('max_body = "16 MB"', "serve.max_body: '16 MB' is not a size: write \"16m\""),
        ('max_header = "2m"', 'serve.max_header: "2m" is too much: write "1m" or less'),
        ("threads = 0", "serve.threads: 0 is not a whole number from 1 to 256"),
        ('threads = "2"', "serve.threads: '2' is not a whole number from 1 to 256"),
        ("threads = true", "serve.threads: true is not a whole number from 1 to 256"),
        ("threads = 2.0", "serve.threads: 2.0 is not a whole number from 1 to 256"),
        ("processes = 257", 'serve.processes: 257 is not a whole number from 1 to 256; possible too: "auto"'),
        ('hosts = "a.kr"', "serve.hosts: 'a.kr' is not a list: write [\"a.kr\"]"),
        ("hosts = [1]", 'serve.hosts: 1 is not a host name like "example.com"'),
        ("listen = []", 'serve.listen: the list is empty: write an address like "127.0.0.1:8000"'),
        ("listen = [8000, 8000]", "serve.listen: 127.0.0.1:8000 is in the list twice: remove one of them"),
        (
            'listen = ["0.0.0.0:80", 80]',
            "serve.listen: 0.0.0.0:80 takes 127.0.0.1:80 too: remove 127.0.0.1:80",
        ),
        (
            'listen = ["127.0.0.1:0", "[::1]:0"]',
            "serve.listen: port 0 leaves the choice to the system, for one address only: name the ports",
        ),
        (
            'listen = "example.com:80"',
            "serve.listen: 'example.com:80': the host must be an IP address or localhost",
        ),
        ('prefix = "shop"', "serve.prefix: 'shop' does not start with \"/\""),
        ('prefix = "/shop/"', "serve.prefix: '/shop/' ends with \"/\""),
        ('trusted_proxies = ["lb"]', "serve.trusted_proxies: 'lb' is not an IP address or network"),
        (
            'user = "a b"',
            'serve.user: \'a b\' is not a user name: write it like "www-data"; possible too: "auto"',
        ),
        ('listen = "unix:/run/a\\nb"', "serve.listen: 'unix:/run/a\\nb' contains a line break"),
        ("listen = 07:32:00", 'serve.listen: 07:32:00 is not an address like "127.0.0.1:8000"'),
    ],
)
def test_a_bad_value_names_its_place_and_the_way_out(project: Project, line: str, problem: str) -> None:
    (found,) = project.write(f"[serve]\n{line}\n").problems()
    assert found.startswith(f"enuf.toml:2: {problem}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[reload]\nhealth = "health"', "reload.health: 'health' does not start with \"/\""),
        ('[reload]\nhealth = "/a b"', "reload.health: '/a b' contains a space"),
        ('[tls]\nmode = "on"', 'tls.mode: \'on\' is not "off", "local", "files" or "acme"'),
        ('[log]\nformat = "jsn"', 'log.format: \'jsn\' is not "text" or "json": did you mean "json"?'),
        (
            '[log]\nrotate = "50m"',
            "log.rotate: '50m' is not a rotation: write size x files, like \"50m x 5\"",
        ),
        ('[workers]\nscale = "8..2"', "workers.scale: '8..2' is no range"),
        ("[workers]\nscale = 3", 'workers.scale: 3 is not a range like "2..8"; possible too: "fixed"'),
        (
            '[workers]\nmax_age = "1s"',
            'workers.max_age: "1s" is too little: write "2s" or more; possible too: "off"',
        ),
        ("[workers]\nmax_age = 30", 'workers.max_age: \'30\' has no unit: write "30s"; possible too: "off"'),
        ("[workers]\nmax_requests = -1", "workers.max_requests: -1 is not a whole number of 0 or more"),
        ('[http]\ngzip = "true"', "http.gzip: 'true' is not true or false: write it without quotes"),
        ('[static]\nextra = "a"', 'static.extra: \'a\' is not a table: write it like { "name" = "value" }'),
        ('[static]\nextra = { "/" = "a" }', 'static.extra: "/" would hide the whole app'),
        ('[static]\nextra = { "/m" = "a" }', "static.extra: '/m' must start and end with \"/\""),
        ('[cache]\npaths = { "page" = "1s" }', "cache.paths: 'page' does not start with \"/\""),
        ('[cache]\npaths = { "/a*" = "1s" }', "cache.paths: '/a*' contains a character that a URL"),
        ('[cache]\npaths = { "/%41" = "1s" }', "cache.paths: '/%41' has a \"%\""),
        ('[cache]\npaths = { "/a" = "1s", "/a/" = "2s" }', "cache.paths: '/a' is there twice"),
        (
            '[cache]\npaths = { "/a" = "100ms" }',
            'cache.paths: \'/a\': "100ms" is too little: write "1s" or more',
        ),
        ('[cache]\npaths = ["/a"]', "cache.paths: a list is not a table"),
        ('[access]\nallow = { "/" = [] }', "access.allow: '/': the list is empty"),
        ('[access]\nallow = { "/" = ["unix:"] }', "access.allow: '/': 'unix:' is no address of a visitor"),
        ('[access]\ndeny = { "/" = "10.0.0.1" }', "access.deny: '/': '10.0.0.1' is not a list"),
        ('[limits]\nrequests = "10"', "limits.requests: '10' is not a rate: write requests per second"),
        ('[limits]\nrequests = "0/s"', "limits.requests: '0/s' is no rate"),
        ('[limits]\nrequests = "5/h"', "limits.requests: '5/h' is not a rate"),
        ("[limits]\nconnections = 0", "limits.connections: 0 is not a whole number from 1 to 65535"),
        ('[static]\nextra = { "/m/" = "." }', "static.extra: '/m/': '.' would publish the whole project"),
        ('[raw]\nuwsgi = { "a b" = 1 }', "raw.uwsgi: 'a b' is not the name of a uWSGI option"),
        ('[raw]\nuwsgi = { a = "b\\nsocket = x" }', "raw.uwsgi: 'a': 'b\\nsocket = x' contains a line break"),
        (
            '[raw]\nuwsgi = { a = ["b\\u0000"] }',
            "raw.uwsgi: 'a': 'b\\x00' contains a line break or another control",
        ),
        (
            "[raw]\nuwsgi = { a = 1.5 }",
            "raw.uwsgi: 'a': 1.5 is not text, a whole number, true, false or a list",
        ),
        ('[raw]\nnginx_http = "a\\u0000"', "raw.nginx_http: 'a\\x00' contains a NUL"),
    ],
)
def test_a_bad_value_in_other_sections_is_refused_too(project: Project, text: str, problem: str) -> None:
    (found,) = project.write(f"{text}\n").problems()
    assert found.startswith(f"enuf.toml:2: {problem}")


@pytest.mark.parametrize("key", ["app", "python", "nginx"])
def test_a_line_break_is_refused_above_the_sections(project: Project, key: str) -> None:
    (found,) = project.write(f'{key} = "/a\\nb"\n').problems()
    assert found.startswith(f"enuf.toml:1: {key}: '/a\\nb' contains a line break")


def test_a_variable_that_is_not_utf8_is_refused(project: Project) -> None:
    assert project.problems({"ENUF_APP": "a\udc80"}) == [r"ENUF_APP: app: 'a\udc80' is not UTF-8 text"]


def test_an_unknown_topology_names_the_nearest_one(project: Project) -> None:
    assert project.problems(topology=("--topology", "nginx-uwgi")) == [
        "--topology: topology: 'nginx-uwgi' is no topology: did you mean \"nginx-uwsgi\"?"
    ]


def test_a_topology_like_no_other_gets_the_whole_list(project: Project) -> None:
    (found,) = project.write('topology = "apache"\n').problems()
    assert found.endswith("is no topology: choose one of flask, nginx-flask, nginx-uwsgi, nginx-gunicorn")


def test_a_korean_host_name_is_kept_as_browsers_send_it(project: Project) -> None:
    settings = project.write('[serve]\nhosts = ["한국.kr"]\n').load().settings
    assert settings.serve.hosts == ("xn--3e0b707e.kr",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[serve]\ntreads = 1", "enuf.toml:2: unknown setting serve.treads: did you mean serve.threads?"),
        (
            "[workers]\nthreads = 1",
            "enuf.toml:2: unknown setting workers.threads: did you mean serve.threads?",
        ),
        ("treads = 1", "enuf.toml:1: unknown setting treads: did you mean serve.threads?"),
        ("[server]\nlisten = 1", "enuf.toml:2: unknown setting server.listen: did you mean serve.listen?"),
        (
            '[serve]\napp = "a"',
            "enuf.toml:2: unknown setting serve.app: did you mean app, which stands above the first [section]?",
        ),
        ("[serve]\ncolour = 1", "enuf.toml:2: unknown setting serve.colour"),
        ("[serve.zzz]\na = 1", "enuf.toml:1: unknown setting serve.zzz"),
        ("[zzz]", "enuf.toml:1: unknown setting zzz"),
        ("[[zzz]]\na = 1", "enuf.toml:1: unknown setting zzz"),
        ("serve = 3", "enuf.toml:1: serve is a section: write its settings below [serve]"),
        ("[app]\na = 1", "enuf.toml:1: app: a table is not text in quotes"),
        ('"\\u001b[31m" = 1', r"enuf.toml:1: unknown setting '\x1b[31m'"),
    ],
)
def test_an_unknown_key_names_the_nearest_one(project: Project, text: str, problem: str) -> None:
    assert project.write(f"{text}\n").problems() == [problem]


def test_an_unknown_key_that_is_like_no_other_gets_the_list_of_its_section(project: Project) -> None:
    assert (
        project.write("[reload]\ncolour = 1\n").refusal().hint
        == "the settings of [reload] are health, wait, before, before_timeout, watch"
    )
    assert "the sections are serve, workers" in project.write("colour = 1\n").refusal().hint


def test_an_unknown_variable_of_a_section_names_the_nearest_one(project: Project) -> None:
    assert project.problems({"ENUF_SERVE_TREADS": "3"}) == [
        "ENUF_SERVE_TREADS: unknown setting: did you mean ENUF_SERVE_THREADS?"
    ]
    error = project.refusal({"ENUF_SERVE_XYZ": "3"})
    assert error.summary == "ENUF_SERVE_XYZ: unknown setting"
    assert error.hint.startswith("the settings of [serve] are listen, socket_mode, link")


def test_an_unknown_flag_key_names_the_nearest_one(project: Project) -> None:
    assert project.problems(serve__treads=("--set", "3")) == [
        "--set: unknown setting serve.treads: did you mean serve.threads?"
    ]


@pytest.mark.parametrize("section", ["cache", "limits"])
def test_a_value_in_the_place_of_a_section_is_refused(project: Project, section: str) -> None:
    (found,) = project.write(f"{section} = 1\n").problems()
    assert found.startswith(f"enuf.toml:1: {section} is a section")


def test_limits_of_clients_without_an_address_are_refused(project: Project) -> None:
    text = '[serve]\nlisten = "unix:/run/shop.sock"\n[limits]\nrequests = "10/s"\n'
    (found,) = project.write(text).problems()
    assert found.startswith("enuf.toml:4: limits.requests goes by the visitor's address")
    assert project.write(text.replace("[limits]", 'trusted_proxies = ["unix:"]\n[limits]')).load()


def test_an_address_may_be_a_bare_port(project: Project) -> None:
    assert project.write("[serve]\nlisten = 8080\n").load().settings.serve.listen == TcpAddress(
        "127.0.0.1", 8080
    )


def test_loading_settings_imports_nothing_heavy() -> None:
    script = "import sys, enuf.settings.load; print({'flask', 'click', 'psutil', 'rich', 'werkzeug'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_contradiction_starts_with_its_origin(project: Project) -> None:
    (found,) = project.write('[raw]\nuwsgi = { socket = ":1" }\n').problems()
    assert found.startswith("enuf.toml:2: raw.uwsgi sets socket: ")


def test_the_site_and_the_dashboard_cannot_share_an_address(project: Project) -> None:
    (found,) = project.problems({"ENUF_SERVE_LISTEN": "127.0.0.1:9191"})
    assert found.startswith("ENUF_SERVE_LISTEN: serve.listen and dashboard.listen are both 127.0.0.1:9191")


def test_a_certificate_and_its_key_say_that_the_mode_is_files(project: Project) -> None:
    loaded = project.write('[tls]\ncertificate = "a.pem"\nkey = "a.key"\n').load()
    assert loaded.settings.tls.mode == "files"
    assert loaded.origins["tls.mode"].kind == "derived"
    assert loaded.origins["tls.mode"].where == "enuf.toml:2"


def test_a_mode_that_is_off_stays_off_beside_a_certificate(project: Project) -> None:
    text = '[tls]\nmode = "off"\ncertificate = "a.pem"\nkey = "a.key"\n'
    assert project.write(text).load().settings.tls.mode == "off"


def test_a_number_is_not_taken_for_a_misspelt_one(project: Project) -> None:
    (found,) = project.write('[http]\nerror_pages = { 500 = "a.html" }\n').problems()
    assert "'500' is not" in found and "did you mean" not in found
