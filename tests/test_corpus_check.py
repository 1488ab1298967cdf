"""Text looked over before training: what it holds, and what is wrong with it in plain words."""

import gzip
import lzma

import pytest

from bert_tf.data.corpus_check import CorpusFacts, check_corpus


@pytest.mark.parametrize(("name", "pack"), [("a.txt", bytes), ("a.txt.gz", gzip.compress), ("a.txt.xz", lzma.compress)])
def test_it_counts_what_is_there(tmp_path, name, pack):
    (tmp_path / name).write_bytes(pack("One.\nTwo.\n\n三。\n四。\n五。\n六。\n".encode()))
    assert check_corpus(tmp_path / name) == CorpusFacts(2, 6, 4 + 4 + 8, ("One.", "Two.", "三。", "四。", "五。"))


@pytest.mark.parametrize(("name", "content", "words"), [
    ("photo.txt", b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8 text"),
    ("zeros.txt", b"\x00\x01\x02\nx\n", "no text file"),
    ("endless.txt", b"a b " * 40_000, "more than 100,000 characters"),
    ("empty.txt", b"", "empty"),
    ("blank.txt", b"\n \n\t\n", "empty"),
    ("apart.txt", b"one\n\ntwo\n\nthree\n", "no two lines that follow each other"),
    ("broken.txt.gz", b"not packed at all", "damaged or truncated"),
    ("long.txt", b"twenty characters ..\n" * 60, "more than 1,000 characters"),
])
def test_what_cannot_be_trained_on_is_named(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=words):
        check_corpus(tmp_path / name, most_characters=1000 if name == "long.txt" else 10 ** 9)
