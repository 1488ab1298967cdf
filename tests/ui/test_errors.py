"""What the library says about bad input reaches a Chinese visitor in Chinese: every message provoked for real."""

import gzip
import json
import re

import numpy as np
import pytest

from bert_tf import checkpoint
from bert_tf.data.corpus_check import check_corpus
from bert_tf.data.shards import prepare
from bert_tf.filling import FillingLab
from bert_tf.interventions import Change, Interventions
from bert_tf.static_vectors import StaticVectors
from bert_tf.training import launch, run_states
from bert_tf.training.anatomy import cost_of, draw_examples
from bert_tf.training.finetuning_config import FinetuningConfig
from bert_tf.training.resuming import skip_unusable_checkpoints
from bert_tf.training.run_folder import PROGRESS_FILE
from bert_tf.training.task_files import read_task_file, train_and_dev
from bert_tf.weight_files import read_tensors
from bert_tf.word2vec import train_word2vec
from ui.texts.errors import ERRORS, in_chinese

GOOD = "text\tlabel\n" + "a\tx\nb\ty\n" * 3


def said(deed) -> str:
    """Returns what an error says, in Chinese."""
    with pytest.raises((ValueError, FileNotFoundError)) as caught:
        deed()
    message = str(caught.value)
    assert in_chinese(message) != message, f"no Chinese words for: {message}"
    return in_chinese(message)


def asked(tiny_bert, method, *texts):
    return lambda: getattr(tiny_bert, method)(*texts)


def test_typed_text(tiny_bert, tmp_path):
    assert "空" in said(asked(tiny_bert, "fill_mask", " "))
    assert "[MASK]" in said(asked(tiny_bert, "fill_mask", "the cat"))
    assert "分词器" in said(asked(tiny_bert, "fill_mask", "\u200b"))
    assert "遮住" in said(lambda: FillingLab(tiny_bert).surprise("[MASK]"))
    assert "“dog”" in said(asked(tiny_bert, "word_vectors", "the cat", "dog"))
    assert "输入" in said(lambda: tiny_bert.word_positions("the cat", ""))
    assert "第二段文本" in said(lambda: Interventions(tiny_bert).effects("the cat", changes=[Change(words=(1,))]))
    vectors = StaticVectors(["cat", "dog"], np.eye(2, dtype=np.float32))
    assert said(lambda: vectors.vector("it's")) == "没有“it's”的向量：它不在这份文本最常见的 2 个词里。请换一个更常用的词。"
    emoji = draw_examples("😀\n😀\n", tiny_bert.tokenizer, count=1, draw=0, sequence_length=16)[0]
    assert "预测" in said(lambda: cost_of(emoji, tiny_bert.model, tiny_bert.tokenizer))
    (tmp_path / "few.txt").write_text("a b c\n")
    assert "没有一个出现到 5 次" in said(lambda: train_word2vec([tmp_path / "few.txt"], language="en", min_count=5, workers=1))


def test_models(tiny_model_folder, model_copy, tmp_path, models):
    import bert_tf

    encoder = bert_tf.load(models.parent / "encoder")
    assert said(lambda: encoder.fill_mask("a [MASK]")).startswith("encoder 只有编码器")
    assert "不是文件夹" in said(lambda: checkpoint.read_config(tmp_path / "nowhere"))
    assert "config.json" in said(lambda: checkpoint.read_config(tmp_path))
    assert "重新复制" in said(lambda: read_tensors(models.parent / "truncated"))
    (model_copy / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a"] + [
        f"w{n}" for n in range(900)]))
    assert "不属于同一个模型" in said(lambda: checkpoint.load(model_copy))
    (model_copy / "model.safetensors").unlink()
    assert "model.safetensors" in said(lambda: read_tensors(model_copy))
    (model_copy / "model.safetensors.index.json").write_text('{"weight_map": {"a": "one.safetensors"}}')
    assert "缺少 one.safetensors" in said(lambda: read_tensors(model_copy))
    (model_copy / "model.safetensors.index.json").write_text("{}")
    assert "哪个张量" in said(lambda: read_tensors(model_copy))


def test_a_model_of_one_segment_and_a_disk_that_refuses(tiny_bert, tmp_path, monkeypatch):
    (tmp_path / "tokens").write_text("in the way")
    (tmp_path / "a.txt").write_text("the cat.\nthe dog.\n")
    assert said(lambda: prepare([tmp_path / "a.txt"], tiny_bert.tokenizer, tmp_path / "tokens")).startswith("词元写不进")
    assert said(lambda: checkpoint.save(tiny_bert.model, tiny_bert.tokenizer, tmp_path / "tokens" / "model")).startswith("模型写不进")
    monkeypatch.setattr(tiny_bert, "config", tiny_bert.config.replace(type_vocab_size=1))
    assert "一次只读一段文本" in said(asked(tiny_bert, "next_sentence", "the cat", "the dog"))


SQUAD = {"data": [{"paragraphs": [{"context": "A cat sat.", "qas": [{"question": "Who?", "answers": []}]}]}]}
WRONG = json.loads(json.dumps(SQUAD).replace("[]", '[{"text": "dog", "answer_start": 2}]'))


