"""Continued pretraining of an encoder on text without annotations: masked word pieces are guessed from the others.

As Devlin and others 2019 and Gururangan and others 2020. The text is read as the joint encoder reads it (words, line
breaks), and what is kept is an encoder folder that `TrainingConfig.base` takes.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from odin.errors import InputError
from odin.extraction.encoding import WINDOW_PIECES, WordPieces
from odin.extraction.windows import split_words
from odin.training.bases import load_base
from odin.training.config import MaskedConfig
from odin.training.data import source_documents
from odin.training.environment import describe_source
from odin.training.loop import seed_everything
from odin.training.optimization import parameter_groups
from odin.training.processes import own_device
from odin.training.scores import DevSource, Evaluation
from odin.training.vocabulary import split_words_of, with_words

logger = logging.getLogger(__name__)

Pieces = npt.NDArray[np.int64]
"""Rows (rows, pieces), or the numbers (rows,) of those in a batch."""

IGNORED = -100
HELD_OUT = 0.005
"""The share of rows that is not trained on, for the score."""


class MaskedLearner:
    """An encoder and a head that guesses masked pieces. Implements `odin.training.learner.Learner`."""

    log_steps = 50
    evaluation_passes = 1

    def __init__(self, config: MaskedConfig, *, device: str = "cpu", base: str) -> None:
        self.config, self.device = config, torch.device(own_device(device))
        seed_everything(config.seed)
        encoder, self.tokenizer = load_base(base, (), 0.1)
        if config.added_words:
            words = split_words_of(self.tokenizer, self._word_counts(), config.added_words)
            encoder, self.tokenizer = with_words(encoder, self.tokenizer, words)
            logger.info("%d words were added to the vocabulary, such as %s", len(words), ", ".join([*words][:5]))
        self.network = MaskedNetwork(stacked(encoder, config.layers)).to(self.device)
        self.budget: list[dict[str, Any]] = []
        self.described: dict[str, list[dict[str, Any]]] = {"sources": [], "dev": []}
        self.dev: Sequence[DevSource] = ()
        rows = self._rows()
        random.Random(config.seed).shuffle(rows)
        held_out = max(1, round(HELD_OUT * len(rows)))
        self.held_out, self.rows = np.stack(rows[:held_out]), np.stack(rows[held_out:] or rows)
        self.optimizer = torch.optim.AdamW(
            parameter_groups(
                self.network.named_parameters(),
                self.network.layers,
                encoder_rate=config.learning_rate,
                head_rate=config.learning_rate,
                decay=1.0,
            ),
            weight_decay=config.weight_decay,
            fused=True,
        )

    def batches(self, epoch: int) -> Iterator[Pieces]:
        """Rows in a random order."""
        order = np.random.default_rng([self.config.seed, epoch]).permutation(len(self.rows))
        size = max(1, self.config.batch_pieces // self.rows.shape[1])
        for start in range(0, len(order), size):
            yield order[start : start + size]

    def prepared(self, batches: Iterable[Pieces]) -> Iterator[Tensor]:
        """The pieces (rows, pieces) of each batch."""
        return (torch.from_numpy(self.rows[batch]) for batch in batches)

    def size(self, batch: Pieces) -> int:
        """Word pieces of a batch."""
        return len(batch) * self.rows.shape[1]

    def parameters(self) -> list[nn.Parameter]:
        """All of the network."""
        return list(self.network.parameters())

    def losses(self, batch: Tensor) -> dict[str, float]:
        """The mean loss a masked piece, whose gradient was added up in the parameters."""
        self.network.train()
        with self._precision():
            logits, right = self._guesses(batch.to(self.device))
            loss = functional.cross_entropy(logits.float(), right)
        loss.backward()  # type: ignore[no-untyped-call]
        return {"masked": float(loss.detach())}

    def stepped(self, step: int) -> None:
        """Nothing is to be done."""

    @contextmanager
    def evaluating(self) -> Iterator[MaskedNetwork]:
        """The network as it is."""
        self.network.eval()
        yield self.network

    def evaluate(self, _network: MaskedNetwork) -> Evaluation:
        """The share of masked pieces in rows that were held out that is guessed right."""
        right = asked = 0
        torch.manual_seed(0)
        size = max(1, self.config.batch_pieces // self.rows.shape[1])
        with torch.no_grad(), self._precision():
            for start in range(0, len(self.held_out), size):
                rows = torch.from_numpy(self.held_out[start : start + size]).to(self.device)
                logits, truth = self._guesses(rows)
                right += int((logits.argmax(-1) == truth).sum())
                asked += len(truth)
        accuracy = right / max(1, asked)
        return Evaluation(accuracy, {"held out": {"accuracy": accuracy}}, [])

    def write(self, network: MaskedNetwork, folder: Path) -> None:
        """Write the encoder and its tokenizer as `AutoModel.from_pretrained` reads them, in half precision."""
        encoder = deepcopy(network.encoder).to(torch.float16)
        encoder.save_pretrained(folder)  # type: ignore[operator]
        self.tokenizer.save_pretrained(folder)

    def state(self) -> dict[str, Any]:
        """The weights."""
        return {"network": self.network.state_dict()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take on the weights."""
        self.network.load_state_dict(state["network"])

    def _precision(self) -> Any:
        half = self.config.precision == "bfloat16"
        return torch.autocast(self.device.type, torch.bfloat16) if half else nullcontext()

    def _guesses(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The logits (masked, vocabulary) of the pieces that are hidden from the network, and what they are."""
        fixed = torch.tensor(self.tokenizer.all_special_ids, device=rows.device)
        asked = (torch.rand(rows.shape, device=rows.device) < self.config.masked_share) & ~torch.isin(rows, fixed)
        asked[:, 1] |= ~asked.any()  # at least one, for a mean
        draw = torch.rand(rows.shape, device=rows.device)
        hidden = rows.where(~asked | (draw >= 0.8), self.tokenizer.mask_token_id)
        other = torch.randint_like(rows, self.network.vocabulary)
        hidden = hidden.where(~asked | (draw < 0.8) | (draw >= 0.9), other)
        return self.network(hidden, asked, (rows != self.tokenizer.pad_token_id).long()), rows[asked]

    def _word_counts(self) -> Counter[str]:
        """How often each word occurs in the sources."""
        texts = (document.text for source in self.config.sources for document in source_documents(source))
        return Counter(word.text for text in texts for word in split_words(text) if not word.line_breaks)

    def _rows(self) -> list[Pieces]:
        """All texts, one after the other, in rows as long as a window; the last of a source is filled up."""
        pieces_of = WordPieces(self.tokenizer)
        opening, closing, pad = (
            self.tokenizer.cls_token_id,
            self.tokenizer.sep_token_id,
            self.tokenizer.pad_token_id,
        )
        rows: list[Pieces] = []
        for source in self.config.sources:
            stream: list[int] = []
            documents = source_documents(source)
            for document in documents:
                stream += [piece for own in pieces_of(split_words(document.text)) for piece in own]
                stream.append(closing)
            whole = np.asarray(stream, dtype=np.int64)
            own = []
            for start in range(0, len(whole), WINDOW_PIECES):
                part = whole[start : start + WINDOW_PIECES]
                filled = np.full(WINDOW_PIECES - len(part), pad, dtype=np.int64)
                own.append(np.concatenate([[opening], part, [closing], filled]))
            times = max(1, round(source.weight))
            rows += own * times
            logger.info("%s: %d documents, %d word pieces", source.name, len(documents), len(whole))
            self.budget.append({"source": source.name, "documents": len(documents), "pieces": len(whole)})
            self.described["sources"].append(describe_source(source, documents))
        return rows


class MaskedNetwork(nn.Module):
    """An encoder with a head over its vocabulary, whose table is that of the embeddings."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        size = int(encoder.config.hidden_size)
        self.vocabulary, self.layers = int(encoder.config.vocab_size), int(encoder.config.num_hidden_layers)
        self.transform = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.LayerNorm(size))
        self.bias = nn.Parameter(torch.zeros(self.vocabulary))

    def forward(self, pieces: Tensor, asked: Tensor, mask: Tensor) -> Tensor:
        """Logits (asked, vocabulary) at the places of pieces (rows, pieces) that are asked for."""
        states = self.encoder(input_ids=pieces, attention_mask=mask).last_hidden_state[asked]
        table = self.encoder.get_input_embeddings().weight
        return functional.linear(self.transform(states), table.to(states.dtype), self.bias.to(states.dtype))


def stacked(encoder: Any, layers: int) -> Any:
    """The encoder with so many layers, each of its own repeated; as it is for 0. Raises InputError."""
    own = encoder.encoder.layer
    if layers in (0, len(own)):
        return encoder
    if layers % len(own):
        raise InputError(f"config: layers is {layers}, and the base has {len(own)}: give a multiple of that")
    times = layers // len(own)
    encoder.encoder.layer = nn.ModuleList(deepcopy(layer) for layer in own for _ in range(times))
    encoder.config.num_hidden_layers = layers
    return encoder
