"""The engine that orders certificates, against a real authority: pebble."""

from __future__ import annotations

import datetime as dt
import functools
import http.server
import json
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from enuf.errors import SettingsInvalid
from enuf.tls.acme.__main__ import STATUS
from enuf.tls.acme.engine import Wish, attempt
from enuf.tls.acme.folder import AcmeFolder
from enuf.tls.acme.request import AcmeRequest
from tests.support.certificates import issue
from tests.support.pebble import Pebble, https_server, pebble, serving

pytestmark = [pytest.mark.native, pytest.mark.xdist_group("acme-engine")]

EAB_KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
DAY_S = 86_400


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    with pebble(tmp_path_factory.mktemp("pebble")) as running:
        yield running


@pytest.fixture(scope="module")
def webroot(authority: Pebble, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that port 80 of every name serves."""
    folder = tmp_path_factory.mktemp("webroot")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with serving(functools.partial(Quiet, directory=str(folder)), authority.http_port):
        yield folder


@pytest.fixture
def request_(authority: Pebble, webroot: Path) -> AcmeRequest:
    return AcmeRequest(
        names=("shop.example", "www.shop.example"),
        directory_url=authority.directory,
        directory_ca=str(authority.root_file),
        webroot=str(webroot),
    )


@pytest.fixture
def folder(tmp_path: Path) -> AcmeFolder:
    return AcmeFolder(tmp_path / "acme")


def run(folder: AcmeFolder, wish: Wish = "when-due") -> tuple[int, dict[str, Any]]:
    outcome = attempt(folder, wish)
    return STATUS[outcome.outcome], msgspec.to_builtins(outcome)


def run_alone(folder: AcmeFolder, *words: str) -> tuple[int, dict[str, Any]]:
    """Run the engine as a process of its own, as the supervisor and timers do."""
    done = subprocess.run(
        [sys.executable, "-m", "enuf.tls.acme", str(folder.path), *words],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stderr == "", done
    return done.returncode, json.loads(done.stdout)


def failed(folder: AcmeFolder, request: AcmeRequest, wish: Wish = "when-due") -> dict[str, Any]:
    """What a failed attempt says, also in the state that it leaves."""
    folder.prepare(request)
    status, outcome = run(folder, wish)
    assert (status, outcome["outcome"]) == (1, "failed"), outcome
    state = folder.read_state()
    assert (state.problem, state.hint) == (outcome["problem"], outcome["hint"])
    return outcome


def fingerprint(folder: AcmeFolder) -> str:
    pair = folder.pair()
    assert pair
    return pair.facts.fingerprint


def test_a_certificate_for_several_names_replaces_the_stand_in_and_is_left_alone_until_it_is_due(
    folder: AcmeFolder, request_: AcmeRequest, webroot: Path
) -> None:
    folder.prepare(request_)
    first = folder.pair()
    assert first and first.facts.is_stand_in and first.facts.names == request_.names

    status, outcome = run_alone(folder)
    assert (status, outcome["outcome"], outcome["problem"]) == (0, "issued", "")
    pair = folder.pair()
    assert pair and not pair.facts.is_stand_in and set(pair.facts.names) == set(request_.names)
    assert pair.facts.issuer.startswith("Pebble")
    assert folder.key.stat().st_mode & 0o777 == 0o600
    assert folder.account(request_).stat().st_mode & 0o777 == 0o600
    assert not [path for path in webroot.rglob("*") if path.is_file()], "the proofs are removed"
    assert folder.read_state().renew_at == pytest.approx(time.time() + 60 * DAY_S, abs=DAY_S)

    status, outcome = run_alone(folder, "--now")
    assert (status, outcome["outcome"]) == (0, "not-due")
    before = fingerprint(folder)
    assert run(folder, "force")[1]["outcome"] == "issued"
    assert fingerprint(folder) != before


def test_a_new_name_is_ordered_at_once_and_the_certificate_before_is_kept_until_then(
    folder: AcmeFolder, request_: AcmeRequest
) -> None:
    one = replace(request_, names=("shop.example",))
    folder.prepare(one)
    assert run(folder)[1]["outcome"] == "issued"
    before = fingerprint(folder)
    folder.prepare(request_)
    assert fingerprint(folder) == before
    assert run(folder)[1]["outcome"] == "issued"
    pair = folder.pair()
    assert pair and set(pair.facts.names) == set(request_.names)


def test_an_account_that_the_authority_has_lost_is_registered_anew_at_once(
    folder: AcmeFolder, request_: AcmeRequest
) -> None:
    folder.prepare(request_)
    key = issue("a.example").key_pem.decode()
    uri = request_.directory_url.replace("/dir", "/my-account/none")
    folder.account(request_).write_text(json.dumps({"key": key, "uri": uri}))
    folder.account(request_).chmod(0o600)
    status, outcome = run(folder)
    assert (status, outcome["outcome"]) == (0, "issued"), outcome
    registered = json.loads(folder.account(request_).read_text())
    assert registered["key"] == key and registered["uri"] != uri


def test_a_name_that_leads_nowhere_is_said_with_its_likely_cause(
    folder: AcmeFolder, request_: AcmeRequest, authority: Pebble
) -> None:
    authority.lead("lost.example", "")
    outcome = failed(folder, replace(request_, names=("lost.example",)))
    assert "could not verify lost.example" in outcome["problem"]
    assert "dig lost.example" in outcome["hint"]
    pair = folder.pair()
    assert pair and pair.facts.is_stand_in


def test_a_closed_port_and_another_server_are_said_with_their_likely_cause(
    folder: AcmeFolder, request_: AcmeRequest, authority: Pebble, tmp_path: Path
) -> None:
    authority.lead("closed.example", "127.0.0.9")
    outcome = failed(folder, replace(request_, names=("closed.example",)))
    assert "connection refused" in outcome["problem"] and "firewall" in outcome["hint"], outcome
    elsewhere = replace(request_, names=("other.example",), webroot=str(tmp_path / "elsewhere"))
    outcome = failed(folder, elsewhere)
    assert "404" in outcome["problem"] and "another server answered" in outcome["hint"], outcome


def test_after_a_failure_the_engine_waits_longer_each_time_and_not_for_another_order(
    folder: AcmeFolder, request_: AcmeRequest
) -> None:
    nowhere = replace(request_, directory_url="https://127.0.0.1:9/dir")
    outcome = failed(folder, nowhere)
    assert "127.0.0.1:9 cannot be reached" in outcome["problem"], outcome
    assert outcome["next_attempt"] == pytest.approx(time.time() + 60, abs=30)
    attempted_at = folder.read_state().attempted_at
    assert run(folder)[1]["problem"] == outcome["problem"]
    assert folder.read_state().attempted_at == attempted_at, "it only waits"
    assert failed(folder, nowhere, "now")["next_attempt"] == pytest.approx(time.time() + 240, abs=60)
    folder.prepare(request_)
    assert run(folder)[1]["outcome"] == "issued"
    before = fingerprint(folder)
    failed(folder, nowhere, "force")
    assert fingerprint(folder) == before, "what the site has stays"


def test_a_pair_that_cannot_be_served_gives_way_to_a_stand_in(folder: AcmeFolder, tmp_path: Path) -> None:
    request = AcmeRequest(names=("a.example",), directory_url="https://ca.example/", webroot=str(tmp_path))
    good, old, other = issue("a.example"), issue("a.example", days=(-90, -1)), issue("a.example")
    for certificate, key in ((old.chain, old.key_pem), (good.chain, other.key_pem), (b"", b"")):
        folder.prepare(request)
        folder.certificate.write_bytes(certificate)
        folder.key.write_bytes(key)
        folder.prepare(request)
        pair = folder.pair()
        assert pair and pair.facts.is_stand_in
    folder.certificate.write_bytes(good.chain)
    folder.key.write_bytes(good.key_pem)
    folder.prepare(replace(request, names=("a.example", "b.example")))
    pair = folder.pair()
    assert pair and not pair.facts.is_stand_in


def test_an_issued_certificate_that_this_clock_or_these_names_refuse_is_not_taken(
    folder: AcmeFolder, tmp_path: Path
) -> None:
    request = AcmeRequest(names=("a.example",), directory_url="https://ca.example/", webroot=str(tmp_path))
    folder.prepare(request)
    before = fingerprint(folder)
    for issued, words in (
        (issue("a.example", days=(1, 90)), "clock"),
        (issue("b.example"), "not for a.example"),
    ):
        with pytest.raises(SettingsInvalid) as caught:
            folder.take(issued.chain, issued.key_pem, request)
        assert words in f"{caught.value.summary} {caught.value.hint}"
        assert fingerprint(folder) == before


def test_a_rate_limit_is_said_and_its_retry_after_is_honoured(
    folder: AcmeFolder, request_: AcmeRequest, authority: Pebble, tmp_path: Path
) -> None:
    said = "too many certificates (5) already issued for this exact set of identifiers"
    limit: dict[str, Any] = {"type": "urn:ietf:params:acme:error:rateLimited", "detail": said}
    answers: dict[str, Any] = {}
    with https_server(tmp_path, authority.root, answers) as url:
        answers["/dir"] = (200, {}, {**directory_of(authority), "newOrder": f"{url}/order"})
        answers["/order"] = (429, {"Retry-After": "7200"}, limit)
        outcome = failed(folder, replace(request_, directory_url=f"{url}/dir"))
    assert said in outcome["problem"] and "tls.staging" in outcome["hint"]
    assert outcome["next_attempt"] == pytest.approx(time.time() + 7200, abs=60)


def directory_of(authority: Pebble) -> dict[str, Any]:
    context = ssl.create_default_context(cafile=str(authority.root_file))
    with urllib.request.urlopen(authority.directory, context=context, timeout=60) as answer:
        return dict(json.loads(answer.read()))


def test_a_revoked_certificate_is_renewed_as_soon_as_the_authority_suggests_it(
    folder: AcmeFolder, request_: AcmeRequest, authority: Pebble, tmp_path: Path
) -> None:
    def window(begin_s: float) -> tuple[int, dict[str, str], dict[str, Any]]:
        begin = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=begin_s)
        times = {"start": begin, "end": begin + dt.timedelta(seconds=60)}
        texts = {name: f"{time:%Y-%m-%dT%H:%M:%SZ}" for name, time in times.items()}
        return 200, {"Retry-After": "3600"}, {"suggestedWindow": texts}

    answers: dict[str, Any] = {}
    with https_server(tmp_path, authority.root, answers) as url:
        answers["/dir"] = (200, {}, {**directory_of(authority), "renewalInfo": f"{url}/ari"})
        answers["/ari"] = window(40 * DAY_S)
        folder.prepare(replace(request_, directory_url=f"{url}/dir"))
        assert run(folder)[1]["outcome"] == "issued"
        before, outcome = fingerprint(folder), run(folder, "now")[1]
        assert outcome["outcome"] == "not-due"
        assert outcome["next_attempt"] == pytest.approx(time.time() + 3600, abs=60), "it asks again then"
        assert folder.read_state().renew_at == pytest.approx(time.time() + 40 * DAY_S, abs=DAY_S)
        answers["/ari"] = window(-DAY_S)
        assert run(folder, "now")[1]["outcome"] == "issued"
        assert fingerprint(folder) != before


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_variable_names_the_root_of_an_own_authority_too(
    folder: AcmeFolder,
    request_: AcmeRequest,
    authority: Pebble,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
) -> None:
    for each in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(variable, str(authority.root_file))
    # Verified, it answers; and refuses the order, whose name is none.
    outcome = failed(folder, replace(request_, directory_ca="", names=("no_name",)))
    assert "says: " in outcome["problem"], outcome


def test_a_wrong_clock_and_an_unknown_authority_are_said(
    folder: AcmeFolder, request_: AcmeRequest, tmp_path: Path, authority: Pebble
) -> None:
    outcome = failed(folder, replace(request_, directory_ca=""))
    assert "is not accepted" in outcome["problem"] and "tls.directory_ca" in outcome["hint"], outcome
    root = issue(authority=True, called="tomorrow's", days=(1, 90))
    answers: dict[str, Any] = {}
    with https_server(tmp_path, root, answers) as url:
        ca = tmp_path / "fixed-root.pem"
        outcome = failed(folder, replace(request_, directory_url=f"{url}/dir", directory_ca=str(ca)))
    assert "not yet valid" in outcome["problem"] and "clock" in outcome["hint"], outcome


@pytest.mark.parametrize(
    "answer",
    [{}, {"newOrder": 7}, ["no directory"], {"newNonce": "x"}],
    ids=["empty", "number", "list", "half"],
)
def test_what_is_no_directory_is_a_problem_and_no_traceback(
    folder: AcmeFolder, request_: AcmeRequest, authority: Pebble, tmp_path: Path, answer: Any
) -> None:
    with https_server(tmp_path, authority.root, {"/dir": (200, {}, answer)}) as url:
        outcome = failed(folder, replace(request_, directory_url=f"{url}/dir"))
    assert outcome["problem"].startswith("localhost:") and "tls.directory" in outcome["hint"], outcome


def test_an_account_can_be_bound_to_one_that_the_authority_knows(
    folder: AcmeFolder, request_: AcmeRequest, tmp_path: Path
) -> None:
    with pebble(tmp_path, eab={"kid-1": EAB_KEY}) as authority:
        mine = replace(request_, directory_url=authority.directory, directory_ca=str(authority.root_file))
        outcome = failed(folder, mine)
        assert "tls.eab_kid" in outcome["hint"], outcome
        outcome = failed(folder, replace(mine, eab_kid="kid-1", eab_key="AAAA"))
        assert "says: " in outcome["problem"], outcome
        folder.prepare(replace(mine, eab_kid="kid-1", eab_key=EAB_KEY))
        # The account is there now; the challenge fails, for nothing serves this authority's port 80.
        status, outcome = run(folder)
        assert (status, "could not verify" in outcome["problem"]) == (1, True), outcome
        assert EAB_KEY not in json.dumps(outcome) + folder.state.read_text()
