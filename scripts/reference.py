"""Fill the generated parts of docs/*/reference from the code: `make reference`.

A page holds prose written by hand and regions between two marks, which this script rewrites:

    <!-- made by scripts/reference.py: settings -->
    ...
    <!-- end -->

Tables come from live objects: the schema of the settings, the command line, the errors, the metrics, the structs of the JSON
documents, the rules. What the code does not say stands in reference_en.toml, and every text in Korean in reference_ko.toml.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
import tomllib
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from types import UnionType

import click
import msgspec

from enuf import errors
from enuf.cli.errors import INTERRUPTED, USAGE
from enuf.cli.root import ALIASES, VERBS, root
from enuf.doctor import rules as rules_package
from enuf.doctor.engine import all_rules
from enuf.doctor.pages import page as rule_page
from enuf.install.journal import Step
from enuf.model import snapshot
from enuf.model.finding import SEVERITIES, Edit, Finding, Fix
from enuf.model.plan import Plan
from enuf.model.site import Installed
from enuf.model.snapshot import Snapshot
from enuf.observe.live.totals import Totals
from enuf.observe.logs.records import Record
from enuf.observe.logs.story import Phase
from enuf.observe.views.prometheus import exposition
from enuf.run.state import State
from enuf.settings.fields import FieldInfo, dotted_keys, sections
from enuf.settings.schema import NOT_YET
from enuf.settings.shapes import spelled
from enuf.syntax.access_log import JSON_FORMAT, TEXT_FORMAT

ROOT = Path(__file__).parents[1]
LANGUAGES = ("en", "ko")
REGION = re.compile(
    r"(?P<head><!-- made by scripts/reference\.py: (?P<name>[a-z-]+) -->\n).*?(?P<tail><!-- end -->)",
    re.DOTALL,
)
GLOBAL_OPTIONS = ("project", "json", "quiet", "debug", "no_color")
DOCUMENT_TYPES = {"Plan": Plan, "Snapshot": Snapshot}
WORDS = {
    "en": {
        "key": "key", "default": "default", "variable": "variable", "what": "what it does", "flag": "Flag",
        "verb": "verb", "option": "option", "example": "Example", "exits": "Exit codes", "settings": "It also takes the [flags of settings](#flags-of-settings).",
        "code": "code", "means": "meaning", "slug": "slug", "cure": "what to do", "metric": "metric", "type": "type",
        "labels": "labels", "note": "note", "field": "field", "name": "name", "severity": "severity", "title": "page",
        "text": "text format", "nginx": "nginx variable", "top": "Above the first section", "alias": "Alias",
        "error": "error", "warning": "warning", "advice": "advice", "choices": "one of", "usual": "Default", "again": "repeatable",
    },
    "ko": {
        "key": "키", "default": "기본값", "variable": "환경 변수", "what": "설명", "flag": "플래그",
        "verb": "명령", "option": "옵션", "example": "예", "exits": "종료 코드", "settings": "[설정용 플래그](#설정용-플래그)도 쓸 수 있습니다.",
        "code": "코드", "means": "뜻", "slug": "슬러그", "cure": "할 일", "metric": "지표", "type": "종류",
        "labels": "레이블", "note": "참고", "field": "필드", "name": "이름", "severity": "심각도", "title": "설명 페이지",
        "text": "text 형식", "nginx": "nginx 변수", "top": "섹션 앞에 적는 것", "alias": "다른 이름",
        "error": "error", "warning": "warning", "advice": "advice", "choices": "다음 중 하나", "usual": "기본값", "again": "여러 번 쓸 수 있음",
    },
}  # fmt: skip
FAMILIES = {
    "U": {"en": "uWSGI configuration", "ko": "uWSGI 설정"},
    "N": {"en": "nginx sites", "ko": "nginx 사이트"},
    "L": {"en": "The link between nginx and uWSGI", "ko": "nginx와 uWSGI 사이"},
    "S": {"en": "The system: users, permissions, systemd", "ko": "시스템: 사용자, 권한, systemd"},
    "A": {"en": "The app", "ko": "앱"},
    "D": {"en": "Files that the doctor or uWSGI cannot use", "ko": "읽을 수 없거나 쓸 수 없는 파일"},
}


class Texts:
    """The texts of one language, by table and key; remembers what is missing and what was asked for."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.words = WORDS[language]
        self.facts = _toml("en")
        self._texts = dict(_leaves(_toml(language), ()))
        self.asked: set[tuple[str, str]] = set()
        self.missing: list[str] = []

    def of(self, table: str, key: str, english: str | None = None) -> str:
        """The text under a key. `english` is what the code says: it is the text in English, and the rest is looked up."""
        if self.language == "en" and english is not None:
            return english
        self.asked.add((table, key))
        found = self._texts.get((table, key))
        if found is None:
            if english == "":
                return ""
            self.missing.append(
                f'scripts/reference_{self.language}.toml: [{table}] "{key}" ({english or ""})'
            )
            return "?"
        return found

    def stale(self) -> list[str]:
        """Keys of the file that no page asked for."""
        known = {key for key in self._texts if self.language != "en" or not key[0].startswith("documents.")}
        return sorted(
            f'scripts/reference_{self.language}.toml: [{table}] "{key}"' for table, key in known - self.asked
        )


