"""The program that tells of a failed site: it runs the command of the settings, and asks their webhook.

A copy of this file runs as the site's user, by the site's Python or the host's: the standard library alone, and no part of
enuf, which may be what is broken. What is told holds no text of the app: that could be a secret.
"""

from __future__ import annotations

import contextlib
import datetime
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

COMMAND_WITHIN_S = 30
ASK_WITHIN_S, TRIES, PAUSE_S = 10, 3, 2
LARGEST_ANSWER_BYTES = 4096
KEPT_VARIABLES = ("PATH", "LANG", "HOME", "USER", "LOGNAME", "SHELL")


def tell_of_event() -> int:
    """Tell of the event that the command line names. Return the exit status: 0 when everything asked for was told."""
    config = json.loads((Path(os.environ["CREDENTIALS_DIRECTORY"]) / "alert").read_text(encoding="utf-8"))
    document = _document(sys.argv[1], config)
    problems = []
    if config["command"]:
        problems.append(_run(config["command"], config["directory"], document))
    if config["webhook"]:
        problems.append(_ask(config["webhook"], document))
    for problem in filter(None, problems):
        sys.stderr.write(f"warning: {problem}\n")
    return 1 if any(problems) else 0


def _document(event: str, config: dict[str, dict[str, str]]) -> dict[str, str]:
    told = os.environ
    site, host = told.get("ENUF_SITE", ""), socket.gethostname()
    reason = _reason(config) if event == "failed" else ""
    what = f"has failed: {reason}. It is tried again. Look: enuf status {site}" if reason else "serves again"
    return {
        "text": f"{site} on {host} {what}",
        "site": site,
        "event": event,
        "reason": reason,
        "url": told.get("ENUF_URL", ""),
        "unit": told.get("ENUF_UNIT", ""),
        "host": host,
        "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),  # noqa: UP017 - an old Python may run it
    }


def _reason(config: dict[str, dict[str, str]]) -> str:
    """Return why the service failed, in words, from what systemd says of it."""
    said = os.environ
    result, code, status = (said.get(name, "") for name in ("Result", "ExecMainCode", "ExecMainStatus"))
    if result in config["results"]:
        return config["results"][result]
    if code in ("2", "3"):
        return f"it was killed by signal {status}"
    return config["exits"].get(status, f"its service ended with exit status {status or 'unknown'}")


def _run(words: list[str], directory: str, document: dict[str, str]) -> str:
    """Run the command. Return why it did not succeed, or an empty text."""
    told = {f"ENUF_{name.upper()}": value for name, value in document.items()}
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    folder = directory if os.access(directory, os.X_OK) else "/"
    try:
        process = subprocess.Popen(
            words, env={**kept, **told}, stdin=subprocess.DEVNULL, start_new_session=True, cwd=folder
        )
    except OSError as error:
        return f"alert.command: {words[0]} cannot be run: {error.strerror}"
    try:
        status = process.wait(COMMAND_WITHIN_S)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"alert.command: {words[0]} took longer than {COMMAND_WITHIN_S} s and was ended"
    return f"alert.command: {words[0]} ended with {status}" if status else ""


def _ask(address: str, document: dict[str, str]) -> str:
    """Post the document, a few times if need be. Return why that failed, without the address, or an empty text."""
    problem = ""
    for number in range(TRIES):
        time.sleep(number * PAUSE_S)
        problem = _post(address, document)
        if not problem:
            return ""
    return f"alert.webhook: {problem}"


def _post(address: str, document: dict[str, str]) -> str:
    """Post the document once. A redirect is not followed: it may lead anywhere."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    if not address.startswith(("https://", "http://")):
        return "it is no address of the web"
    headers = {"Content-Type": "application/json", "User-Agent": "enuf"}
    request = urllib.request.Request(address, json.dumps(document).encode(), headers)  # noqa: S310 - http(s), see above
    try:
        with opener.open(request, timeout=ASK_WITHIN_S) as answer:
            answer.read(LARGEST_ANSWER_BYTES)
    except urllib.error.HTTPError as error:
        return f"the answer was {error.code}"
    except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError) as error:
        cause = getattr(error, "reason", error)
        return f"it cannot be asked: {getattr(cause, 'strerror', None) or type(cause).__name__}"
    return ""


if __name__ == "__main__":
    sys.exit(tell_of_event())
