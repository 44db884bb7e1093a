"""The guidelines for the page: what is shown of them, and what a form that comes back makes of them.

The form changes what labels mean and adds labels. Which mentions a relation may join stays: notes rely on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from annotation.components.annotation_view import label_guide
from annotation.store import Store
from annotation.store.guidelines import Guideline, current_guideline, guidelines, revise_guideline
from odin.errors import InputError
from odin.labels import LabelSet

MAX_CHARACTERS = 20_000
"""Of one field of the form."""
_PARTS = {
    "definition": "definition",
    "examples": "examples",
    "counter_examples": "counter-examples",
    "sentence": "sentence",
}


def guide_of(guideline: Guideline) -> dict[str, Any]:
    """The guidelines to read; their version is that of the project."""
    return {**label_guide(guideline.labels), "version": str(guideline.number)}


def guideline_value(store: Store, project: str) -> dict[str, Any]:
    """The newest guidelines with their history, and how many submitted notes an older version held for."""
    versions = guidelines(store, project)
    newest = versions[-1]
    history = [
        {
            "number": one.number,
            "by": one.created_by,
            "created": one.created,
            "changes": say_changes(versions[one.number - 2].labels, one.labels) if one.number > 1 else [],
        }
        for one in versions
    ]
    return {
        "guide": guide_of(newest),
        "number": newest.number,
        "versions": history,
        "older": say_older(store, project, newest.number),
    }


def say_older(store: Store, project: str, newest: int) -> str:
    """How many notes were last submitted under an older version, in words; empty for none."""
    row = store.row(
        "SELECT count(*) AS count FROM (SELECT max(guideline) AS guideline FROM versions WHERE project = ? "
        "AND kind = 'submitted' GROUP BY document, reviewer) WHERE guideline < ?",
        project,
        newest,
    )
    count = int(row["count"]) if row else 0
    return f"{count} {'review' if count == 1 else 'reviews'} under an older version" if count else ""


def save_form(store: Store, project: str, form: Any, by: str) -> Guideline:
    """Save what the page sent, which is not to be trusted, as the next version.

    Raises InputError where it cannot be or changes nothing, ConflictError where another version came meanwhile.
    """
    if not isinstance(form, Mapping) or not isinstance(form.get("number"), int):
        raise InputError("the form of the guidelines is not complete; load the page again")
    labels = current_guideline(store, project).labels
    revised = apply_form(labels, form)
    if revised == labels:
        raise InputError("nothing is changed yet: edit a definition, an example or a rule, then save")
    return revise_guideline(store, project, revised, by, form["number"])


def apply_form(labels: LabelSet, form: Mapping[str, Any]) -> LabelSet:
    """The label set with the texts of the form. Raises InputError or LabelError for what cannot be."""
    value = labels.to_json()
    for kind, fields in (("entities", tuple(_PARTS)[:3]), ("relations", tuple(_PARTS))):
        known = {item["label"]: item for item in value[kind]}
        for entry in _entries(form, kind):
            name = _text(entry.get("label"), "the label").strip()
            if name not in known:
                value[kind].append(item := {"label": name, **_new_pairs(entry, kind, name)})
                known[name] = item
            item = known[name]
            for field in fields:
                if field in entry and not _is_default(labels, name, field, entry[field]):
                    read = _lines if field.endswith("examples") else _text
                    item[field] = read(entry[field], f"{name}: the {_PARTS[field]}")
            _check_sentence(item)
    for field in ("rules", "decisions"):
        if field in form:
            value[field] = _lines(form[field], f"the {field}")
    return LabelSet.from_json(value, place="the guidelines")


def say_changes(old: LabelSet, new: LabelSet) -> list[str]:
    """What is different in the newer version, one line a label."""
    lines = []
    for kind in ("entities", "relations"):
        before = {item["label"]: item for item in old.to_json()[kind]}
        for item in new.to_json()[kind]:
            if item["label"] not in before:
                lines.append(f"{item['label']} is new")
                continue
            changed = [words for field, words in _PARTS.items() if item.get(field) != before[item["label"]].get(field)]
            if changed:
                lines.append(f"{item['label']}: {', '.join(changed)} changed")
    for field, words in (("rules", "rules"), ("decisions", "doubtful cases"), ("assertions", "assertions")):
        if getattr(old, field) != getattr(new, field):
            lines.append(f"{words} changed")
    return lines


def _entries(form: Mapping[str, Any], kind: str) -> Sequence[Mapping[str, Any]]:
    entries = form.get(kind, [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise InputError(f"the {kind} of the form must be a list of labels")
    return entries


def _new_pairs(entry: Mapping[str, Any], kind: str, name: str) -> dict[str, Any]:
    if not name or not all(character.isalnum() or character in "_-" for character in name):
        raise InputError(f"a label {name!r}: give it a name of letters, digits, '_' or '-'")
    if kind == "entities":
        return {}
    pairs = entry.get("pairs")
    if not isinstance(pairs, list) or not pairs:
        raise InputError(
            f"the new relation {name} needs at least one mention that it leads from and one that it leads to"
        )
    return {"pairs": pairs}


def _is_default(labels: LabelSet, name: str, field: str, value: Any) -> bool:
    """True for the sentence that a relation without one is read as."""
    if field != "sentence" or name not in labels.relation_labels:
        return False
    relation = labels.relation(name)
    return not relation.sentence and value == relation.say("{head}", "{tail}")


def _check_sentence(item: Mapping[str, Any]) -> None:
    sentence = item.get("sentence")
    if sentence and not ("{head}" in sentence and "{tail}" in sentence):
        raise InputError(f"{item['label']}: the sentence must hold {{head}} and {{tail}}, not {sentence!r:.80}")


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{place} must be text, not {value!r:.80}")
    if len(value) > MAX_CHARACTERS:
        raise InputError(f"{place} has {len(value):,} characters; {MAX_CHARACTERS:,} are the most")
    return value


def _lines(value: Any, place: str) -> list[str]:
    if not isinstance(value, list):
        raise InputError(f"{place} must be a list of lines, not {value!r:.80}")
    return [_text(line, place) for line in value]
