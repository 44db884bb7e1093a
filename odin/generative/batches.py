"""Examples of a language model in steps and batches, the same for a seed on any machine."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from odin.generative.prompts import Example
from odin.training.data import weighted

IGNORED = -100
"""The target of a token on which there is no loss: the prompt and the padding."""


def epoch_steps(
    pools: Sequence[tuple[float, Sequence[Example]]],
    *,
    batch_size: int,
    accumulate: int,
    seed: int,
    epoch: int,
    batch_tokens: int = 0,
) -> Iterator[list[list[Example]]]:
    """The optimizer steps of an epoch in a random order: `accumulate` batches of examples of like length each.

    `pools` are (weight, examples), as `weighted` takes them. A batch is of `batch_size` examples at most, and of
    `batch_tokens` tokens with padding, where that is not 0; a longer example is a batch of its own.
    """
    random_ = random.Random(f"{seed}:{epoch}")
    chosen = weighted(pools, random_)
    keyed = [(example.size * random_.uniform(0.85, 1.15), i) for i, example in enumerate(chosen)]
    ordered = [chosen[i] for _, i in sorted(keyed)]
    batches = _filled(ordered, batch_size, batch_tokens)
    random_.shuffle(batches)
    for start in range(0, len(batches), accumulate):
        yield batches[start : start + accumulate]


def _filled(examples: Sequence[Example], most: int, tokens: int) -> list[list[Example]]:
    batches: list[list[Example]] = []
    widest = 0
    for example in examples:
        widest = max(widest, example.size)
        full = not batches or len(batches[-1]) == most
        if full or (tokens and widest * (len(batches[-1]) + 1) > tokens):
            batches.append([])
            widest = example.size
        batches[-1].append(example)
    return batches


def collate(examples: Sequence[Example], pad: int, device: Any) -> dict[str, Any]:
    """input_ids, attention_mask, labels (examples, tokens), padded at the end; labels are IGNORED but on the answer."""
    import torch

    width = max(example.size for example in examples)
    tokens = torch.full((len(examples), width), pad)
    mask = torch.zeros_like(tokens)
    labels = torch.full_like(tokens, IGNORED)
    for i, example in enumerate(examples):
        tokens[i, : example.size] = torch.tensor([*example.prompt, *example.answer])
        mask[i, : example.size] = 1
        labels[i, len(example.prompt) : example.size] = torch.tensor(example.answer)
    return {"input_ids": tokens.to(device), "attention_mask": mask.to(device), "labels": labels.to(device)}
