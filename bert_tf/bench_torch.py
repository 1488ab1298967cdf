"""The other side of the bench: the same jobs by `transformers` on PyTorch, as it runs without compiling.

Nothing but the bench imports this module, and only into a process of its own.
"""

from __future__ import annotations

import numpy as np
import torch
import transformers

from bert_tf.timing import timed


def serve(connection, folder: str) -> None:
    """Does the jobs that come through a pipe until it is closed.

    Takes (method, argument, seconds); answers with what every call took in seconds, or with a line of
    text when the method failed.
    """
    theirs = Theirs(folder)
    while True:
        try:
            method, argument, seconds = connection.recv()
        except EOFError:
            return
        try:
            connection.send(timed(getattr(theirs, method), argument, seconds))
        except Exception as error:
            connection.send(f"{type(error).__name__}: {error}")


class Theirs:
    """A BERT folder opened by `transformers`.

    Args:
        folder: the BERT folder.
    """

    def __init__(self, folder: str):
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        self.folder = folder
        self.tokenizer = transformers.BertTokenizer.from_pretrained(folder)
        self.model = transformers.BertForPreTraining.from_pretrained(folder, dtype=torch.float32).eval()
        # Only the plain form of attention gives its probabilities away; the default one is faster.
        self.looking = transformers.BertModel.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager").eval()
        self.trainee = None

    @torch.inference_mode()
    def fill_mask(self, text: str, top_k: int = 5) -> list[list[tuple[str, float]]]:
        """Returns, for each [MASK], the most probable pieces and their probabilities."""
        inputs = self.tokenizer(text, return_tensors="pt")
        encoded = self.model.bert(**inputs).last_hidden_state[0]  # (T, H)
        masked = encoded[inputs["input_ids"][0] == self.tokenizer.mask_token_id]  # (P, H)
        best = self.model.cls.predictions(masked).softmax(dim=-1).topk(top_k)  # (P, k)
        return [list(zip(self.tokenizer.convert_ids_to_tokens(ids), probabilities))
                for ids, probabilities in zip(best.indices.tolist(), best.values.tolist())]

    @torch.inference_mode()
    def trace(self, text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Returns hidden states (L+1, T, H), attentions (L, N, T, T) and the pooled output (H,)."""
        inputs = self.tokenizer(text, return_tensors="pt")
        outputs = self.looking(**inputs, output_hidden_states=True, output_attentions=True)
        return (torch.cat(outputs.hidden_states).numpy(), torch.cat(outputs.attentions).numpy(),
                outputs.pooler_output[0].numpy())

    @torch.inference_mode()
    def forward(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Encodes a batch; returns `sequence_output` and `pooled_output`."""
        outputs = self.model.bert(**_inputs(batch))
        return {"sequence_output": outputs.last_hidden_state.numpy(), "pooled_output": outputs.pooler_output.numpy()}

    def train(self, batch: dict[str, np.ndarray]) -> float:
        """Makes one step of pretraining; returns the loss.

        The first call tries bfloat16 and float32 and settles for the faster of the two.
        """
        if self.trainee is None:
            trainees = [Trainee(self.folder, half=half) for half in (True, False)]
            for trainee in trainees:
                trainee.step(batch)
            self.trainee = min(trainees, key=lambda trainee: min(timed(trainee.step, batch, 2.0)))
        return self.trainee.step(batch)

    def tokenize(self, lines: list[str]) -> list[list[int]]:
        """Turns lines into ids, in as many threads as there are cores."""
        encodings = self.tokenizer.backend_tokenizer.encode_batch_fast(lines, add_special_tokens=False)
        return [encoding.ids for encoding in encodings]


class Trainee:
    """A model in training without dropout, with AdamW.

    Args:
        folder: where its weights come from.
        half: whether it computes in bfloat16 where PyTorch's autocast finds that safe.
    """

    def __init__(self, folder: str, *, half: bool):
        self.half = half
        self.model = transformers.BertForPreTraining.from_pretrained(
            folder, dtype=torch.float32, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0).train()
        weights = [p for p in self.model.parameters() if p.ndim > 1]
        others = [p for p in self.model.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": weights, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}],
            lr=1e-4, betas=(0.9, 0.98), eps=1e-6, fused=True)

    def step(self, batch: dict[str, np.ndarray]) -> float:
        """Makes one step on a batch; returns the loss, in nats, before it."""
        rows = torch.arange(len(batch["next_labels"]))[:, None]  # (B, 1)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            encoded = self.model.bert(**_inputs(batch))
            masked = encoded.last_hidden_state[rows, torch.from_numpy(batch["mask_positions"]).long()]  # (B, P, H)
            words = self.model.cls.predictions(masked)  # (B, P, V)
            pairs = self.model.cls.seq_relationship(encoded.pooler_output)  # (B, 2)
        cross_entropy = torch.nn.functional.cross_entropy
        loss = cross_entropy(words.float().flatten(0, 1), torch.from_numpy(batch["mask_ids"]).long().flatten())
        loss = loss + cross_entropy(pairs.float(), torch.from_numpy(batch["next_labels"]).long())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss.item()


def _inputs(batch: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    """Names a batch as `transformers` does."""
    return {theirs: torch.from_numpy(batch[ours]).long() for ours, theirs in (
        ("token_ids", "input_ids"), ("segment_ids", "token_type_ids"), ("padding_mask", "attention_mask"))}
