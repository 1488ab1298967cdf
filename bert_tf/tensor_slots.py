"""Hugging Face's names for the tensors of a BERT, and where each of them lives in our models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Slot:
    """Where one Hugging Face tensor lives in our model.

    Attributes:
        name: the tensor's name in `BertForPreTraining`.
        variable: the Keras variable that holds it.
        transposed: True for dense kernels, which PyTorch stores as (out, in).
        part: which third of a joint query-key-value variable, or None for the whole of it.
    """

    name: str
    variable: object
    transposed: bool = False
    part: int | None = None

    def columns(self) -> slice:
        """The stretch of the variable's last axis that this tensor fills."""
        if self.part is None:
            return slice(None)
        width = self.variable.shape[-1] // 3
        return slice(self.part * width, (self.part + 1) * width)

    def read(self) -> np.ndarray:
        """Returns the tensor, float32, in Hugging Face's layout."""
        from keras import ops

        value = ops.convert_to_numpy(self.variable)[..., self.columns()].astype(np.float32)
        return np.ascontiguousarray(value.T if self.transposed else value)

    def shape(self) -> tuple[int, ...]:
        """The tensor's shape in Hugging Face's layout."""
        shape = list(self.variable.shape)
        if self.part is not None:
            shape[-1] //= 3
        return tuple(shape[::-1] if self.transposed else shape)


def _dense(name: str, layer) -> list[Slot]:
    return [Slot(f"{name}.weight", layer.kernel, transposed=True), Slot(f"{name}.bias", layer.bias)]


def _norm(name: str, layer) -> list[Slot]:
    return [Slot(f"{name}.weight", layer.gamma), Slot(f"{name}.bias", layer.beta)]


def encoder_slots(encoder) -> list[Slot]:
    """Lists the tensors of embeddings and blocks (not the pooler)."""
    embeddings = encoder.embeddings
    slots = [Slot(f"bert.embeddings.{name}_embeddings.weight", table.embeddings) for name, table in (
        ("word", embeddings.word), ("position", embeddings.position), ("token_type", embeddings.segment))]
    slots += _norm("bert.embeddings.LayerNorm", embeddings.norm)
    for i, block in enumerate(encoder.blocks):
        prefix = f"bert.encoder.layer.{i}"
        joint = block.attention.query_key_value
        for part, name in enumerate(("query", "key", "value")):
            slots += [Slot(f"{prefix}.attention.self.{name}.weight", joint.kernel, transposed=True, part=part),
                      Slot(f"{prefix}.attention.self.{name}.bias", joint.bias, part=part)]
        slots += _dense(f"{prefix}.attention.output.dense", block.attention_output)
        slots += _norm(f"{prefix}.attention.output.LayerNorm", block.attention_norm)
        slots += _dense(f"{prefix}.intermediate.dense", block.intermediate)
        slots += _dense(f"{prefix}.output.dense", block.output_dense)
        slots += _norm(f"{prefix}.output.LayerNorm", block.output_norm)
    return slots


def pooler_slots(encoder) -> list[Slot]:
    """Lists the tensors of the pooler."""
    return _dense("bert.pooler.dense", encoder.pooler.project)


def mlm_slots(model) -> list[Slot]:
    """Lists the tensors of the masked-word head; its decoder is the word embedding table itself."""
    head = model.mlm_head
    return [Slot("cls.predictions.bias", head.bias),
            *_dense("cls.predictions.transform.dense", head.transform),
            *_norm("cls.predictions.transform.LayerNorm", head.norm)]


def nsp_slots(model) -> list[Slot]:
    """Lists the tensors of the next-sentence head."""
    return _dense("cls.seq_relationship", model.nsp_head)


def model_slots(model) -> dict[str, list[Slot]]:
    """Lists the tensors of a `BertForPreTraining` or a task model by part, under Hugging Face's names."""
    parts = {"encoder": encoder_slots(model.encoder)}
    kind = type(model).__name__
    if kind in ("BertForPreTraining", "BertForSequenceClassification"):  # the others never look at the pooler
        parts["pooler"] = pooler_slots(model.encoder)
    if kind == "BertForPreTraining":
        return parts | {"mlm_head": mlm_slots(model), "nsp_head": nsp_slots(model)}
    return parts | {"head": _dense("qa_outputs" if kind == "BertForQuestionAnswering" else "classifier", model.head)}
