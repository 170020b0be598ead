"""A plan as it is printed, without its secrets. The stack runs by the plan itself."""

from __future__ import annotations

from typing import Any

import msgspec

from enuf.model.plan import Plan
from enuf.model.secrets import MASK, is_harmless, masked_prose, says_secret
from enuf.syntax.secret_spans import kind_of_rendered, masked_file


def masked_plan(plan: Plan) -> Plan:
    """Return the plan with `***` for each secret, in its files and everywhere else."""
    document: dict[str, Any] = msgspec.to_builtins(plan)
    files = [
        {**_masked(file), "text": masked_file(kind_of_rendered(file["name"]), file["text"])}
        for file in document.pop("files")
    ]
    return msgspec.convert({**_masked(document), "files": files}, Plan)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return masked_prose(value)
    if isinstance(value, dict):
        return {name: _masked_member(name, each) for name, each in value.items()}
    return [_masked(each) for each in value] if isinstance(value, list | tuple) else value


def _masked_member(name: str, value: Any) -> Any:
    if name == "environment":
        return {variable: _masked_variable(variable, text) for variable, text in value.items()}
    return _masked(value)


def _masked_variable(name: str, value: str) -> str:
    return MASK if says_secret(name) and not is_harmless(name, value) else masked_prose(value)
