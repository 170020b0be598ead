"""What systemd gives a service, as its own tools print it; and what a reload brings."""

from __future__ import annotations

from pathlib import Path

from enuf.errors import NotReady
from enuf.install.services.systemd_environment import credentials_in, shown_words, variables_in
from enuf.model.environment import secret_values, without_values
from enuf.run.service_variables import ServiceVariables


def test_the_lists_of_systemctl_are_read_back() -> None:
    shown = r'LANG=C.UTF-8 "A=b c" "Q=say \"hi\" \$HOME \\ end" "L=one\ntwo" E='
    assert list(shown_words(shown)) == [
        "LANG=C.UTF-8",
        "A=b c",
        'Q=say "hi" $HOME \\ end',
        "L=one\ntwo",
        "E=",
    ]


def test_a_variable_of_a_file_wins_over_one_of_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.env").write_text("A=file\nB='two words'\n")
    shown = f"Environment=A=line C=1\nEnvironmentFiles={tmp_path}/*.env (ignore_errors=no)\nEnvironmentFiles=/not/there (ignore_errors=yes)\n"
    assert variables_in(shown) == {"A": "file", "B": "two words", "C": "1"}


def test_credentials_are_those_of_the_named_files(tmp_path: Path) -> None:
    (tmp_path / "db").write_text("secret")
    unit = f"# /etc/x.conf\n[Service]\nLoadCredential=db:{tmp_path}/db\nLoadCredential=other:/not/there\n"
    assert credentials_in(unit) == {"db": b"secret"}


def test_a_refused_reload_leaves_the_variables_as_before_and_one_process_keeps_its_own() -> None:
    environ = {"KEY": "old", "NOTIFY_SOCKET": "/run/ours", "GONE": "1"}
    variables = ServiceVariables(environ)
    end = variables.offer({"KEY": "new", "NOTIFY_SOCKET": "/run/of-the-command"})
    assert environ == {"KEY": "new", "NOTIFY_SOCKET": "/run/ours"}
    end(NotReady("refused"))
    assert environ == {"KEY": "old", "NOTIFY_SOCKET": "/run/ours", "GONE": "1"}
    variables.offer({"KEY": "newer"})(None)
    assert environ["KEY"] == "newer"


def test_no_message_shows_a_value_that_somebody_has_given_the_app() -> None:
    environ = {
        "SECRET_KEY": "/abcdef", "GREETING": "hunter22", "DATABASE_URL": "postgres://shop:pa55word@db/shop",
        "PATH": "/usr/bin:/bin", "HOME": "/var/lib/enuf-shop", "FLASK_ENV": "production", "PORT": "123456", "SHORT": "abc",
    }  # fmt: skip
    values = secret_values(environ)
    assert set(values) == {"/abcdef", "hunter22", environ["DATABASE_URL"]}
    text = "RuntimeError: hunter22, '/abcdef', password pa55word, /usr/bin:/bin"
    assert without_values(text, values) == "RuntimeError: ***, '***', password ***, /usr/bin:/bin"
