"""Which templates fit the patient and what they are filled with, by their words in the file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from odin.synthesis.patient import Patient
from odin.synthesis.realise import Term
from odin.synthesis.vocabulary import Vocabulary


def suits_patient(words: str, patient: Patient) -> bool:
    """False for what only adults do, of a child, and for what only the other sex has."""
    age = patient.age
    if (age < 18 and _ADULT.search(words)) or (age < 45 and _OLDER.search(words)):
        return False
    if (not 8 <= age < 18 and _PUPIL.search(words)) or (age < 4 and _LONG_AGO.search(words)):
        return False
    return not (_OF_MEN if patient.sex == "female" else _OF_WOMEN).search(words)


def unfit_words(filled: Mapping[str, Sequence[Term]], vocabulary: Vocabulary) -> Iterator[re.Pattern[str]]:
    """What a template must not say of what its slots are filled with."""
    terms = [term for items in filled.values() for term in items]
    drugs = [term for term in terms if term.label == "Drug"]
    if not all(vocabulary.over_the_counter(drug) for drug in drugs):
        yield _COUNTER
    if any(vocabulary.given_by_staff(drug) for drug in drugs):
        yield _AT_HOME
    if not all(vocabulary.as_needed(drug) for drug in drugs):
        yield _AS_NEEDED
    if any(term.label == "Disease" for term in filled.get("T", ())):
        yield _FELT
    if not all(_LASTING.search(term.surface) for term in filled.get("H", ()) if term.label == "Procedure"):
        yield _AGAIN
    if not all(term.values.get("val", "")[:1].isdigit() for term in terms if term.label == "Lab_Test"):
        yield _MEASURED


_COUNTER = re.compile(r"over the counter")
_AT_HOME = re.compile(
    r"\b(takes?|took|taken|taking|uses?|using|pharmacy|prescribed|prescription|sent in|called in|as needed|PRN|"
    r"at home|ran out|alternating|tried|finished?|his own|home|gets|[Rr]efill)\b"
)
"""What is said of drugs that patients have at home."""
_AS_NEEDED = re.compile(r"as needed|\bPRN\b|every \$n48|at home|this morning")
"""What is said of drugs that are taken when something is felt."""
_FELT = re.compile(r"of 10\b|[Rr]elief of|takes the edge off|lasts|control with")
"""What is said of what is felt, and not of its cause."""
_LASTING = re.compile(
    r"therap|rehab|exercis|brac(e|ing)|splint|cpap|bipap|dialysis|counsel|\bic(e|ing)\b|heat|stretch|training|stocking|"
    r"boot|sling|crutch|walker|cane|diet|oxygen|elevat|pump|education|compress|massage|acupunct|yoga|orthotic|collar|"
    r"traction|cast|\bpt\b|cbt|radiation|chemo|wrap|dressing|monitor|care|hygiene|irrigation|inject|tens\b",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"attending|[Cc]ontinue|\bcont\b|times a day|\buses\b|placed in|did well with|prescribed|given (good|some)"
)
"""What is said of what is done again and again, as of a therapy but not of an operation."""
_MEASURED = re.compile(r"\b([Aa]t|of)\b[^$.{]{0,20}\$(val|norm)\(")
"""What a number follows, as `of` and `at`."""
_ADULT = re.compile(
    r"work|wife|husband|partner|smok|drink|beer|alcohol|tobacco|pack|EtOH|etoh|ppd|retired|married|divorced|widow|"
    r"drives|job|children|grandchild|army|illicit|high school|[Aa]dvance directives|a will and|"
    r"blood pressure at home|BPs|golf|ADL|college|car\b|shopping|unemployed"
)
_OLDER = re.compile(
    r"[Rr]etired|grandchild|grown children|assisted living|pack-years|<10\|20\|30> years|married for \$years"
)
_PUPIL = re.compile(r"\bgrade\b")
_LONG_AGO = re.compile(r"\$years|as a (child|teenager)|years ago")
_OF_MEN = re.compile(r"[Pp]rostate")
_OF_WOMEN = re.compile(r"[Pp]elvic:|vaginal")
