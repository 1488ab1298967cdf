"""Files that visitors bring along, in whatever encoding."""

import gzip
import random
from types import SimpleNamespace

import pytest

from ui.uploads import other_encoding, put

CHINESE = "文本,标签\n今天天气很好，我们去公园。,好\n“苹果”—手机,中性\n"


@pytest.mark.parametrize(("data", "encoding"), [
    (CHINESE.encode("utf-8"), None),
    (CHINESE.encode("utf-8-sig"), None),
    (b"text,label\nplain words,good\n", None),
    (CHINESE.encode("gb18030"), "GB18030"),
    (CHINESE.encode("gbk").replace(b"\n", b"\r\n"), "GB18030"),
    (CHINESE.encode("utf-16"), "UTF-16"),
    ("déjà vu, naïve café, été, où".encode("latin-1"), None),
    ("größer, müßig, Straße, fällt".encode("cp1252"), None),
    ("こんにちは、世界。今日は天気がいいですね".encode("shift_jis"), None),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None),
    (gzip.compress(CHINESE.encode()), None),
    (CHINESE.encode("gb18030") + b"\0", None),
    (CHINESE.encode("gb18030")[:-2], None),
    (CHINESE.encode("utf-16")[:-1], None),
    (b"", None)])
def test_the_encoding_of_a_file(data, encoding):
    assert other_encoding(data) == encoding


def test_bytes_by_chance_are_no_text():
    rng = random.Random(0)
    for length in (10, 40, 400):
        for _ in range(200):
            assert other_encoding(bytes(rng.randrange(1, 256) for _ in range(length))) is None


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_file_is_written_as_utf_8(tmp_path, encoding):
    data = CHINESE.encode(encoding)
    file = SimpleNamespace(name="表 1/../a?.csv", file_id=encoding, size=len(data), getvalue=lambda: data)
    first, second = put(file, tmp_path), put(file, tmp_path)
    assert first.read_text(encoding="utf-8") == second.read_text(encoding="utf-8") == CHINESE
    assert first.parent == second.parent == tmp_path and first.name == "表 1..a.csv" and first != second
