"""ChemProt (BioCreative VI) as distributed for sentence classification: a chemical-protein pair a line, as JSON.

`<< >>` marks the mention that stands first, `[[ ]]` the second; which of them is the chemical is not published. Lines
of one sentence become one document, and the kinds are worked out: each pair joins a chemical with a protein, so the
pairs part all mentions in two, and word forms (-ase, receptor, -ine ...) say which part is which, weighed over the
file. Relations lead from the chemical to the protein. Source: Krallinger et al. 2017; the form is that of Gururangan et
al. 2020, https://github.com/allenai/dont-stop-pretraining.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from odin.corpora import jsonl
from odin.corpora.drafts import Draft
from odin.errors import FormatError
from odin.schema import Document, Entity, ReadReport, Relation

_MARK = re.compile(r"<< (?P<first>.*?) >>|\[\[ (?P<second>.*?) \]\]")
_PROTEIN = re.compile(
    r"(ases?|receptors?|kinases?|transporters?|channels?|factors?|proteins?|cyclins?|globulins?|subunits?|enzymes?"
    r"|subtypes?|isoforms?|interleukin|insulin|caspases?|collagen|tubulin)\b|\b[a-z]{0,2}[A-Z]{2,}[A-Za-z]*-?\d|κ|\b(IL|TNF|NF|MAO|CYP|PPAR|5-HT|HDAC|COX)"
)
_CHEMICAL = re.compile(
    r"(ines?|ols?|ides?|ates?|ones?|enes?|anes?|acids?|statins?|tinib|azole|azepam|micin|mycin|cillin|oxin|amine|idin"
    r"|icin|ium|ethyl|oxy|steroids?|opioids?|ethanol|calcium|zinc)\b|^\(|\d,\d|\b[Aa]cid\b|^\d|[+-]\)?-"
)

Span = tuple[int, int]
Pair = tuple[Span, Span, str, int]
"""First mention, second mention, label, line number."""


def read(path: str | Path, report: ReadReport | None = None, *, strict: bool = True) -> Iterator[Document]:
    """A document a sentence; the id is the file's name and the line of its first pair.

    Raises FormatError with the line where one cannot be read; with `strict=False` it is dropped and reported.
    """
    report = ReadReport() if report is None else report
    sentences: dict[str, list[Pair]] = {}
    for number, value in jsonl.objects(path, report, strict=strict):
        try:
            text, first, second = _unmarked(value["text"])
            sentences.setdefault(text, []).append((first, second, str(value["label"]), number))
        except (KeyError, TypeError, ValueError) as err:
            message = f"needs a label and a text with one << >> and one [[ ]]: {err}"
            if strict:
                raise FormatError(message, path=path, line=number) from err
            report.drop(f"{path}:{number}", "pair", message)
    leanings = _leanings(sentences)
    for text, pairs in sentences.items():
        name = f"{Path(path).stem}-{pairs[0][3]}"
        draft = Draft(name, text, path, report, strict)
        _add(draft, pairs, _kinds(text, pairs, leanings))
        yield draft.finish()


def _unmarked(marked: str) -> tuple[str, Span, Span]:
    """The text without marks, and the spans of the first and the second mention. Raises ValueError."""
    found = {name: match for match in _MARK.finditer(marked) for name in ("first", "second") if match[name] is not None}
    matches = list(_MARK.finditer(marked))
    if len(matches) != 2 or len(found) != 2:
        raise ValueError(f"{len(matches)} marked mentions were found")
    text, spans, last = "", {}, 0
    for match in matches:
        text += marked[last : match.start()]
        name = "first" if match["first"] is not None else "second"
        spans[name] = (len(text), len(text) + len(match[name]))
        text += match[name]
        last = match.end()
    return text + marked[last:], spans["first"], spans["second"]


def _leanings(sentences: dict[str, list[Pair]]) -> dict[str, float]:
    """Surface to a number from -1 (a chemical) to 1 (a protein), by its form and against what it is paired with."""
    partners: dict[str, list[str]] = defaultdict(list)
    for text, pairs in sentences.items():
        for first, second, _, _ in pairs:
            one, other = text[slice(*first)], text[slice(*second)]
            partners[one].append(other)
            partners[other].append(one)
    forms = {surface: _form(surface) for surface in partners}
    leanings = dict(forms)
    for _ in range(20):
        leanings = {
            surface: 0.4 * forms[surface] - 0.6 * sum(leanings[other] for other in others) / len(others)
            for surface, others in partners.items()
        }
    return leanings


def _form(surface: str) -> float:
    return float(bool(_PROTEIN.search(surface))) - float(bool(_CHEMICAL.search(surface)))


def _kinds(text: str, pairs: Iterable[Pair], leanings: dict[str, float]) -> dict[Span, str]:
    """Chemical or Protein for each mention, so that each pair has one of both as far as that can be."""
    neighbours: dict[Span, list[Span]] = defaultdict(list)
    for first, second, _, _ in pairs:
        neighbours[first].append(second)
        neighbours[second].append(first)
    sides: dict[Span, int] = {}
    kinds: dict[Span, str] = {}
    for start in neighbours:
        if start in sides:
            continue
        sides[start], part = 1, [start]
        for mention in part:
            for other in neighbours[mention]:
                if other not in sides:
                    sides[other] = -sides[mention]
                    part.append(other)
        protein_side = 1 if sum(sides[it] * leanings[text[slice(*it)]] for it in part) >= 0 else -1
        kinds |= {it: "Protein" if sides[it] == protein_side else "Chemical" for it in part}
    return kinds


def _add(draft: Draft, pairs: list[Pair], kinds: dict[Span, str]) -> None:
    ids = {span: f"T{number}" for number, span in enumerate(sorted(kinds), 1)}
    for span, name in ids.items():
        draft.add_entity(None, Entity(name, kinds[span], *span))
    for number, (first, second, label, line) in enumerate(pairs, 1):
        head, tail = (first, second) if kinds[first] == "Chemical" else (second, first)
        draft.add_relation(line, Relation(f"R{number}", label, ids[head], ids[tail]))
