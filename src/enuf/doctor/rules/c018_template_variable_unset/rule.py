"""A variable of a template of nginx's image that its container does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService, copied_to
from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.containers import is_completed_by_another_file
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.doctor.service_variables import values_of_service
from enuf.model.nginx_variables import is_nginx_variable

_TEMPLATES = "/etc/nginx/templates/"
_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
_OF_IMAGE = (
    "PATH",
    "HOSTNAME",
    "HOME",
    "NGINX_VERSION",
    "NJS_VERSION",
    "PKG_RELEASE",
    "NGINX_LOCAL_RESOLVERS",
    "PWD",
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `${NAME}` of a template that none of its container's variables fills in."""
    texts = {file.path: file.text for file in evidence.files}
    for service in evidence.services:
        if not service.base.rpartition("/")[2].startswith("nginx"):
            continue
        if is_completed_by_another_file(evidence, service):
            continue  # the other file may set the variables
        environ, complete = values_of_service(service, texts.get)
        for file in _templates(evidence, service) if complete else ():
            unset = [
                (name, number)
                for number, line in enumerate(file.text.splitlines(), 1)
                for name in _VARIABLE.findall(line.partition("#")[0])
                if not _is_filled(name, environ) and not line.lstrip().startswith("server_name")
            ]
            if unset:
                names = list(dict.fromkeys(name for name, _ in unset))
                yield at_line(
                    file.path,
                    unset[0][1],
                    f"the container of nginx has no variable {', '.join(names)}: the text stays as it is, and nginx does not start",
                    hint=f"environment: {', '.join(names)}, in the service {service.name}",
                    evidence=(f"{service.file}:{service.line}: {service.name}",),
                )


def _is_filled(name: str, environ: dict[str, str]) -> bool:
    """Return True if the image's start, or nginx itself, fills in the variable; nginx does not tell capitals apart."""
    return name in environ or name in _OF_IMAGE or is_nginx_variable(name.lower())


def _templates(evidence: Evidence, service: ComposeService) -> Iterator[SourceFile]:
    """Yield the files that the image's own start fills in."""
    if service.node.at("entrypoint") or service.node.at("command"):
        return
    for file in evidence.files:
        places = [place for _, place in service.all_held(file.path)] or [copied_to(file.path, service)]
        if any(place.startswith(_TEMPLATES) and place.endswith(".template") for place in places):
            yield file


RULE = Rule("C018", "template-variable-unset", "error", check)
