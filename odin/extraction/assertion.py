"""The assertion of a mention: what the network reads in the whole passage, and the word of the ConText rules on it.

The network has seen few examples of rare wordings ("used to take", "not ruled out"), which the rules know.
"""

from __future__ import annotations

from odin.extraction.context import assertion_by_rules, find_cue
from odin.extraction.decoding import Floats
from odin.schema import ASSERTIONS

RULE_WEIGHT = 1.0
"""What a rule that finds a cue adds to the network's log-probability of its assertion. Chosen of 0 to 3 on the dev
sets of clinical_notes, on cases and short notes that the network had not seen, and on the hand-made cases of
`data/samples/assertion_cases.jsonl`."""

Asserted = tuple[str | None, tuple[int, int] | None]
"""An assertion, and the (start, end) of its cue."""


def decide_assertion(text: str, start: int, end: int, label: str, scores: Floats) -> Asserted:
    """The assertion of the mention at `start`-`end`, and its cue where a rule finds one.

    `scores` (assertions,) are the network's log-probabilities in the order of `odin.schema.ASSERTIONS`.
    """
    rule, _ = assertion_by_rules(text, start, end, label)
    votes = scores.copy()
    if rule != "present":
        votes[ASSERTIONS.index(rule)] += RULE_WEIGHT
    best = ASSERTIONS[int(votes.argmax())]
    return best, None if best == "present" else find_cue(text, start, end, best)
