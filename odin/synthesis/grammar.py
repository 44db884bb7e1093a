"""Templates: a small grammar for sentences that carry mentions, the relations between them and assertion cues.

    @treats.drug p H>T:treats          a group: kind, register (p prose, s shorthand, b both), relations
    $He <takes|uses> {H+} for {T}.     a template: choices, slots, values

`{H}` is a slot, `{H/n}` one with an assertion, `{H*}` a coordinated list, `{H+}` a drug with its dose; `[S/n|rash]` and
`[S:X|rash]` are mentions written out; `~denies~` is the cue of the assertions beside it; `$he` and `$val(H)`
are values.
A backslash takes the next character as it is. The files are `data/synthesis/*.txt`.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TypeAlias

from odin.errors import FormatError, InputError

TEMPLATE_FOLDER = Path(__file__).parents[2] / "data" / "synthesis"

ASSERTION_LETTERS = {
    "n": "negated",
    "u": "uncertain",
    "y": "hypothetical",
    "h": "historical",
    "f": "family",
}
NARROWER = ("D", "S", "one")
"""Ends of kinds: the tail is a disease or a symptom; one head and one tail."""

LABEL_LETTERS = {"D": "Disease", "S": "Symptom", "R": "Drug", "P": "Procedure", "L": "Lab_Test"}

_SLOT = re.compile(r"\{([A-Z]\d?)([*+]*)(?:/([nuyhf]))?([*+]*)\}")
_MENTION = re.compile(r"\[([DSRPL])(?:/([nuyhf]))?(?::([A-Z]\d?))?\|")
_VALUE = re.compile(r"\$([A-Za-z][A-Za-z_0-9]*)(?:\(([A-Z]\d?)\))?")
_RELATION = re.compile(r"([A-Z]\d?)>([A-Z]\d?):([A-Za-z_]+)(!n)?$")


@dataclass(frozen=True)
class Text:
    """Words as they stand."""

    text: str


@dataclass(frozen=True)
class Value:
    """A value of the patient or of a slot, filled when the template is realised."""

    name: str
    slot: str | None = None


@dataclass(frozen=True)
class Slot:
    """A place for one mention (`many`: for a list of them)."""

    name: str
    assertion: str | None = None
    many: bool = False
    dosed: bool = False


@dataclass(frozen=True)
class Mention:
    """A mention that the template writes out; it may hold slots."""

    label: str
    assertion: str | None
    name: str | None
    children: tuple[Node, ...]

    @property
    def surface(self) -> str:
        """Its words that do not vary."""
        return "".join(child.text for child in self.children if isinstance(child, Text)).strip()


@dataclass(frozen=True)
class Choice:
    """One of several continuations."""

    options: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True)
class Cue:
    """The words that express an assertion."""

    children: tuple[Node, ...]


Node: TypeAlias = Text | Value | Slot | Mention | Choice | Cue


@dataclass(frozen=True)
class RelationPattern:
    """A relation that a template states between two of its slots."""

    label: str
    head: str
    tail: str
    negated: bool = False


@dataclass(frozen=True)
class Template:
    """A parsed template; `id` is its group and line."""

    id: str
    kind: str
    register: str
    nodes: tuple[Node, ...]
    relations: tuple[RelationPattern, ...]
    slots: frozenset[str]
    words: str = ""
    """The line as it is written in the file."""

    @cached_property
    def mentions(self) -> tuple[Slot | Mention, ...]:
        """The slots and the mentions written out, of all choices."""
        return tuple(_mentions(self.nodes))


def parse(source: str) -> tuple[Node, ...]:
    """The nodes of one template line. Raises FormatError that shows what does not fit."""
    nodes, end = _sequence(source, 0, "")
    if end != len(source):
        raise FormatError(f"unexpected {source[end]!r} at column {end + 1} of the template {source!r}")
    return nodes


def read_templates(path: Path, counts: Counter[str] | None = None) -> Iterator[Template]:
    """The templates of a file. Raises FormatError with the line, InputError where the file cannot be read.

    `counts` are the templates of each group so far, in other files: ids go on from there.
    """
    counts = Counter() if counts is None else counts
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as err:
        raise InputError(f"{path}: cannot read the templates: {err.strerror}") from err
    kind, register = "", "b"
    relations: tuple[RelationPattern, ...] = ()
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("# "):
            continue
        if line.startswith("@"):
            kind, register, relations = _header(line, path, number)
            continue
        try:
            nodes = parse(line)
        except FormatError as err:
            raise FormatError(str(err), path=path, line=number) from err
        counts[f"{kind}.{register}"] += 1
        name = f"{kind}.{register}{counts[f'{kind}.{register}']}"
        yield Template(name, kind, register, nodes, relations, frozenset(_slots(nodes)), line)


class TemplateBook:
    """Templates by kind and register; a kind that ends in one of NARROWER is served by the more general one too."""

    def __init__(self, templates: Iterable[Template], *, preferred: frozenset[str] = frozenset()) -> None:
        self.preferred = preferred
        """Ids of templates to take wherever one of them fits."""
        self._groups: dict[tuple[str, str], list[Template]] = defaultdict(list)
        for template in templates:
            for register in "ps" if template.register == "b" else template.register:
                self._groups[template.kind, register].append(template)
        self._found: dict[tuple[str, str], tuple[Template, ...]] = {}

    def of(self, kind: str, register: str) -> tuple[Template, ...]:
        """The templates that serve a kind in a register, or in the other where this one has none."""
        key = kind, register
        if key not in self._found:
            general, _, last = kind.rpartition(".")
            kinds = [kind, general] if last in NARROWER else [kind]
            found = [template for name in kinds for template in self._groups.get((name, register), ())]
            other = "s" if register == "p" else "p"
            found = found or [template for name in kinds for template in self._groups.get((name, other), ())]
            self._found[key] = tuple(found)
        if not self._found[key]:
            raise InputError(f"no template serves {kind!r}; the files in {TEMPLATE_FOLDER} must have a group for it")
        return self._found[key]

    def all(self) -> tuple[Template, ...]:
        """Every template once."""
        return tuple({template.id: template for group in self._groups.values() for template in group}.values())


@cache
def load_templates(folder: Path = TEMPLATE_FOLDER) -> TemplateBook:
    """The templates of all `.txt` files of a folder."""
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        raise InputError(f"{folder}: holds no template file (*.txt)")
    counts: Counter[str] = Counter()
    return TemplateBook(tuple(template for path in paths for template in read_templates(path, counts)))


def _header(line: str, path: Path, number: int) -> tuple[str, str, tuple[RelationPattern, ...]]:
    kind, register, *patterns = line[1:].split()
    relations = []
    for pattern in patterns:
        match = _RELATION.match(pattern)
        if not match:
            raise FormatError(f"{pattern!r} is not HEAD>TAIL:relation", path=path, line=number)
        relations.append(RelationPattern(match[3], match[1], match[2], bool(match[4])))
    if register not in ("p", "s", "b"):
        raise FormatError(f"the register {register!r} is not p, s or b", path=path, line=number)
    return kind, register, tuple(relations)


def _sequence(source: str, start: int, stops: str) -> tuple[tuple[Node, ...], int]:
    nodes: list[Node] = []
    words: list[str] = []
    at = start

    def flush() -> None:
        if words:
            nodes.append(Text("".join(words)))
            words.clear()

    while at < len(source) and source[at] not in stops:
        sign = source[at]
        if sign == "\\":
            words.append(source[at + 1 : at + 2])
            at += 2
        elif sign in "{[<~$":
            node, after = _special(source, at, stops)
            if node is None:
                words.append(sign)
                at += 1
            else:
                flush()
                nodes.append(node)
                at = after
        else:
            words.append(sign)
            at += 1
    flush()
    return tuple(nodes), at


def _special(source: str, at: int, stops: str) -> tuple[Node | None, int]:
    sign = source[at]
    if sign == "{":
        match = _SLOT.match(source, at)
        if not match:
            raise FormatError(f"no slot at column {at + 1} of {source!r}")
        marks = match[2] + match[4]
        letter = ASSERTION_LETTERS[match[3]] if match[3] else None
        return Slot(match[1], letter, "*" in marks, "+" in marks), match.end()
    if sign == "[":
        match = _MENTION.match(source, at)
        if not match:
            raise FormatError(f"no mention at column {at + 1} of {source!r}")
        children, end = _sequence(source, match.end(), "]")
        _expect(source, end, "]")
        return Mention(LABEL_LETTERS[match[1]], ASSERTION_LETTERS.get(match[2] or ""), match[3], children), end + 1
    if sign == "<":
        options = []
        end = at
        while end == at or source[end] == "|":
            option, end = _sequence(source, end + 1, "|>")
            options.append(option)
            _expect(source, end, "|>")
        return Choice(tuple(options)), end + 1
    if sign == "~":
        if "~" in stops:
            raise FormatError(f"a cue inside a cue at column {at + 1} of {source!r}")
        children, end = _sequence(source, at + 1, "~")
        _expect(source, end, "~")
        return Cue(children), end + 1
    match = _VALUE.match(source, at)
    return (Value(match[1], match[2]), match.end()) if match else (None, at)


def _expect(source: str, at: int, signs: str) -> None:
    if at >= len(source) or source[at] not in signs:
        raise FormatError(f"{signs[-1]!r} is missing in the template {source!r}")


def _mentions(nodes: tuple[Node, ...]) -> Iterator[Slot | Mention]:
    for node in nodes:
        if isinstance(node, (Slot, Mention)):
            yield node
        if isinstance(node, Choice):
            for option in node.options:
                yield from _mentions(option)
        elif isinstance(node, (Mention, Cue)):
            yield from _mentions(node.children)


def _slots(nodes: tuple[Node, ...]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Slot):
            yield node.name
        elif isinstance(node, Choice):
            for option in node.options:
                yield from _slots(option)
        elif isinstance(node, (Mention, Cue)):
            yield from _slots(node.children)
