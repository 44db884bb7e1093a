"""A base encoder with tiny random weights, for tests of the plumbing (the shipped weights test behaviour)."""

from __future__ import annotations

from pathlib import Path

CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,:;?!()-/'%+"


def tiny_base(folder: Path) -> Path:
    """A folder with a BERT of 2 layers of 32 that knows single characters, as `TrainingConfig.base` takes it."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *CHARACTERS, *(f"##{char}" for char in CHARACTERS)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    words = BertWordPieceTokenizer(str(folder / "vocab.txt"), lowercase=True)
    BertTokenizerFast(tokenizer_object=words._tokenizer).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=512,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder
