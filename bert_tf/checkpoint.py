"""A BERT on disk: a Hugging Face folder, read and written with Hugging Face's own tensor names.

`config.json`, `vocab.txt`, `tokenizer_config.json` and `model.safetensors`. Folders written here open in
`transformers` (`BertForPreTraining`, or the class of a task model), and BERT folders from there open here: full
pretraining models, task models, encoders with one head or none, with or without the `bert.` prefix, with old
LayerNorm names.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

import numpy as np

from bert_tf.config import BertConfig
from bert_tf.records import read_json
from bert_tf.tokenizer import WordPieceTokenizer

WEIGHTS_FILE = "model.safetensors"
#: Settings of Hugging Face's config.json that would change the arithmetic, with the only value known here.
FIXED_SETTINGS = {"model_type": "bert", "position_embedding_type": "absolute", "is_decoder": False,
                  "add_cross_attention": False, "tie_word_embeddings": True}
#: What config.json has to say; everything else has a default.
REQUIRED_SETTINGS = [field.name for field in fields(BertConfig) if field.default is MISSING]
#: Other names in circulation for the two forms of GELU.
SAME_ACTIVATION = {"gelu_python": "gelu", "gelu_pytorch_tanh": "gelu_new", "gelu_python_tanh": "gelu_new",
                   "gelu_accurate": "gelu_new", "gelu_fast": "gelu_new"}


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


def read_config(folder: str | Path) -> BertConfig:
    """Reads the shape of a BERT from its folder's `config.json`.

    Raises:
        FileNotFoundError: the folder or the file is not there.
        ValueError: the config is not a BERT that this library computes exactly.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder here, and nothing is downloaded. A BERT folder holds "
                                f"config.json, vocab.txt and {WEIGHTS_FILE}.")
    if not (folder / "config.json").is_file():
        raise FileNotFoundError(f"{folder} is no BERT folder: it holds no config.json. It should hold config.json, "
                                f"vocab.txt and {WEIGHTS_FILE}.")
    values = read_json(folder / "config.json")
    if values.get("kind") in ("pretraining", "finetuning"):
        raise ValueError(f"{folder} is a run, not a model. " + (
            "Its model is in the folder model inside it." if values["kind"] == "finetuning" else
            "Open one of its checkpoints, or export it: python -m bert_tf export RUN FOLDER."))
    missing = [name for name in REQUIRED_SETTINGS if name not in values]
    if missing:
        raise ValueError(f"{folder / 'config.json'} does not describe a BERT: {', '.join(missing)} missing.")
    for key, expected in FIXED_SETTINGS.items():
        if values.get(key, expected) not in (expected, None):
            raise ValueError(f"{folder / 'config.json'} has {key} = {values[key]!r}; only {expected!r} is known here.")
    known = {field.name for field in fields(BertConfig)}
    values = {key: value for key, value in values.items() if key in known}
    act = values.get("hidden_act", "gelu")
    try:
        return BertConfig(**values | {"hidden_act": SAME_ACTIVATION.get(act, act)})
    except (TypeError, ValueError) as error:
        raise ValueError(f"{folder / 'config.json'} does not describe a BERT: {error}.") from None


def read_tokenizer(folder: str | Path, config: BertConfig) -> WordPieceTokenizer:
    """Reads the tokenizer of a BERT folder.

    Raises:
        FileNotFoundError: one of its files is not there.
        ValueError: a file is damaged, or the vocabulary is larger than the model's.
    """
    tokenizer = WordPieceTokenizer.from_folder(folder)
    if tokenizer.vocab_size > config.vocab_size:
        raise ValueError(f"{folder}: vocab.txt has {tokenizer.vocab_size} pieces, but config.json says vocab_size "
                         f"{config.vocab_size}. The two files are not of the same model.")
    return tokenizer


def read_tensors(folder: str | Path) -> dict[str, np.ndarray]:
    """Reads every tensor of `model.safetensors`, under the names of `BertForPreTraining`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is truncated or not a safetensors file.
    """
    import ml_dtypes  # noqa: F401  (with it NumPy knows bfloat16, in which some folders are stored)
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    path = Path(folder) / WEIGHTS_FILE
    if not path.is_file():
        hint = ""
        if (Path(folder) / "pytorch_model.bin").is_file():
            hint = (" It holds pytorch_model.bin, a pickle, which is not opened here: load it in transformers and "
                    "save it again with save_pretrained.")
        raise FileNotFoundError(f"{folder} holds no {WEIGHTS_FILE}.{hint}")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as safetensors ({error}). It may be cut short; copy it again.") from None
    return {canonical_name(name): value for name, value in tensors.items()}


def canonical_name(name: str) -> str:
    """Returns today's name of a tensor: LayerNorm.weight for LayerNorm.gamma, with the `bert.` prefix."""
    name = name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
    name = "cls.predictions.bias" if name == "cls.predictions.decoder.bias" else name
    return f"bert.{name}" if name.startswith(("embeddings.", "encoder.", "pooler.")) else name