def _leaves(tree: Mapping[str, typing.Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, str], str]]:
    """Every text of a file, by its table and its key; lists are facts, which no language has."""
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*path, key))
        elif isinstance(value, str):
            yield (".".join(path), key), value


def _toml(language: str) -> dict[str, dict[str, typing.Any]]:
    return tomllib.loads((ROOT / f"scripts/reference_{language}.toml").read_text(encoding="utf-8"))


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


# -- settings


def settings(texts: Texts) -> str:
    """One table for each section; what is only refused today is not shown."""
    shown = [field for field in dotted_keys().values() if not _is_refused(field.key)]
    parts = [
        f"## {texts.words['top']}\n\n",
        _settings_table(texts, [field for field in shown if not field.section]),
    ]
    for section, title in sections().items():
        fields = [field for field in shown if field.section == section]
        if fields:
            about = texts.of("sections", section, title.splitlines()[0])
            parts.append(f"\n## [{section}]\n\n{about}\n\n{_settings_table(texts, fields)}")
    return "".join(parts)


def _is_refused(key: str) -> bool:
    return any(key == refused or key.startswith(f"{refused}.") for refused in NOT_YET)


def _settings_table(texts: Texts, fields: Iterable[FieldInfo]) -> str:
    words = texts.words
    heads = (words["key"], words["default"], words["variable"], words["what"])
    return table(heads, (_setting(texts, field) for field in fields))


def _setting(texts: Texts, field: FieldInfo) -> tuple[str, ...]:
    about = texts.of("settings", field.key, field.description)
    flag = f" {texts.words['flag']}: `{field.flag}`." if field.flag else ""
    return f"`{field.name}`", f"`{spelled(field.default)}`", f"`{field.env}`", about + flag


# -- the command line


def commands() -> dict[str, tuple[click.Command, click.Context]]:
    """Every verb that people use, with a context in which its help is written."""
    above = click.Context(root, info_name="enuf")
    found = {name: root.get_command(above, name) for name in VERBS}
    return {
        name: (command, click.Context(command, info_name=name, parent=above))
        for name, command in found.items()
        if command is not None
    }


def verbs(texts: Texts) -> str:
    """The table of verbs."""
    rows = (
        (f"[`enuf {name}`](#enuf-{name})", texts.of("verbs", name, short)) for name, short in VERBS.items()
    )
    return table((texts.words["verb"], texts.words["what"]), rows)


