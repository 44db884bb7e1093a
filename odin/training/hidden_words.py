"""Words hidden at random while a network learns: a text that it reads many times is then never quite the same."""

from __future__ import annotations

from dataclasses import replace

import torch

from odin.extraction.encoding import Batch


def with_hidden_words(batch: Batch, share: float, mask_token: int) -> Batch:
    """The batch with all pieces of some words replaced by `mask_token`, a share from 0 to 2 `share` of each chunk's.

    Line breaks count as words. A word's shape stays, and so does its copy where the next window of its chunk overlaps.
    """
    shares = 2 * share * torch.rand((len(batch.first), 1), device=batch.first.device)
    hidden = (torch.rand(batch.first.shape, device=batch.first.device) < shares) & batch.word_mask
    edges = torch.zeros(batch.pieces.numel() + 1, dtype=torch.long, device=batch.pieces.device)
    edges[batch.first[hidden]] += 1
    edges[batch.last[hidden] + 1] -= 1
    within = (edges.cumsum(0)[:-1] > 0).view_as(batch.pieces)
    return replace(batch, pieces=batch.pieces.masked_fill(within, mask_token))
