"""Losses of the joint network on a batch of examples of one label set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from odin.extraction.encoding import Batch
from odin.extraction.groups import allowed_label_pairs
from odin.extraction.network import JointNetwork
from odin.extraction.padding import pad_mentions, pad_pairs
from odin.labels import LabelSet
from odin.training.examples import Example

RAREST = 0.05
"""The least share of a relation label that `class_weights` reckons with."""


@dataclass
class Targets:
    """Right answers of a batch.

    annotated (chunks, labels) 0/1; taught (chunks,) 0/1, see `Example.taught`; mentions (chunks, mentions, 3);
    assertions (chunks, mentions), -1 for none; pairs (chunks, pairs, 2); features (chunks, pairs, kinds);
    row (pairs of all chunks,): index of the pair in the flattened pairs; group (the same,): its decision;
    classes (groups,); chunk (groups,): where the decision stands; allowed (groups, classes) 0/1.
    """

    annotated: Tensor
    taught: Tensor
    mentions: Tensor
    assertions: Tensor
    pairs: Tensor | None
    features: Tensor | None
    row: Tensor
    group: Tensor
    classes: Tensor
    chunk: Tensor
    allowed: Tensor

    def to(self, device: str | torch.device) -> Targets:
        """The targets on another device."""
        moved: dict[str, Any] = {key: None if value is None else value.to(device) for key, value in vars(self).items()}
        return Targets(**moved)


@dataclass
class Answers:
    """What a network says of a batch, as logits; or what teachers say, as probabilities.

    spans (chunks, words, width, labels); assertions (chunks, mentions, assertions); decisions (groups, classes).
    """

    spans: Tensor
    assertions: Tensor | None = None
    decisions: Tensor | None = None


def make_targets(examples: Sequence[Example], labels: LabelSet) -> Targets:
    """The right answers of examples of one label set."""
    mentions = pad_mentions([example.mentions for example in examples], "cpu")
    assertions = torch.full(mentions.shape[:2], -1)
    for i, example in enumerate(examples):
        if example.mentions:
            assertions[i, : len(example.mentions)] = torch.tensor(example.assertions)
    annotated = torch.tensor([example.annotated for example in examples], dtype=torch.float)
    taught = torch.tensor([example.taught for example in examples], dtype=torch.float)
    return Targets(annotated, taught, mentions, assertions, *_pair_targets(examples, labels))


def _pair_targets(
    examples: Sequence[Example], labels: LabelSet
) -> tuple[Tensor | None, Tensor | None, Tensor, Tensor, Tensor, Tensor, Tensor]:
    classes = 2 + len(labels.concept_relations or labels.relations)
    count = max((len(example.pairs) for example in examples), default=0)
    rows: list[int] = []
    groups: list[int] = []
    targets: list[int] = []
    chunk: list[int] = []
    permitted: list[tuple[int, ...]] = []
    possible = allowed_label_pairs(labels)
    for i, example in enumerate(examples):
        rows += range(i * count, i * count + len(example.pairs))
        groups += [len(targets) + group for group in example.groups.tolist()]
        first_pair = example.pairs[np.unique(example.groups, return_index=True)[1]]
        for head, tail in first_pair.tolist():
            permitted.append(possible[example.mentions[head].label, example.mentions[tail].label])
        targets += example.targets.tolist()
        chunk += [i] * len(example.targets)
    allowed = torch.zeros((len(targets), classes), dtype=torch.bool)
    allowed[:, 0] = allowed[:, -1] = True
    for row, own in enumerate(permitted):
        allowed[row, list(own)] = True
    pairs, kinds = (
        pad_pairs([example.pairs for example in examples], [example.features for example in examples], "cpu")
        if count
        else (None, None)
    )
    numbers = (torch.tensor(values, dtype=torch.long) for values in (rows, groups, targets, chunk))
    return pairs, kinds, *numbers, allowed


def read_batch(network: JointNetwork, batch: Batch, targets: Targets, labels: LabelSet) -> Answers:
    """What the network says of the spans of a batch, and of the assertions and relations of its mentions."""
    first, last = network.encode(batch)
    answers = Answers(network.score_spans(first, last, labels.name).float())
    if targets.pairs is None and not labels.assertions:
        return answers
    states = network.read_mentions(first, last, batch, targets.mentions, labels.name)
    if labels.assertions:
        answers.assertions = network.score_assertions(states, labels.name).float()
    if targets.pairs is not None and targets.features is not None:
        logits = network.score_pairs(states, targets.pairs, targets.features, labels.name).float()
        answers.decisions = decide(logits, targets)
    return answers


def teach(teachers: Sequence[tuple[JointNetwork, Batch]], targets: Targets, labels: LabelSet) -> Answers:
    """The mean of the probabilities that the teachers give, each of the batch as it reads it."""
    with torch.no_grad():
        said = [read_batch(network, batch, targets, labels) for network, batch in teachers]
    assertions = [own.assertions.softmax(-1) for own in said if own.assertions is not None]
    decisions = [own.decisions.softmax(-1) for own in said if own.decisions is not None]
    return Answers(
        torch.stack([own.spans.sigmoid() for own in said]).mean(0),
        torch.stack(assertions).mean(0) if assertions else None,
        torch.stack(decisions).mean(0) if decisions else None,
    )


def decide(logits: Tensor, targets: Targets) -> Tensor:
    """The logits (groups, classes) of each decision; its pairs vote by log-sum-exp of their evidence against `none`."""
    evidence = (logits - logits[..., :1]).flatten(0, 1)[targets.row]
    count = len(targets.classes)
    index = targets.group.unsqueeze(-1).expand(-1, evidence.shape[-1])
    peak = evidence.new_full((count, evidence.shape[-1]), -1e4)
    peak = peak.scatter_reduce(0, index, evidence.detach(), "amax")
    total = torch.zeros_like(peak).scatter_add(0, index, (evidence - peak.gather(0, index)).exp())
    scores = (peak + total.clamp(min=1e-30).log()).masked_fill(~targets.allowed, -1e4)
    return torch.cat([torch.zeros_like(scores[:, :1]), scores[:, 1:]], -1)


def span_loss(logits: Tensor, targets: Targets, word_mask: Tensor, taught: Tensor | None, share: Tensor) -> Tensor:
    """Binary cross-entropy over real spans, a word.

    `taught` are the teachers' probabilities, `share` (chunks,) how much they count beside what is annotated. Labels
    that are not annotated are learnt from the teachers alone, and without any not at all; where a corpus annotates no
    label, for its relations alone, nothing is: of such mentions a teacher that learnt from it knows nothing either.
    """
    chunks, words, width, _ = logits.shape
    lengths = word_mask.sum(1).view(chunks, 1, 1)
    ends = torch.arange(words, device=logits.device).view(1, words, 1) + torch.arange(width, device=logits.device)
    asked = torch.maximum(targets.annotated.amax(1), targets.taught)
    share = (asked * share).view(chunks, 1, 1, 1)
    annotated = targets.annotated.view(chunks, 1, 1, -1)
    right = marked_spans(targets.mentions, logits)
    weight = annotated + 0 * share
    if taught is not None:
        weight = annotated + (1 - annotated) * share
        right = (annotated * (1 - share) * right + share * taught) / weight.clamp(min=1e-6)
    real = (ends < lengths).unsqueeze(-1) * weight
    loss = functional.binary_cross_entropy_with_logits(logits, right, weight=real, reduction="sum")
    return loss / (1 + word_mask.sum() / 8)


def marked_spans(mentions: Tensor, logits: Tensor) -> Tensor:
    """Tensor like `logits` (chunks, words, width, labels): 1 where a mention (chunks, mentions, 3) stands, else 0."""
    chunk, number = (mentions[..., 2] >= 0).nonzero(as_tuple=True)
    start, end, label = mentions[chunk, number].unbind(-1)
    right = torch.zeros_like(logits)
    right[chunk, start, end - start - 1, label] = 1
    return right


def assertion_loss(logits: Tensor, targets: Targets, taught: Tensor | None, share: Tensor) -> Tensor:
    """Cross-entropy a mention that has an assertion, or that teachers say one of; see `span_loss` of these."""
    known = targets.assertions >= 0
    right = functional.one_hot(targets.assertions.clamp(min=0), logits.shape[-1]).to(logits.dtype)
    counted = known
    if taught is not None:
        own = share.unsqueeze(-1).where(known, 1.0).unsqueeze(-1)
        right = right * (1 - own) + taught * own
        counted = targets.mentions[..., 2] >= 0
    loss = functional.cross_entropy(logits.flatten(0, 1), right.flatten(0, 1), reduction="none")
    return (loss * counted.flatten()).sum() / counted.sum().clamp(min=1)


def class_weights(examples: Sequence[Example], labels: LabelSet, balance: float) -> Tensor:
    """Weights (classes,) of the relation classes, `none` and denied 1: rarer labels more, 1 on average over examples.

    A label weighs as its share to the power of -`balance`; shares below RAREST count as that.
    """
    targets = np.concatenate([np.zeros(0, dtype=np.int16), *(example.targets for example in examples)])
    counts = torch.bincount(
        torch.from_numpy(targets).long(), minlength=2 + len(labels.concept_relations or labels.relations)
    )
    weights = torch.ones(len(counts))
    own = counts[1:-1].float()
    if own.sum():
        share = own / own.sum()
        raw = share.clamp(min=RAREST) ** -balance
        weights[1:-1] = raw / (share * raw).sum()
    return weights


def relation_loss(scores: Tensor, targets: Targets, weights: Tensor, taught: Tensor | None, share: Tensor) -> Tensor:
    """Cross-entropy of the decisions (groups, classes), see `span_loss` of the teachers."""
    right = functional.one_hot(targets.classes, scores.shape[-1]).to(scores.dtype)
    if taught is not None:
        own = share[targets.chunk].unsqueeze(-1)
        right = right * (1 - own) + taught * own
    loss = functional.cross_entropy(scores, right, weight=weights, reduction="sum")
    positive = (1 - right[:, 0]).sum()
    return loss / (1 + positive + 0.03 * (len(right) - positive))


def batch_loss(
    answers: Answers,
    targets: Targets,
    word_mask: Tensor,
    *,
    relations: float,
    assertions: float,
    weights: Tensor,
    taught: Answers | None = None,
    share: float = 0.0,
) -> dict[str, Tensor]:
    """The weighted losses by name: spans, and where the label set has them relations and assertions.

    `weights` are those of the relation classes, as `class_weights` gives them; `taught` what teachers say, which
    counts for `share` of what is annotated, and for all of the chunks that are `taught`.
    """
    shares = torch.maximum(targets.taught, torch.full_like(targets.taught, share if taught else 0.0))
    losses = {"spans": span_loss(answers.spans, targets, word_mask, taught and taught.spans, shares)}
    if answers.assertions is not None and (taught is not None or bool((targets.assertions >= 0).any())):
        loss = assertion_loss(answers.assertions, targets, taught and taught.assertions, shares)
        losses["assertions"] = assertions * loss
    if answers.decisions is not None:
        loss = relation_loss(answers.decisions, targets, weights, taught and taught.decisions, shares)
        losses["relations"] = relations * loss
    return losses
