"""Shared by all tests: quiet frameworks, and a tiny bilingual BERT with random weights."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # whatever asks for the network should fail here
# Models here are tiny and run a few times each: compile quickly rather than well, here and in what the tests start.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")

# They are too small to share among cores, which have two test processes to run.
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ENGLISH = ("the a cat dog sat on in at mat bank river money by of to and is was it i he she we you they go "
           "went apple phone new old good day sun rain sky bright water book read ##s ##ed ##ing ##er")
CHINESE = "我你他她们的是不在有了人大小中国北京上海天空太阳升起变亮苹果华为哪个牌子好手机吃水爱学习书银行河钱去来很下雨一二三边坐猫狗山红"


def pytest_collection_modifyitems(items):
    """Tests that share something costly stay in one process, and the long ones go first, so that none is left over.

    All that drive the bundled app share one server and one browser; the others share what their file sets up.
    """
    groups = {item: "the app in a browser" if "site" in item.fixturenames else item.path.stem for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
    first = ["the app in a browser", "test_labs_browser", "test_jax_steps"]
    items.sort(key=lambda item: first.index(groups[item]) if groups[item] in first else len(first))


@pytest.fixture(scope="session")
def tiny_vocabulary() -> list[str]:
    """About 200 pieces: every Latin letter, some English words, some Chinese characters, digits and signs."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS),
              *ENGLISH.split(), *CHINESE, *"0123456789",
              *(f"##{digit}" for digit in "0123456789"), *".,?!'-;:，。？！"]
    return list(dict.fromkeys(pieces))


@pytest.fixture(scope="session")
def randomise():
    """A function that gives every weight of a Keras model a lively random value, biases and LayerNorms too.

    Fresh BERT weights are so small, and so often 0 or 1, that swapped tensors would go unseen.
    """

    def fill(model, seed: int = 0):
        rng = np.random.default_rng(seed)
        for variable in model.weights:
            noise = rng.standard_normal(variable.shape).astype(np.float32)
            scale = {"kernel": variable.shape[0] ** -0.5, "embeddings": 0.5}.get(variable.name, 0.2)
            variable.assign(noise * scale + (variable.name == "gamma"))
        return model

    return fill


@pytest.fixture(scope="session")
def tiny_model_folder(tmp_path_factory, tiny_vocabulary, randomise) -> Path:
    """A whole Hugging Face folder: 2 layers, 4 heads, hidden size 32, 64 tokens, uncased, random weights."""
    from bert_tf import checkpoint
    from bert_tf.config import BertConfig
    from bert_tf.model import BertForPreTraining
    from bert_tf.tokenizer import WordPieceTokenizer

    folder = tmp_path_factory.mktemp("models") / "tiny-random"
    config = BertConfig(vocab_size=len(tiny_vocabulary), hidden_size=32, num_hidden_layers=2,
                        num_attention_heads=4, intermediate_size=64, max_position_embeddings=64)
    model = randomise(BertForPreTraining.from_shape(config), seed=1)
    checkpoint.save(model, WordPieceTokenizer(tiny_vocabulary), folder)
    return folder


@pytest.fixture
def model_copy(tmp_path, tiny_model_folder) -> Path:
    """A copy of the tiny model that a test may damage."""
    return Path(shutil.copytree(tiny_model_folder, tmp_path / "model"))


@pytest.fixture(scope="session")
def tiny_bert(tiny_model_folder):
    """The opened model of `tiny_model_folder`."""
    import bert_tf

    return bert_tf.load(tiny_model_folder)
