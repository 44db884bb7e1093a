"""Words to tensors: what the network reads. Shared by training and extraction, so that both see the same input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from odin.extraction.windows import Word, windows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    Integers = npt.NDArray[np.integer[Any]]

LINE, PARAGRAPH = "[LINE]", "[PARAGRAPH]"
WINDOW_PIECES = 508
MAX_WORD_PIECES = 48
MOST_KNOWN = 200_000
"""Words whose pieces are remembered."""


def task_token(label_set: str) -> str:
    """The token that tells the encoder which label set is asked for."""
    return f"[{label_set.upper()}]"


class WordPieces:
    """Word -> piece ids, remembered. Words are independent of each other, so offsets are exact by construction."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self._known: dict[str, list[int]] = {}
        line, paragraph = tokenizer.convert_tokens_to_ids([LINE, PARAGRAPH])
        self._breaks = {1: [line], 2: [paragraph]}
        self._unknown = [tokenizer.unk_token_id]

    def __call__(self, words: list[Word]) -> list[list[int]]:
        """The piece ids of each word; at least one a word."""
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        new = sorted({word.text for word in words if not word.line_breaks and word.text not in self._known})
        if new:
            ids = self.tokenizer(
                [[text] for text in new], is_split_into_words=True, add_special_tokens=False, verbose=False
            )["input_ids"]
            self._known.update(
                {text: row[:MAX_WORD_PIECES] or self._unknown for text, row in zip(new, ids, strict=True)}
            )
        return [
            self._breaks[min(word.line_breaks, 2)] if word.line_breaks else self._known[word.text] for word in words
        ]


@dataclass(frozen=True, eq=False, slots=True)
class EncodedWords:
    """The windows of one chunk: piece ids and word shapes a window, and where each word's pieces are.

    `first[i]` and `last[i]` are (window, position) of word i's first and last piece. The integers are of the least size
    that holds them, since training keeps all that it learns from in memory.
    """

    pieces: list[Integers]
    shapes: list[Integers]
    first: Integers
    last: Integers

    @property
    def size(self) -> int:
        """The number of pieces in all windows."""
        return sum(map(len, self.pieces))


def encode_words(
    words: list[Word], label_set: str, pieces_of: WordPieces, *, size: int = WINDOW_PIECES
) -> EncodedWords:
    """Encode the words of one chunk for one label set."""
    import numpy as np

    tokenizer = pieces_of.tokenizer
    opening = [tokenizer.cls_token_id, tokenizer.convert_tokens_to_ids(task_token(label_set))]
    pieces = pieces_of(words)
    rows: list[Integers] = []
    shapes: list[Integers] = []
    first: list[tuple[int, int]] = []
    last: list[tuple[int, int]] = []
    for number, window in enumerate(windows([len(row) for row in pieces], size)):
        row, shape = list(opening), [0] * len(opening)
        for index in range(window.start, window.end):
            if window.own_start <= index < window.own_end:
                first.append((number, len(row)))
                last.append((number, len(row) + len(pieces[index]) - 1))
            row += pieces[index]
            shape += [words[index].shape] * len(pieces[index])
        rows.append(np.array([*row, tokenizer.sep_token_id], dtype=np.int32))
        shapes.append(np.array([*shape, 0], dtype=np.int8))
    return EncodedWords(rows, shapes, np.array(first, dtype=np.int16), np.array(last, dtype=np.int16))


def passes(sizes: Sequence[int], most: int, overhead: float) -> Iterator[list[int]]:
    """Which chunks of these sizes are read at once: `most` at most, the smallest first, each with those of its size.

    A chunk gets a pass of its own where padding those before it to its size would cost more pieces than `overhead`.

    >>> list(passes([500, 20, 25, 480, 30], most=8, overhead=64))
    [[1, 2, 4], [3, 0]]
    """
    together: list[int] = []
    for i in sorted(range(len(sizes)), key=sizes.__getitem__):
        padding = len(together) * (sizes[i] - sizes[together[-1]]) if together else 0
        if len(together) == most or padding > overhead:
            yield together
            together = []
        together.append(i)
    if together:
        yield together


@dataclass
class Batch:
    """Tensors of several chunks for one label set.

    pieces, shapes (windows, pieces); mask the same, 1 where there is a piece; first, last (chunks, words): index into
    the flattened windows; word_mask (chunks, words).
    """

    pieces: torch.Tensor
    shapes: torch.Tensor
    mask: torch.Tensor
    first: torch.Tensor
    last: torch.Tensor
    word_mask: torch.Tensor

    def to(self, device: str | torch.device) -> Batch:
        """The batch on another device."""
        return Batch(**{name: tensor.to(device, non_blocking=True) for name, tensor in vars(self).items()})


def collate(encoded: Sequence[EncodedWords], pad: int = 0) -> Batch:
    """Pad chunks to one batch."""
    import torch

    rows = [row for item in encoded for row in item.pieces]
    shapes = [row for item in encoded for row in item.shapes]
    width, words = max(map(len, rows)), max(len(item.first) for item in encoded)
    pieces = torch.full((len(rows), width), pad)
    shape = torch.zeros_like(pieces)
    mask = torch.zeros_like(pieces)
    for i, row in enumerate(rows):
        pieces[i, : len(row)] = torch.from_numpy(row)
        shape[i, : len(row)] = torch.from_numpy(shapes[i])
        mask[i, : len(row)] = 1
    first = torch.zeros((len(encoded), words), dtype=torch.long)
    last = torch.zeros_like(first)
    word_mask = torch.zeros((len(encoded), words), dtype=torch.bool)
    offset = 0
    for i, item in enumerate(encoded):
        count = len(item.first)
        for index, places in ((first, item.first), (last, item.last)):
            window, place = torch.from_numpy(places).long().unbind(1)
            index[i, :count] = (offset + window) * width + place
        word_mask[i, :count] = True
        offset += len(item.pieces)
    return Batch(pieces, shape, mask, first, last, word_mask)