@pytest.mark.parametrize("name, content, task, expected", [
    ("a.tsv", b"\xff\xfe\x00\x01", "auto", "UTF-8"),
    ("a.csv", b"", "auto", "空的"),
    ("a.csv", b"text\nx\n", "auto", "a.csv 只有一列"),
    ("a.csv", b"text,label\nx,y\nx,y,z\n", "auto", "第 3 行有 3 列"),
    ("a.jsonl", b'{"text": "x", "label": "y"}\n{bad', "auto", "第 2 行"),
    ("a.json", b"[1, 2", "auto", "不是正确的 JSON"),
    ("a.json", b'[1, 2]', "auto", "既不是 SQuAD"),
    ("a.tsv", GOOD.encode(), "questions", "不是 SQuAD JSON"),
    ("a.csv", b"text,label\n", "auto", "没有例子"),
    ("a.csv", b"one,two,three\nx,y,z\n", "auto", "哪一列"),
    ("a.csv", b"text,label\n,\n,\n", "auto", "没有例子"),
    ("a.jsonl", b'{"tokens": ["a"], "tags": ["O"]}\n', "auto", "全是 O"),
    ("a.csv", b"text,label\nx,y\nz,y\n", "auto", "“y”"),
    ("a.tsv", ("text\tlabel\n" + "".join(f"t{n}\tl{n}\n" for n in range(600))).encode(), "auto", "600 种标签"),
    ("a.jsonl", b'{"tokens": ["a", "b"], "tags": ["O"]}\n', "auto", "2 个词，却有 1 个标注"),
    ("a.jsonl", b'{"tokens": ["a"], "tags": ["NOUN"]}\n', "auto", "“NOUN”不是 BIO 标注"),
    ("a.json", json.dumps(WRONG).encode(), "auto", "“dog”不在它的段落里"),
    ("a.json", json.dumps(WRONG).replace(": 2", ': "x"').encode(), "auto", "'x'"),
    ("a.json", json.dumps(SQUAD).encode(), "auto", "没有例子"),
    ("a.json", b'{"data": [{"title": "x"}]}', "auto", "不是 SQuAD JSON"),
    ("a.jsonl", b'{"context": "a", "question": "b", "answers": 3}\n', "auto", "第 1 行不是关于段落的问题"),
    ("a.txt", b"she O\n\n" * 9000 + b"he\n", "auto", "第 18001 行应当是一个词和它的标注"),
    ("a.csv", b"text,text,label\na,b,c\n", "auto", "不止一列叫“text”"),
])
def test_task_files(tmp_path, name, content, task, expected):
    (tmp_path / name).write_bytes(content)
    assert expected in said(lambda: read_task_file(tmp_path / name, task=task))


def test_train_and_dev_files(tmp_path, monkeypatch):
    (tmp_path / "a.tsv").write_text(GOOD)
    (tmp_path / "b.tsv").write_text(GOOD.replace("\ty\n", "\tz\n"))
    (tmp_path / "c.tsv").write_text("text_a\ttext_b\tlabel\n" + "a\tb\tx\nc\td\ty\n" * 3)
    one, other, pairs = (read_task_file(tmp_path / name) for name in ("a.tsv", "b.tsv", "c.tsv"))
    assert "完全相同" in said(lambda: train_and_dev(one, one, seed=0))
    assert "任务" in said(lambda: train_and_dev(one, pairs, seed=0))
    assert "没有的标签：z" in said(lambda: train_and_dev(one, other, seed=0))
    assert "至少 10 个" in said(lambda: train_and_dev(one, None, seed=FinetuningConfig().seed))
    monkeypatch.setattr("bert_tf.training.task_files.LARGEST_MEGABYTES", 0)
    (tmp_path / "a.tsv").write_text(GOOD * 99)
    assert "MB" in said(lambda: read_task_file(tmp_path / "a.tsv"))
    assert said(lambda: read_task_file(tmp_path / "gone.tsv")) == f"任务文件 {tmp_path / 'gone.tsv'} 不在了。"


@pytest.mark.parametrize("content, expected", [
    (b"a\0b", "不是文本文件"), (b"a" * 100_001, "a.txt 第 1 行超过 100,000 个字符"), (b"", "一行一句"), (b"one\n\ntwo\n", "没有相连的两行"), (b"abc\nabc\n" * 9, "超过 50 个字符")])
def test_text_to_pretrain_on(tmp_path, content, expected):
    (tmp_path / "a.txt").write_bytes(content)
    assert expected in said(lambda: check_corpus(tmp_path / "a.txt", most_characters=50))


def test_a_damaged_archive(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(b"abc\nabc\n" * 99)[:-9])
    assert said(lambda: check_corpus(tmp_path / "a.gz")) == f"{tmp_path / 'a.gz'} 已损坏或不完整，请重新下载或重新压缩。"


def test_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("BERT_TF_RUNS", str(tmp_path))
    assert "“a/b”不能用作名称" in said(lambda: run_states.place_for("a/b"))
    launch.RunFolder(tmp_path / "mine").create({"kind": "pretraining"})
    assert "“mine”" in said(lambda: run_states.place_for("mine"))
    launch.RunFolder(tmp_path / "mine").write_status("running")
    monkeypatch.setattr(launch, "MOST_AT_WORK", 1)
    assert "已有 1 个训练" in said(lambda: launch.require_room(tmp_path))
    assert "请先停止" in said(lambda: launch.delete(tmp_path / "mine"))
    assert "“mine”是另一个程序" in said(lambda: launch.kill(tmp_path / "mine"))
    checkpoint = tmp_path / "mine" / "checkpoints" / "step-00000010"
    checkpoint.mkdir()
    (checkpoint / PROGRESS_FILE).write_text("{}")
    assert "training_state.safetensors 缺失" in said(lambda: skip_unusable_checkpoints(launch.RunFolder(tmp_path / "mine")))


def test_what_has_no_words_stays_as_it_is_and_every_value_has_its_place():
    assert in_chinese("Something else: {x}") == "Something else: {x}"
    for pattern, words in ERRORS:
        assert set(re.findall(r"{(\w+)}", words)) == set(pattern.groupindex), words
        assert re.search(r"[\u4e00-\u9fff]", words)