@dataclass(frozen=True)
class LoadedBert:
    """What a folder held.

    Attributes:
        model: `BertForPreTraining`; parts the folder lacked keep random weights and must not be used.
        tokenizer: the folder's tokenizer.
        parts: names of what was there, from `encoder`, `pooler`, `mlm_head`, `nsp_head`.
    """

    model: object
    tokenizer: WordPieceTokenizer
    parts: frozenset[str]


def load(folder: str | Path, *, dtype: str = "float32") -> LoadedBert:
    """Opens a BERT folder.

    Args:
        folder: a Hugging Face BERT folder.
        dtype: a Keras precision policy, `float32` or `mixed_bfloat16`.

    Raises:
        FileNotFoundError: the folder or one of its files is not there.
        ValueError: a file is damaged, or the files do not fit each other.
    """
    from bert_tf.model import BertForPreTraining

    folder = Path(folder)
    config = read_config(folder)
    tokenizer = read_tokenizer(folder, config)
    tensors = read_tensors(folder)
    model = BertForPreTraining.from_shape(config, dtype=dtype)
    parts = load_tensors(model, tensors, source=str(folder / WEIGHTS_FILE))
    return LoadedBert(model, tokenizer, parts)


def load_tensors(model, tensors: dict[str, np.ndarray], *, source: str) -> frozenset[str]:
    """Puts tensors into a `BertForPreTraining` or a task model, and says which parts they filled.

    Raises:
        ValueError: a part is there only in part, a shape does not fit, or the decoder is not tied.
    """
    found = set()
    for part, slots in model_slots(model).items():
        missing = [slot.name for slot in slots if slot.name not in tensors]
        if len(missing) == len(slots) and part != "encoder":
            continue
        if missing:
            raise ValueError(f"{source} lacks {len(missing)} of the {len(slots)} tensors of the {part}, "
                             f"{missing[0]} first. It is not a whole BERT, or has fewer layers than config.json says.")
        for slot in slots:
            value = tensors[slot.name]
            if value.shape != slot.shape():
                raise ValueError(f"{source}: {slot.name} has shape {value.shape}, but config.json asks for "
                                 f"{slot.shape()}. The two files are not of the same model.")
        _assign(slots, tensors)
        found.add(part)
    decoder = tensors.get("cls.predictions.decoder.weight")
    if decoder is not None and not np.array_equal(decoder, tensors["bert.embeddings.word_embeddings.weight"]):
        raise ValueError(f"{source}: the masked-word decoder is not tied to the word embeddings; such a model is not "
                         "known here.")
    if f"bert.encoder.layer.{len(model.encoder.blocks)}.output.dense.bias" in tensors:
        raise ValueError(f"{source} has more layers than the {len(model.encoder.blocks)} that config.json says.")
    return frozenset(found)


def _assign(slots: list[Slot], tensors: dict[str, np.ndarray]) -> None:
    """Writes whole variables, joining the thirds of query-key-value first."""
    joined: dict[int, list[np.ndarray]] = {}
    for slot in slots:
        value = tensors[slot.name].astype(np.float32)
        value = value.T if slot.transposed else value
        if slot.part is None:
            slot.variable.assign(value)
            continue
        parts = joined.setdefault(id(slot.variable), [])
        parts.append(value)
        if len(parts) == 3:
            slot.variable.assign(np.concatenate(parts, axis=-1))


def model_tensors(model, dtype: str = "float32") -> dict[str, np.ndarray]:
    """Returns all tensors of a model under Hugging Face's names, as `float32` or `float16`."""
    return {slot.name: slot.read().astype(dtype) for slots in model_slots(model).values() for slot in slots}


def save(model, tokenizer: WordPieceTokenizer, folder: str | Path, *, dtype: str = "float32",
         settings: dict | None = None) -> None:
    """Writes a `BertForPreTraining` or a task model as a Hugging Face folder.

    Args:
        model: the model; its class is written down as the architecture.
        tokenizer: its tokenizer.
        folder: made if it is not there; files of the same names are replaced.
        dtype: `float32`, or `float16` for half the size.
        settings: what config.json says besides the shape: labels and the like.

    Raises:
        ValueError: `dtype` is neither, or `folder` is a file.
    """
    from safetensors.numpy import save_file

    if dtype not in ("float32", "float16"):
        raise ValueError(f"dtype should be float32 or float16, not {dtype!r}.")
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file; name a folder to write the model into.")
    folder.mkdir(parents=True, exist_ok=True)
    config = BertConfig.to_dict(model.config) | FIXED_SETTINGS
    config |= {"architectures": [type(model).__name__], "dtype": dtype} | (settings or {})
    text = json.dumps(config, indent=2, ensure_ascii=False) + "\n"
    (folder / "config.json").write_text(text, encoding="utf-8")
    tokenizer.save(folder, model_max_length=model.config.max_position_embeddings)
    save_file(model_tensors(model, dtype), folder / WEIGHTS_FILE, metadata={"format": "pt"})
    (folder / WEIGHTS_FILE).chmod((folder / "config.json").stat().st_mode)  # safetensors lets nobody else read it
