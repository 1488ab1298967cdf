"""The examples of the documentation run as they stand."""

import re
from pathlib import Path

import pytest

from bert_tf.config import SIZES
from bert_tf.finetune_command import BUNDLED_MODEL

ROOT = Path(__file__).resolve().parent.parent


def python_blocks(path: Path) -> list[str]:
    """The Python code of a Markdown file; each block stands on its own line, for the traceback."""
    text = path.read_text(encoding="utf-8")
    return ["\n" * text[:match.start(1)].count("\n") + match[1]
            for match in re.finditer(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)]


@pytest.mark.parametrize(("name", "blocks"), [("README.md", 1), ("docs/library.md", 11)])
def test_the_examples_run_one_after_the_other(name, blocks, tmp_path, tiny_model_folder, monkeypatch):
    """On a tiny model in the bundled one's place: what it answers is not looked at here."""
    (tmp_path / "saved_models").mkdir()
    for folder in (ROOT / "saved_models").iterdir():
        (tmp_path / "saved_models" / folder.name).symlink_to(tiny_model_folder if folder.name == BUNDLED_MODEL.name else folder)
    (tmp_path / "bert_tf").symlink_to(ROOT / "bert_tf")
    monkeypatch.setitem(SIZES, "tiny", (1, 128, 2))  # of two blocks, the second would be traced as the first is
    monkeypatch.chdir(tmp_path)
    found = [block for block in python_blocks(ROOT / name) if "served" not in block]  # its folder is written by a command
    assert len(found) >= blocks
    names = {}
    for block in found:
        exec(compile(block, name, "exec"), names)
