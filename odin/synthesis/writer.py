"""Saying things of a patient: templates chosen by under-use, terms chosen by register, values of the patient."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from random import Random

from odin.knowledge.graph import Concept
from odin.synthesis.claims import Claims, result_in
from odin.synthesis.fitting import suits_patient, unfit_words
from odin.synthesis.grammar import Slot, Template, TemplateBook
from odin.synthesis.labs import is_low, result_of, test_values
from odin.synthesis.patient import Patient, Problem, drug_class
from odin.synthesis.realise import NoteBuilder, Piece, Statement, Term
from odin.synthesis.values import MONTHS, NUMBERS, PRONOUNS, SHORT_TIMES, SURNAMES
from odin.synthesis.vocabulary import Vocabulary

JOINED = 0.22
"""How often, in prose, a sentence with a subject of its own goes on the one before it, as in dictated notes."""
LONGEST = 22
"""Words; no sentence is made longer by joining another to it."""


class Writer:
    """Writes statements about one patient into one note. `ledger` counts the templates used so far in the chunk."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        book: TemplateBook,
        patient: Patient,
        rng: Random,
        register: str,
        ledger: Counter[str],
    ) -> None:
        self.vocabulary, self.book, self.patient, self.rng = vocabulary, book, patient, rng
        self.register, self.ledger = register, ledger
        self.surname = rng.choice(SURNAMES)
        self.builder = NoteBuilder(rng, self.value)
        self.claims = Claims(vocabulary, patient)
        self.bullet = rng.choice(("", "", "- ", "- ", "• ", "* ") if register == "p" else ("", "", "- "))
        self._used: set[str] = set()
        self._values: dict[tuple[str, bool], dict[str, str]] = {}
        self._told: set[str] = set()
        self._named = False
        self._paragraph = False

    def chance(self, share: float) -> bool:
        """True with that chance."""
        return self.rng.random() < share

    def fitting(self, concepts: Sequence[Concept]) -> list[Concept]:
        """Those that the patient's sex, age, allergies and drugs allow: no second one of a class."""
        allergic = {drug.id for drug, _ in self.patient.allergies}
        taken = {drug_class(drug): drug.id for drug in self.patient.drugs if drug_class(drug)}
        return [
            item
            for item in concepts
            if item.suits(self.patient.sex, self.patient.age)
            and (not item.id or item.id not in allergic)
            and (item.label != "Drug" or taken.get(drug_class(item), item.id) == item.id)
        ]

    def draw(self, label: str) -> Concept | None:
        """Any concept of a label that `fitting` allows; None where none is found."""
        drawn = (self.vocabulary.draw(self.rng, label) for _ in range(10))
        return next((item for item in drawn if item and self.fitting([item])), None)

    def term(self, concept: Concept) -> Term:
        """A surface of a concept in the register of the note; what was named before may come back as `pain`."""
        again = concept.name in self._told
        self._told.add(concept.name)
        if again and self.chance(0.4):
            for word in _SHORT_NAMES:
                if concept.name.endswith(" " + word):
                    return Term(concept.label, word, concept.id or None)
        return self.vocabulary.term(concept, self.rng, self.register)

    def tested(self, concept: Concept, disease: Concept) -> Term:
        """A test with values that speak for a disease, the same wherever the note tells them."""
        low = is_low(concept.name, disease.name)
        if (concept.id, low) not in self._values:
            self._values[concept.id, low] = self._drawn_values(concept, disease, low)
        return self.vocabulary.term(concept, self.rng, self.register, self._values[concept.id, low])

    def _drawn_values(self, concept: Concept, disease: Concept, low: bool) -> dict[str, str]:
        """What the panels of the patient have where that fits, else another value."""
        graph, sex = self.vocabulary.graph, self.patient.sex
        values = test_values(graph, concept.id, concept.name, disease.name, sex, self.rng)
        measured = self.patient.labs.get(self.vocabulary.analytes.get(concept.id, ""))
        if measured and graph.reference_ranges(concept.id, sex):
            result = result_of(graph, concept.id, sex, measured)
            if result == "normal":
                values["norm"] = measured
            elif (result == "low") == low:
                values["val"] = measured
        return values

    def template(self, kind: str, filled: Mapping[str, Sequence[Term]]) -> Template | None:
        """A template that fits what fills the slots: the least used of a few, preferably new in this note."""
        slots = {name for name, items in filled.items() if items}
        unfit = list(unfit_words(filled, self.vocabulary))
        options = [item for item in self.book.of(kind, self.register) if item.slots <= slots and self._fits(item)]
        options = [item for item in options if not any(words.search(item.words) for words in unfit)]
        options = [item for item in options if self.claims.is_new(item) and self._agrees(item, filled)]
        options = [item for item in options if item.id in self.book.preferred] or options
        fresh = [item for item in options if item.id not in self._used] or options
        if not fresh:
            return None
        some = self.rng.sample(fresh, min(4, len(fresh)))
        chosen = min(some, key=lambda item: self.ledger[item.id])
        self.ledger[chosen.id] += 1
        self._used.add(chosen.id)
        return chosen

    def say(self, kind: str, **terms: Concept | Term | Sequence[Concept | Term]) -> Statement | None:
        """One statement, as the next sentence of a paragraph; None where no template fits."""
        filled = {name: self._terms(value) for name, value in terms.items()}
        template = self.template(kind, filled)
        if template is None:
            return None
        joined = self._paragraph and self._join(template)
        if self._paragraph and not joined:
            self.gap()
        capital = not joined and (self.register == "p" or self.chance(0.5))
        before = len(self.builder.mentions)
        statement = self.builder.say(template, filled, capital=capital, lower=joined)
        self._claim(template, before)
        self._stop()
        self._paragraph = True
        return statement

    def item(
        self, kind: str, bullet: str | None = None, **terms: Concept | Term | Sequence[Concept | Term]
    ) -> Statement | None:
        """One statement on a line of its own."""
        self.line()
        mark = self.bullet if bullet is None else bullet
        before = len(self.builder.pieces)
        self.builder.write(mark)
        statement = self.say(kind, **terms)
        if statement is None:
            del self.builder.pieces[before:]
        self.line()
        return statement

    def heading(self, text: str) -> None:
        """Begin a section."""
        self.line()
        self.builder.section = text.strip(":").upper()
        if text:
            self.builder.write(text)

    def write(self, text: str) -> None:
        """Words without any mention, continuing the line."""
        self.builder.write(text)

    def mention(self, concept: Concept | Term, assertion: str | None = None, *, capital: bool = False) -> str:
        """A bare mention; its key."""
        term = concept if isinstance(concept, Term) else self.term(concept)
        if capital and term.surface[:1].islower():
            term = Term(term.label, term.surface[0].upper() + term.surface[1:], term.concept, term.dose)
        self.claims.add(term.label, term.surface, term.concept, assertion or "present")
        return self.builder.mention(term, assertion)

    def line(self, blank: bool = False) -> None:
        """End the line (and leave one blank); a bullet or a number that nothing followed is taken back."""
        pieces = self.builder.pieces
        if pieces and _MARK.fullmatch(pieces[-1].text) and (len(pieces) == 1 or pieces[-2].text.endswith("\n")):
            pieces.pop()
        last = self._last() or "\n\n"
        if not last.endswith("\n"):
            self.builder.write("\n\n" if blank else "\n")
        elif blank and not last.endswith("\n\n"):
            self.builder.write("\n")
        self._paragraph = False

    def fresh(self) -> None:
        """The next statement follows a label or a bullet, not a sentence."""
        self._paragraph = False

    def follow(self) -> None:
        """The next statement follows a sentence."""
        self._paragraph = True

    def existing(self, key: str) -> Term:
        """A mention of the note as a term, for relations that lead back to it."""
        return Term(self.builder.mentions[key].label, mention=key)

    def _agrees(self, template: Template, filled: Mapping[str, Sequence[Term]]) -> bool:
        """False where the template, so filled, says the opposite of what the note has said."""
        for item in template.mentions:
            assertion = item.assertion or "present"
            if isinstance(item, Slot):
                terms = [term for term in filled.get(item.name, ()) if not term.mention]
            else:
                terms = [Term(item.label, item.surface)]
            if not all(self.claims.allow(term.label, term.surface, term.concept, assertion) for term in terms):
                return False
        for relation in template.relations:
            for head in self._concepts(filled.get(relation.head, ())):
                for tail in self._concepts(filled.get(relation.tail, ())):
                    if not self.claims.allow_relation(relation.label, head, tail, negated=relation.negated):
                        return False
        result = result_in(template)
        tests = [term.concept for items in filled.values() for term in items if term.label in _TESTS and term.concept]
        return result is None or all(self.claims.allow_result(test, result) for test in tests)

    def _concepts(self, terms: Sequence[Term]) -> list[str]:
        """The concepts that fill a slot, also by a mention of the note; without one, the words."""
        known = self.builder.mentions
        ids = [known[term.mention].concept if term.mention else term.concept or term.surface for term in terms]
        return [id for id in ids if id]

    def _claim(self, template: Template, before: int) -> None:
        """Remember what a statement speaks of; `before` mentions stood in the note already."""
        self.claims.begin(template)
        result = result_in(template)
        for key, plan in list(self.builder.mentions.items())[before:]:
            self.claims.add(plan.label, self.builder.surface_of(key), plan.concept, plan.assertion)
            if result and plan.label in _TESTS and plan.concept:
                self.claims.report(plan.concept, result)
        for label, head, tail, negated, index in self.builder.relations:
            if index == len(self.builder.statements) - 1:
                ends = [self.builder.mentions[key].concept or self.builder.surface_of(key) for key in (head, tail)]
                self.claims.relate(label, *ends, negated=negated)

    def _terms(self, value: Concept | Term | Sequence[Concept | Term]) -> list[Term]:
        items = [value] if isinstance(value, (Concept, Term)) else list(value)
        terms = [item if isinstance(item, Term) else self.term(item) for item in items]
        seen: set[str] = set()
        return [item for item in terms if item.mention or not (item.surface in seen or seen.add(item.surface))]  # type: ignore[func-returns-value]

    def gap(self) -> None:
        """What parts two statements: a blank in prose; in shorthand also a line break, a semicolon or a full stop."""
        last = self._last()
        if not last or last.endswith(("\n", " ")):
            return
        ended = last.rstrip("\"')")[-1:] in ".!?:;"
        if last.endswith(","):  # of an address, as in a letter
            self.builder.write("\n")
        elif ended:
            self.builder.write("\n" if self.register == "s" and self.chance(0.2) else " ")
        else:
            self.builder.write(
                self.rng.choice((". ", ". ", ". ", "\n", "\n", "; ", ", ")) if self.register == "s" else ". "
            )

    def _join(self, template: Template) -> bool:
        """True where the statement goes on the sentence before it: the full stop there has become a conjunction."""
        pieces = self.builder.pieces
        if self.register != "p" or len(pieces) < 2 or not _CLAUSE.match(template.words) or not self.chance(JOINED):
            return False
        at = len(pieces) - 1
        last = pieces[at]
        if last.kind != "text" or not last.text.endswith(".") or self._sentence_is_long():
            return False
        word = self.rng.choice((" and ", " and ", ", and ", ", and ", ", and also ", ", but ", ", and at this time "))
        pieces[at] = Piece("text", last.text[:-1] + word)
        return True

    def _sentence_is_long(self) -> bool:
        """True where the sentence that ends the note so far has more than `LONGEST` words."""
        words = "".join(piece.text for piece in self.builder.pieces[-30:])
        return len(_SENTENCE_END.split(words[:-1])[-1].split()) > LONGEST

    def _stop(self) -> None:
        last = self._last().rstrip()
        if last.rstrip("\"')")[-1:] not in ".!?:,;" and (self.register == "p" or self.chance(0.35)):
            self.builder.write(".")

    def _last(self) -> str:
        return next((piece.text for piece in reversed(self.builder.pieces) if piece.text), "")

    def _fits(self, template: Template) -> bool:
        """False for what does not suit the patient, and for a label under a heading that says the same."""
        words = template.words
        return suits_patient(words, self.patient) and not (self.builder.section and _LABELLED.match(words))

    def value(self, name: str) -> str:
        """The text of `$name`. Raises InputError for a name that no note has."""
        patient, rng = self.patient, self.rng
        pronouns = PRONOUNS[patient.sex]
        if name == "He" and self._subject():
            return self._subject_text
        if name in pronouns:
            return pronouns[name]
        if name in ("name", "Name"):
            child = patient.age < 16
            title = "Mr." if patient.sex == "male" else "Ms."
            return ("the patient" if name == "name" else "The patient") if child else f"{title} {self.surname}"
        if name in _VALUES:
            return _VALUES[name](self)
        low, high = NUMBERS[name]
        return str(rng.randint(low, high))

    def _subject(self) -> bool:
        """True where the patient is named by something else than a pronoun."""
        share = self.rng.random()
        if self.register == "s":
            self._subject_text = self.rng.choice(("pt", "Pt", "Patient"))
            return share < 0.45
        first = not self._named
        self._named = True
        texts = ["The patient", "The patient", "Patient"]
        if self.patient.age >= 16 and self.rng.random() < 0.4:
            texts.append(f"{'Mr.' if self.patient.sex == 'male' else 'Ms.'} {self.surname}")
        self._subject_text = self.rng.choice(texts)
        return share < (0.8 if first else 0.22)

    def area(self) -> str:
        """A place to touch on the joint of the note."""
        for injury in self.vocabulary.injuries:
            if injury.site == self.patient.joint:
                return self.rng.choice(injury.areas)
        return self.patient.joint

    def date(self) -> str:
        """A day in one of the usual forms."""
        rng = self.rng
        month, day, year = rng.randint(1, 12), rng.randint(1, 28), rng.randint(2015, 2024)
        return rng.choice((f"{month}/{day}", f"{month:02d}/{day:02d}/{year}", f"{month}/{day}/{year % 100:02d}"))

    def past_year(self) -> int:
        """A year that the patient has lived in."""
        return self.rng.randint(max(1998, 2024 - self.patient.age), 2024)

    def lived(self, years: int) -> bool:
        """True where the patient was alive so many years ago; two years ago, everybody that is asked."""
        return years <= max(2, self.patient.age // 2)

    def duration(self) -> str:
        """A length of time in words, such as `three weeks`."""
        rng = self.rng
        unit, top = rng.choice((("day", 6), ("week", 6), ("month", 9), ("year", 5), ("day", 6), ("week", 4)))
        count = rng.randint(1, max(1, min(top, self.patient.age - 1)) if unit == "year" else top)
        words = ("one", "two", "three", "four", "five", "six")
        number = words[count - 1] if count <= 6 and rng.random() < 0.5 else str(count)
        return f"{number} {unit}{'s' if count > 1 else ''}"


def concepts_of(problems: Sequence[Problem]) -> list[Concept]:
    """The diseases of problems."""
    return [problem.disease for problem in problems]


_TESTS = ("Lab_Test", "Procedure")
_MARK = re.compile(r"(?:[-•*#]|\d+\.) ")
_CLAUSE = re.compile(r"\$(He|His)\b")
_SENTENCE_END = re.compile(r"[.!?:]\s|\n")
_SHORT_NAMES = ("pain", "swelling", "stiffness", "sprain", "fracture", "strain", "tear")
_LABELLED = re.compile(
    r"(CC|PMHx?|FHx?|DH|[Mm]eds|SH|PSHx?|A[Ll][Ll]|Allergies|Medications|Home meds|HPC|Surgeries|Imp)\b"
)
_VALUES: dict[str, Callable[[Writer], str]] = {
    "age": lambda writer: str(writer.patient.age),
    "Age": lambda writer: str(writer.patient.age),
    "surname": lambda writer: writer.rng.choice(SURNAMES),
    "side": lambda writer: writer.patient.side,
    "Side": lambda writer: writer.patient.side.capitalize(),
    "joint": lambda writer: writer.patient.joint,
    "jointarea": Writer.area,
    "problem": lambda writer: writer.rng.choice(("condition", "problem")),
    "bp": lambda writer: f"{writer.patient.vitals.systolic}/{writer.patient.vitals.diastolic}",
    "month": lambda writer: writer.rng.choice(MONTHS),
    "year": lambda writer: str(writer.past_year()),
    "years": lambda writer: writer.rng.choice(
        [n for n in ("2", "3", "5", "8", "10", "15", "20") if writer.lived(int(n))]
    ),
    "yy": lambda writer: f"{writer.past_year() % 100:02d}",
    "date": Writer.date,
    "dur": Writer.duration,
    "durs": lambda writer: writer.rng.choice(SHORT_TIMES),
    "ago": lambda writer: f"{writer.duration()} ago",
}
