"""Greedy answers of a causal language model to a batch of prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def generate(model: Any, tokenizer: Any, prompts: Sequence[Sequence[int]], limits: Sequence[int]) -> list[str]:
    """The answer to each prompt, of at most `limits` tokens each; without sampling, beams or repetition penalty.

    A repetition penalty would forbid what an answer must do: copy words of the note, some of them more than once.
    """
    import torch

    if not prompts:
        return []
    width = max(map(len, prompts))
    tokens = torch.full((len(prompts), width), tokenizer.pad_token_id)
    mask = torch.zeros_like(tokens)
    for i, prompt in enumerate(prompts):
        tokens[i, width - len(prompt) :] = torch.tensor(prompt)
        mask[i, width - len(prompt) :] = 1
    model.generation_config = greedy(tokenizer)
    device = next(model.parameters()).device
    with torch.inference_mode():
        out = model.generate(input_ids=tokens.to(device), attention_mask=mask.to(device), max_new_tokens=max(limits))
    rows = out[:, width:].tolist()
    return [
        tokenizer.decode(_ended(row[:limit], tokenizer.eos_token_id), skip_special_tokens=True)
        for row, limit in zip(rows, limits, strict=True)
    ]


def greedy(tokenizer: Any) -> Any:
    """The generation settings, in place of those that came with the model."""
    from transformers import GenerationConfig

    return GenerationConfig(
        do_sample=False,
        num_beams=1,
        repetition_penalty=1.0,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _ended(row: list[int], end: int) -> list[int]:
    return row[: row.index(end)] if end in row else row
