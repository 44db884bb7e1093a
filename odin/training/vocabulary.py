"""Words of a domain in the vocabulary of an encoder that cuts them into pieces.

A new piece begins with the mean of the embeddings of the pieces that its word was cut into, as in AdaLM (Yao and others
2021, doi:10.18653/v1/2021.findings-acl.40); continued pretraining then makes it a word of its own.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from odin.errors import InputError

LEAST_TIMES = 5
"""How often a word occurs that becomes a piece."""
WORD_PIECE = "WordPiece"


def split_words_of(tokenizer: Any, counts: Mapping[str, int], most: int) -> dict[str, list[str]]:
    """The words that cost the most pieces beyond one each, at most so many, with the pieces that they are cut into.

    `counts` says how often each occurs. Words are as the tokenizer normalizes them, and of letters alone.
    """
    pieces_of: dict[str, list[str]] = {}
    times: Counter[str] = Counter()
    for text, count in counts.items():
        if text.isalpha():
            pieces = tokenizer.tokenize(text)
            word = "".join(piece.removeprefix("##") for piece in pieces)
            if len(pieces) > 1 and all(piece.startswith("##") for piece in pieces[1:]):
                pieces_of[word] = pieces
                times[word] += count
    frequent = [word for word, count in times.items() if count >= LEAST_TIMES]
    frequent.sort(key=lambda word: (-times[word] * (len(pieces_of[word]) - 1), word))
    return {word: pieces_of[word] for word in frequent[:most]}


def with_words(encoder: Any, tokenizer: Any, words: Mapping[str, Sequence[str]]) -> tuple[Any, Any]:
    """(encoder, tokenizer) that read these words as one piece each; tokens after the vocabulary keep their place there.

    Raises InputError where the tokenizer has no vocabulary of word pieces.
    """
    import torch
    from transformers import AutoTokenizer

    with TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        path = Path(folder) / "tokenizer.json"
        described = json.loads(path.read_text(encoding="utf-8"))
        if (kind := described["model"]["type"]) != WORD_PIECE:
            raise InputError(f"config: added_words needs a base with a {WORD_PIECE} vocabulary, as BERT, not {kind}")
        vocabulary: dict[str, int] = described["model"]["vocab"]
        size = len(vocabulary)
        vocabulary.update((word, size + number) for number, word in enumerate(words))
        for token in described["added_tokens"]:
            token["id"] += len(words) if token["id"] >= size else 0
        path.write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")
        longer = AutoTokenizer.from_pretrained(folder, use_fast=True)
    old = encoder.get_input_embeddings().weight.detach().clone()
    means = [old[tokenizer.convert_tokens_to_ids(list(pieces))].mean(0) for pieces in words.values()]
    encoder.resize_token_embeddings(len(longer), mean_resizing=False)
    with torch.no_grad():
        encoder.get_input_embeddings().weight.copy_(torch.cat([old[:size], *(row[None] for row in means), old[size:]]))
    return encoder, longer
