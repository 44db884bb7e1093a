"""Losses of the joint network on a batch of examples of one label set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from odin.extraction.encoding import Batch, collate
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

    spans (chunks, words, width, labels) 0/1; annotated (chunks, labels) 0/1; mentions (chunks, mentions, 3);
    assertions (chunks, mentions), -1 for none; pairs (chunks, pairs, 2); features (chunks, pairs, kinds);
    row (pairs of all chunks,): index of the pair in the flattened pairs; group (the same,): its decision;
    classes (groups,); allowed (groups, classes) 0/1.
    """

    spans: Tensor
    annotated: Tensor
    mentions: Tensor
    assertions: Tensor
    pairs: Tensor | None
    features: Tensor | None
    row: Tensor
    group: Tensor
    classes: Tensor
    allowed: Tensor

    def to(self, device: str | torch.device) -> Targets:
        """The targets on another device."""
        moved: dict[str, Any] = {key: None if value is None else value.to(device) for key, value in vars(self).items()}
        return Targets(**moved)


def make_batch(examples: list[Example], labels: LabelSet, max_width: int, pad: int) -> tuple[Batch, Targets]:
    """Tensors of examples of one label set."""
    batch = collate([example.encoded for example in examples], pad)
    chunks, words = batch.first.shape
    spans = torch.zeros((chunks, words, max_width, len(labels.entities)))
    mentions = pad_mentions([example.mentions for example in examples], "cpu")
    assertions = torch.full(mentions.shape[:2], -1)
    for i, example in enumerate(examples):
        for mention in example.mentions:
            spans[i, mention.start, mention.end - mention.start - 1, mention.label] = 1
        if example.mentions:
            assertions[i, : len(example.mentions)] = torch.tensor(example.assertions)
    annotated = torch.tensor([example.annotated for example in examples], dtype=torch.float)
    return batch, Targets(spans, annotated, mentions, assertions, *_pair_targets(examples, labels))


def _pair_targets(
    examples: list[Example], labels: LabelSet
) -> tuple[Tensor | None, Tensor | None, Tensor, Tensor, Tensor, Tensor]:
    classes = 2 + len(labels.concept_relations or labels.relations)
    count = max((len(example.pairs) for example in examples), default=0)
    rows: list[int] = []
    groups: list[int] = []
    targets: list[int] = []
    permitted: list[tuple[int, ...]] = []
    possible = allowed_label_pairs(labels)
    for i, example in enumerate(examples):
        rows += range(i * count, i * count + len(example.pairs))
        groups += [len(targets) + group for group in example.groups]
        first_pair = dict(zip(reversed(example.groups), reversed(example.pairs), strict=True))
        for group in range(len(example.targets)):
            head, tail = first_pair[group]
            permitted.append(possible[example.mentions[head].label, example.mentions[tail].label])
        targets += example.targets
    allowed = torch.zeros((len(targets), classes), dtype=torch.bool)
    allowed[:, 0] = allowed[:, -1] = True
    for row, own in enumerate(permitted):
        allowed[row, list(own)] = True
    pairs, kinds = (
        pad_pairs([example.pairs for example in examples], [example.features for example in examples], "cpu")
        if count
        else (None, None)
    )
    return pairs, kinds, torch.tensor(rows), torch.tensor(groups), torch.tensor(targets), allowed


def span_loss(logits: Tensor, targets: Targets, word_mask: Tensor) -> Tensor:
    """Binary cross-entropy over real spans and annotated labels, a mention: sum / (1 + mentions expected)."""
    chunks, words, width, _ = logits.shape
    lengths = word_mask.sum(1).view(chunks, 1, 1)
    ends = torch.arange(words, device=logits.device).view(1, words, 1) + torch.arange(width, device=logits.device)
    real = (ends < lengths).unsqueeze(-1) * targets.annotated.view(chunks, 1, 1, -1)
    loss = functional.binary_cross_entropy_with_logits(logits, targets.spans, weight=real, reduction="sum")
    return loss / (1 + word_mask.sum() / 8)


def class_weights(examples: Sequence[Example], labels: LabelSet, balance: float) -> Tensor:
    """Weights (classes,) of the relation classes, `none` and denied 1: rarer labels more, 1 on average over examples.

    A label weighs as its share to the power of -`balance`; shares below RAREST count as that.
    """
    counts = torch.bincount(
        torch.tensor([target for example in examples for target in example.targets], dtype=torch.long),
        minlength=2 + len(labels.concept_relations or labels.relations),
    )
    weights = torch.ones(len(counts))
    own = counts[1:-1].float()
    if own.sum():
        share = own / own.sum()
        raw = share.clamp(min=RAREST) ** -balance
        weights[1:-1] = raw / (share * raw).sum()
    return weights


def relation_loss(logits: Tensor, targets: Targets, weights: Tensor) -> Tensor:
    """Cross-entropy a decision; the pairs of a decision vote by log-sum-exp of their evidence against `none`."""
    evidence = (logits - logits[..., :1]).flatten(0, 1)[targets.row]
    count = len(targets.classes)
    index = targets.group.unsqueeze(-1).expand(-1, evidence.shape[-1])
    peak = evidence.new_full((count, evidence.shape[-1]), -1e4)
    peak = peak.scatter_reduce(0, index, evidence.detach(), "amax")
    total = torch.zeros_like(peak).scatter_add(0, index, (evidence - peak.gather(0, index)).exp())
    scores = (peak + total.clamp(min=1e-30).log()).masked_fill(~targets.allowed, -1e4)
    scores = torch.cat([torch.zeros_like(scores[:, :1]), scores[:, 1:]], -1)
    loss = functional.cross_entropy(scores, targets.classes, weight=weights, reduction="sum")
    positive = (targets.classes > 0).sum()
    return loss / (1 + positive + 0.03 * (count - positive))


def batch_loss(
    network: JointNetwork,
    batch: Batch,
    targets: Targets,
    labels: LabelSet,
    *,
    relations: float,
    assertions: float,
    weights: Tensor,
) -> dict[str, Tensor]:
    """The weighted losses by name: spans, and where the label set has them relations and assertions.

    `weights` are those of the relation classes, as `class_weights` gives them.
    """
    first, last = network.encode(batch)
    losses = {"spans": span_loss(network.score_spans(first, last, labels.name).float(), targets, batch.word_mask)}
    some = bool((targets.mentions[..., 2] >= 0).any())
    if some and (labels.assertions or targets.pairs is not None):
        states = network.read_mentions(first, last, batch, targets.mentions, labels.name)
        if labels.assertions and bool((targets.assertions >= 0).any()):
            scores = network.score_assertions(states, labels.name).float().flatten(0, 1)
            losses["assertions"] = assertions * functional.cross_entropy(
                scores, targets.assertions.flatten(), ignore_index=-1
            )
        if targets.pairs is not None and targets.features is not None:
            logits = network.score_pairs(states, targets.pairs, targets.features, labels.name).float()
            losses["relations"] = relations * relation_loss(logits, targets, weights)
    return losses