def aliases(texts: Texts) -> str:
    """The hidden other names of verbs."""
    rows = (
        (f"`enuf {name}`", f"`{' '.join(['enuf', verb, *flags])}`") for name, (verb, flags) in ALIASES.items()
    )
    return table((texts.words["alias"], texts.words["verb"]), rows)


def global_options(texts: Texts) -> str:
    """The options of every verb."""
    command, context = commands()["up"]
    wanted = [option for option in _options(command) if option.name in GLOBAL_OPTIONS]
    return _options_table(texts, "*", wanted, context)


def setting_flags(texts: Texts) -> str:
    """The flags that set a setting, of the verbs that plan a stack."""
    rows = []
    for field in dotted_keys().values():
        if field.flag:
            rows.append(
                (
                    f"`{field.flag} VALUE`",
                    f"[`{field.key}`](settings.md)",
                    _first(texts.of("settings", field.key, field.description)),
                )
            )
    command, context = commands()["up"]
    any_one = next(option for option in _options(command) if option.name == "assignments")
    about = texts.of("options.*", "--set", any_one.help or "")
    rows.append((f"`--set {any_one.make_metavar(context)}`", "", about))
    return table((texts.words["option"], texts.words["key"], texts.words["what"]), rows)


def _first(text: str) -> str:
    """The first sentence."""
    return text.partition(". ")[0].rstrip(".") + "."


def each_verb(texts: Texts) -> str:
    """One chapter for each verb: usage, what it does, options, exit codes, an example."""
    return "\n".join(_chapter(texts, name, *found) for name, found in commands().items())


def _chapter(texts: Texts, name: str, command: click.Command, context: click.Context) -> str:
    usage = command.get_usage(context).removeprefix("Usage: ")
    about = texts.of("help", name, _paragraphs(command.help or "")).strip()
    own = [option for option in _options(command) if not _is_shared(option)]
    parts = [f"## enuf {name}\n", f"```text\n{usage}\n```\n", f"{about}\n"]
    if own:
        parts.append(_options_table(texts, name, own, context))
    if any(_sets_setting(option) for option in _options(command)):
        parts.append(f"{texts.words['settings']}\n")
    example = (command.epilog or "").removeprefix("Example: ")
    codes = sorted({0, *texts.facts["exits"][name]})
    parts.append(
        f"{texts.words['example']}: `{example}`\n\n{texts.words['exits']}: {', '.join(map(str, codes))}.\n"
    )
    return "\n".join(parts)


def _paragraphs(text: str) -> str:
    """A docstring as Markdown: the lines of a paragraph joined."""
    cleaned = inspect.cleandoc(text)
    return "\n\n".join(" ".join(part.split()) for part in cleaned.split("\n\n"))


def _options(command: click.Command) -> list[click.Option]:
    return [option for option in command.params if isinstance(option, click.Option)]


def _is_shared(option: click.Option) -> bool:
    return option.name in GLOBAL_OPTIONS or _sets_setting(option)


def _sets_setting(option: click.Option) -> bool:
    name = option.name or ""
    return name == "assignments" or name.startswith("setting_")


def _options_table(texts: Texts, verb: str, options: Iterable[click.Option], context: click.Context) -> str:
    rows = (_option(texts, verb, option, context) for option in options)
    return table((texts.words["option"], texts.words["what"]), rows)


def _option(texts: Texts, verb: str, option: click.Option, context: click.Context) -> tuple[str, str]:
    names = ", ".join(f"`{name}`" for name in option.opts)
    if not option.is_flag and not isinstance(option.type, click.Choice):
        names = ", ".join(f"`{name} {option.make_metavar(context)}`" for name in option.opts)
    about = texts.of(f"options.{verb}", option.opts[-1], option.help or "")
    if isinstance(option.type, click.Choice):
        about += f" {texts.words['choices'].capitalize()}: {', '.join(f'`{choice}`' for choice in option.type.choices)}."
    if isinstance(option.default, str):
        about += f" {texts.words['usual']}: `{option.default}`."
    return names, about


# -- errors


