"""Mentions and pairs of several chunks as padded tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from odin.extraction.pairs import FEATURE_SIZES, Mention

if TYPE_CHECKING:
    from odin.extraction.encoding import Integers


def pad_mentions(mentions: Sequence[Sequence[Mention]], device: torch.device | str) -> Tensor:
    """A tensor (chunks, mentions, 3) of start, end and label; label -1 is padding. At least one column."""
    count = max(1, *(len(row) for row in mentions))
    out = torch.zeros((len(mentions), count, 3), dtype=torch.long)
    out[..., 2] = -1
    for i, row in enumerate(mentions):
        if row:
            out[i, : len(row)] = torch.tensor([(m.start, m.end, m.label) for m in row])
    return out.to(device)


def pad_pairs(
    pairs: Sequence[Sequence[tuple[int, int]] | Integers],
    rows: Sequence[Sequence[tuple[int, ...]] | Integers],
    device: torch.device | str,
) -> tuple[Tensor, Tensor]:
    """Tensors (chunks, pairs, 2) and (chunks, pairs, kinds) padded with zeros."""
    count = max(map(len, pairs))
    index = torch.zeros((len(pairs), count, 2), dtype=torch.long)
    kinds = torch.zeros((len(pairs), count, len(FEATURE_SIZES)), dtype=torch.long)
    for i, own in enumerate(pairs):
        if len(own):
            index[i, : len(own)] = torch.as_tensor(own)
            kinds[i, : len(own)] = torch.as_tensor(rows[i])
    return index.to(device), kinds.to(device)
