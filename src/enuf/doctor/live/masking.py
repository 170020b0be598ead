"""Evidence without secrets: whatever is printed, saved or judged has passed here. Pure."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from enuf.doctor.evidence import SourceFile
from enuf.doctor.live.evidence import LiveEvidence, LiveReply
from enuf.model.secrets import MASK, masked, masked_prose, says_secret
from enuf.syntax.secret_spans import masked_file

BODY_KEPT = 300
_HEADER = re.compile(
    r"(?i)(?<![\w-])(?:proxy-)?(?:authorization|(?:set-)?cookie|x-[\w-]{0,40}(?:token|key|secret)[\w-]{0,20}|HTTP_(?:COOKIE|AUTHORIZATION))"
    r"[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?(?P<value>[^\"'\n]+)"
)
"""A header with credentials, with its value to the end of the line or of the quotation."""
_SAID = re.compile(
    r"(?i)(?<![\w-])[\w.-]{0,40}(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|credentials?)[\"']?:[ \t]{0,4}[\"']?(?P<value>[^\s\"',;]+)"
)
"""What a log says behind a name and a colon: `password: x`."""
_FLAG = re.compile(r"--?[A-Za-z][\w-]*")


def masked_live(evidence: LiveEvidence) -> LiveEvidence:
    """Return the evidence without secrets of environments, headers, addresses, command lines, logs and files."""
    kept = msgspec.structs.replace(
        evidence,
        files=(),
        facts={},
        topics=_masked_value(msgspec.to_builtins(evidence.topics)),
        reply=_masked_reply(evidence.reply),
    )
    found: LiveEvidence = msgspec.convert(_masked_value(msgspec.to_builtins(kept)), LiveEvidence)
    return msgspec.structs.replace(
        found, files=tuple(_masked_source(each) for each in evidence.files), facts=evidence.facts
    )


def masked_line(text: str) -> str:
    """Return lines of a log, a traceback or a command without secrets; the number of lines stays."""
    spans = [match.span("value") for pattern in (_HEADER, _SAID) for match in pattern.finditer(text)]
    return masked_prose(masked(text, spans))


def masked_words(words: tuple[str, ...] | list[str]) -> list[str]:
    """Return a command line without secrets: also the word behind `--password`."""
    found: list[str] = []
    for number, word in enumerate(words):
        before = words[number - 1] if number else ""
        is_value = bool(_FLAG.fullmatch(before)) and says_secret(before) and not word.startswith("-")
        found.append(MASK if is_value and word else masked_line(word))
    return found


def _masked_value(value: Any, name: str = "") -> Any:
    if isinstance(value, str):
        return masked_line(value)
    if isinstance(value, dict):
        return {key: _masked_value(each, str(key)) for key, each in value.items()}
    if isinstance(value, list | tuple):
        if name == "words" and all(isinstance(each, str) for each in value):
            return masked_words(list(value))
        if name == "headers":
            return [[key, MASK if says_secret(key) else masked_line(each)] for key, each in value]
        if name == "lines" and value and all(isinstance(each, str) for each in value):
            return masked_line("\n".join(value)).split("\n")
        return [_masked_value(each, name) for each in value]
    return value


def _masked_reply(reply: LiveReply | None) -> LiveReply | None:
    """Return the answer with the beginning of its body alone: it may hold whatever the app says to a visitor."""
    return msgspec.structs.replace(reply, body=reply.body[:BODY_KEPT]) if reply else None


def _masked_source(file: SourceFile) -> SourceFile:
    return msgspec.structs.replace(file, text=masked_file(file.kind, file.text))