def exit_codes(texts: Texts) -> str:
    """Every exit code and what it means."""
    rows = ((f"`{code}`", texts.of("exit_codes", code)) for code in texts.facts["exit_codes"])
    return table((texts.words["code"], texts.words["means"]), rows)


def slugs_in_code() -> dict[str, int]:
    """Every slug that src can raise, with its exit code, read from the classes and from the calls."""
    known = {kind.__name__: kind for kind in (errors.EnufError, *errors.EnufError.__subclasses__())}
    found = {kind.slug: kind.exit_code for kind in known.values()}
    for file in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for slug in _slugs_of(node):
                    found[slug] = known[_name_of(node.func)].exit_code
    return {**found, "usage": USAGE, "interrupted": INTERRUPTED}


def _slugs_of(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg == "slug" and isinstance(keyword.value, ast.Constant) and keyword.value.value:
            yield str(keyword.value.value)


def _name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ast.unparse(node)


def slugs(texts: Texts) -> str:
    """Every slug with its exit code, meaning and cure."""
    rows = sorted((code, slug) for slug, code in slugs_in_code().items())
    words = texts.words
    return table(
        (words["slug"], words["code"], words["means"], words["cure"]),
        ((f"`{slug}`", str(code), *_slug(texts, slug)) for code, slug in rows),
    )


def _slug(texts: Texts, slug: str) -> tuple[str, str]:
    return texts.of(f"slugs.{slug}", "means"), texts.of(f"slugs.{slug}", "cure")


# -- metrics


def metrics(texts: Texts) -> str:
    """Every metric of /metrics, from the exposition of a stack that has everything."""
    from prometheus_client.parser import text_string_to_metric_families

    totals = Totals()
    totals.by_status["200"] = 1
    document = exposition(totals, _whole_stack(), {"accepted": 0, "refused": 0}).decode()
    rows = []
    for family in text_string_to_metric_families(document):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        about = texts.of("metrics_about", name, family.documentation)
        note = texts.of("metrics", name)
        rows.append(
            (f"`{name}`", family.type, ", ".join(f"`{label}`" for label in labels), f"{about} {note}")
        )
    words = texts.words
    return table((words["metric"], words["type"], words["labels"], words["means"]), rows)


def _whole_stack() -> Snapshot:
    """A snapshot in which nothing is unknown, so that no metric is left out."""
    nginx = snapshot.Program(name="nginx", version="1", origin="embedded", pid=1)
    worker = snapshot.Worker(id=1, pid=2, generation=1, status="idle", requests=0)
    process = snapshot.Process(unit="server", pid=2, role="worker", rss_bytes=1, pss_bytes=1)
    return Snapshot(
        at=1.0, state="serving", front=nginx, workers=(worker,), units=(process,), busy=0, slots=1, uptime_s=1.0,
        backlog=snapshot.Backlog(queued=0, limit=1),
    )  # fmt: skip


# -- JSON


def documents(texts: Texts) -> str:
    """One chapter for each document, then the types that they are made of."""
    parts = []
    for name, document in texts.facts["documents"].items():
        about = texts.of(f"documents.{name}", "about", document["about"])
        head = f"## {document['command']}\n\n" + (f"{about}\n\n" if about else "")
        parts.append(head + _keys(texts, name, document))
    return "\n".join([*parts, _types(texts)])


def _keys(texts: Texts, name: str, document: Mapping[str, typing.Any]) -> str:
    if "type" in document:
        return _struct(texts, DOCUMENT_TYPES[document["type"]])
    keys = {"schema": ["integer", ""], **document["keys"]}
    rows = (
        (f"`{key}`", kind, texts.of(f"documents.{name}", key, about)) for key, (kind, about) in keys.items()
    )
    return table((texts.words["key"], texts.words["type"], texts.words["means"]), rows)


def _types(texts: Texts) -> str:
    """Every struct that the documents name, in alphabetical order."""
    wanted = _reachable([Plan, Snapshot, Finding, Fix, Edit, Record, Phase])
    rest = [kind for kind in wanted if kind not in DOCUMENT_TYPES.values()]
    heading = {"en": "## Types\n", "ko": "## 타입\n"}[texts.language]
    return "\n".join([heading, *(f"### {kind.__name__}\n\n{_struct(texts, kind)}" for kind in rest)])


def _reachable(kinds: Iterable[type]) -> list[type]:
    found: dict[str, type] = {}
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        if kind.__name__ not in found:
            found[kind.__name__] = kind
            waiting += [each for hint in typing.get_type_hints(kind).values() for each in _structs_in(hint)]
    return [found[name] for name in sorted(found)]


def _structs_in(hint: object) -> Iterator[type]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for part in typing.get_args(hint):
        yield from _structs_in(part)


def _struct(texts: Texts, kind: type) -> str:
    """The fields of a struct as its JSON object has them, with the words of their docstrings."""
    assert issubclass(kind, msgspec.Struct)
    hints, about = typing.get_type_hints(kind), _docstrings(kind)
    rows = []
    tag = kind.__struct_config__.tag
    if tag is not None:
        rows.append((f"`{kind.__struct_config__.tag_field}`", f'`"{tag}"`', ""))
    for field in kind.__struct_fields__:
        text = _about_field(texts, kind.__name__, field, about.get(field))
        rows.append((f"`{field}`", json_type(hints[field]), text))
    return table((texts.words["key"], texts.words["type"], texts.words["means"]), rows)


def _about_field(texts: Texts, kind: str, field: str, source: str | None) -> str:
    """What a field means: in the words of its source, else of the text files."""
    if kind not in TRANSLATED or (field == "schema" and kind != "Installed"):
        return source or ""
    return texts.of(f"fields.{kind}", field, source)


TRANSLATED = {
    "Plan", "Snapshot", "Finding", "Fix", "Edit", "Record", "Phase", "State", "Recorded", "Installed", "Site", "HostNginx", "Written",
    "Begin", "Touch", "Appear", "Service", "Reread", "Done",
}  # fmt: skip
"""Structs whose fields have a Korean text. The others, inside of the plan and of the snapshot, keep the words of their source."""


def _docstrings(kind: type) -> dict[str, str]:
    """The text below each field of a class, from its source."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            found[ast.unparse(field.target)] = " ".join(str(text.value.value).split())
    return found


_SCALARS = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    bytes: "base64 string",
    object: "any",
    typing.Any: "any",
}


def json_type(hint: object) -> str:
    """The type of a value in JSON, with a link to the struct where it is one."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint in _SCALARS:
        return _SCALARS[hint]  # type: ignore[index]
    if origin is typing.Literal:
        return ", ".join(f'`"{word}"`' for word in parts)
    if origin in (typing.Union, UnionType):
        return ", ".join(dict.fromkeys(map(json_type, parts)))
    if origin in (tuple, list):
        inner = [json_type(part) for part in parts if part is not Ellipsis]
        return f"{_grouped(inner[0])}[]" if len(set(inner)) == 1 else f"[{', '.join(inner)}]"
    if origin is dict:
        return f"object of {json_type(parts[1])}"
    assert isinstance(hint, type), hint
    return f"[{hint.__name__}](#{hint.__name__.lower()})"


def _grouped(text: str) -> str:
    return f"({text})" if ", " in text else text


# -- rules


def rules(texts: Texts) -> str:
    """Every rule of the doctor, by family, with a link to its page."""
    parts = []
    for letter, title in FAMILIES.items():
        rows = [_rule(texts, rule) for rule in all_rules() if rule.code.startswith(letter)]
        heads = [texts.words[word] for word in ("code", "name", "severity", "title")]
        parts.append(f"## {title[texts.language]}\n\n{table(heads, rows)}")
    unknown = [rule.code for rule in all_rules() if rule.code[0] not in FAMILIES]
    assert not unknown, f"scripts/reference.py: FAMILIES has no title for {unknown}"
    return "\n".join(parts)


def _rule(texts: Texts, rule: typing.Any) -> tuple[str, ...]:
    folder = next(
        each.name for each in files(rules_package).iterdir() if each.name.startswith(f"{rule.code.lower()}_")
    )
    place = Path(str(files(rules_package))).relative_to(ROOT)
    link = f"../../../{place}/{folder}/page.{texts.language}.md"
    title = (rule_page(rule.code, texts.language) or "").splitlines()[0].partition(": ")[2]
    assert rule.severity in SEVERITIES
    return f"`{rule.code}`", f"`{rule.name}`", texts.words[rule.severity], f"[{title}]({link})"


# -- files


def access_log(texts: Texts) -> str:
    """The fields of the access log in both of its formats."""
    in_json = dict(re.findall(r'"(\w+)":"?\$(\w+)"?', "".join(JSON_FORMAT)))
    text = "".join(TEXT_FORMAT)
    rows = []
    for name, variable in in_json.items():
        found = re.search(rf"(?:(\w+)=)?(\"?\[?)\${variable}\b", text)
        assert found, f"the text format of the access log has no ${variable}"
        shown = f"`{found[1]}=`" if found[1] else ""
        rows.append((f"`{name}`", shown, f"`${variable}`", texts.of("access_log", name)))
    words = texts.words
    return f"```text\n{text}\n```\n\n" + table(
        (words["key"], words["text"], words["nginx"], words["means"]), rows
    )


def state(texts: Texts) -> str:
    """state.json."""
    return _all_types(texts, [State])


def site_record(texts: Texts) -> str:
    """The record of an installed site."""
    return _all_types(texts, [Installed])


def journal(texts: Texts) -> str:
    """The lines of the journal of an install."""
    steps = list(typing.get_args(Step))
    inside = [kind for kind in _reachable(steps) if kind not in steps]
    return "\n".join(f"### {kind.__name__}\n\n{_struct(texts, kind)}" for kind in (*steps, *inside))


def _all_types(texts: Texts, kinds: list[type]) -> str:
    first = _struct(texts, kinds[0])
    rest = [kind for kind in _reachable(kinds) if kind not in kinds]
    return "\n".join([first, *(f"### {kind.__name__}\n\n{_struct(texts, kind)}" for kind in rest)])


MAKERS: dict[str, Callable[[Texts], str]] = {
    "settings": settings,
    "verbs": verbs,
    "aliases": aliases,
    "global-options": global_options,
    "setting-flags": setting_flags,
    "each-verb": each_verb,
    "exit-codes": exit_codes,
    "slugs": slugs,
    "metrics": metrics,
    "documents": documents,
    "rules": rules,
    "access-log": access_log,
    "state": state,
    "site-record": site_record,
    "journal": journal,
}


def pages() -> tuple[dict[Path, str], list[str]]:
    """Every page of the reference as it should be, and what is missing or stale in the texts."""
    made: dict[Path, str] = {}
    problems: list[str] = []
    for language in LANGUAGES:
        texts = Texts(language)
        regions = {name: maker(texts) for name, maker in MAKERS.items()}
        for path in sorted((ROOT / f"docs/{language}/reference").glob("*.md")):
            made[path] = _filled(path.read_text(encoding="utf-8"), regions)
        problems += [f"missing: {each}" for each in dict.fromkeys(texts.missing)]
        problems += [f"stale: {each}" for each in texts.stale()]
    return made, problems


def _filled(text: str, regions: Mapping[str, str]) -> str:
    def fill(match: re.Match[str]) -> str:
        return f"{match['head']}\n{regions[match['name']].rstrip()}\n\n{match['tail']}"

    return REGION.sub(fill, text)


def main() -> int:
    """Write the pages. Return 1 when a text is missing or stale."""
    made, problems = pages()
    for path, text in made.items():
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
