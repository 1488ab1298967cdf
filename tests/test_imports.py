"""The direction of imports, read from the source, and what a cheap import may load."""

import ast
import fnmatch
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: From the ground up. A module imports from its own floor and from those below, never from above.
FLOORS = (
    ("bert_tf.records", "bert_tf.text_files", "bert_tf.precision", "bert_tf.config", "bert_tf.results", "bert_tf.quiet", "bert_tf.timing", "bert_tf.compiled", "bert_tf.progress_bar", "bert_tf.logits", "bert_tf.padding"),
    ("bert_tf.text_normalization", "bert_tf.tokenizer", "bert_tf.tokenizer_*", "bert_tf.vocabulary",
     "bert_tf.data", "bert_tf.data.*", "bert_tf.analysis", "bert_tf.head_roles", "bert_tf.sense_sets",
     "bert_tf.sense_analysis", "bert_tf.vector_maps", "bert_tf.umap_layout", "bert_tf.static_vectors", "bert_tf.word2vec"),
    ("bert_tf.layers",),
    ("bert_tf.model", "bert_tf.switchable", "bert_tf.task_heads"),
    ("bert_tf.tensor_slots", "bert_tf.weight_files", "bert_tf.checkpoint", "bert_tf.task_folder", "bert_tf.task_inputs"),
    ("bert_tf.training", "bert_tf.training.*"),
    ("bert_tf.explore", "bert_tf.filling", "bert_tf.influence", "bert_tf.variants", "bert_tf.finetuned", "bert_tf.batch_vectors", "bert_tf.sentence_bank", "bert_tf.head_arithmetic", "bert_tf.interventions"),
    ("bert_tf",),  # the public face
    ("bert_tf.evaluation", "bert_tf.evaluation.*"),
    ("bert_tf.bench", "bert_tf.bench_torch", "bert_tf.saved_model"),
    ("bert_tf.pretrain_command", "bert_tf.finetune_command"),
    ("bert_tf.__main__",),
    ("ui", "ui.*"),
    ("streamlit_app",),
)

#: Everything else of bert_tf is Keras 3 and NumPy, so that any backend will do.
FRAMEWORKS = {"tensorflow", "tensorflow_text", "jax", "torch", "transformers", "keras_hub", "keras_nlp",
              "bertviz"}
ALLOWED_FRAMEWORKS = {
    "bert_tf.compiled": {"tensorflow", "jax"},  # whichever Keras runs on
    "bert_tf.saved_model": {"tensorflow", "tensorflow_text"},  # nothing imports it but the command for it
    "bert_tf.training.jax_steps": {"jax"},  # loaded only where Keras runs on JAX
    "bert_tf.bench_torch": {"torch", "transformers"},  # the other side of the measurements
    "ui.bertviz_view": {"torch", "bertviz"},
    "ui.bertviz_inside": {"torch", "bertviz"},
}

SCREEN = {"streamlit", "plotly", "bertviz", "ui", "streamlit_app"}
HEAVY = ("keras", "tensorflow", "jax", "torch", "transformers", "gensim", "jieba", "sklearn", "scipy",
         "streamlit", "plotly", "tokenizers", "keras_hub")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PATHS = [path for pattern in ("bert_tf/**/*.py", "ui/**/*.py", "streamlit_app.py")
         for path in sorted(ROOT.glob(pattern))]
MODULES = {module_name(path): path for path in PATHS}


def imports_of(module: str) -> set[str]:
    """Every module that a file imports, at its top or inside its functions."""
    path, found = MODULES[module], set()
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:  # from . import x
                above = package.split(".")[:len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [base])])
            children = {f"{base}.{alias.name}" for alias in node.names} & set(MODULES)
            found |= children or {base}
    return found


def roots(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def floor(module: str) -> int:
    for number, patterns in enumerate(FLOORS):
        if any(fnmatch.fnmatchcase(module, pattern) for pattern in patterns):
            return number
    raise AssertionError(f"{module} has no place in the order of imports yet; give it one in FLOORS.")


def test_the_reader_of_imports_reads(tmp_path, monkeypatch):
    source = ("import a.b as c\nfrom d import e\nfrom . import sister\nfrom ..top import x\n"
              "def f():\n    from bert_tf import config\n")
    path = tmp_path / "pack" / "inner" / "file.py"
    path.parent.mkdir(parents=True)
    path.write_text(source)
    monkeypatch.setitem(MODULES, "pack.inner.file", path)
    assert imports_of("pack.inner.file") == {"a.b", "d", "pack.inner", "pack.top", "bert_tf.config"}


@pytest.mark.parametrize("module", MODULES)
def test_imports_never_point_up(module):
    ours = {name for name in imports_of(module) if roots({name}) <= {"bert_tf", "ui", "streamlit_app"}}
    assert not ours - set(MODULES), f"{module} imports what is not there: {ours - set(MODULES)}"
    upward = {name for name in ours if floor(name) > floor(module)}
    assert not upward, f"{module} imports {', '.join(sorted(upward))}, which stands above it"


def test_no_two_modules_need_each_other():
    needs = {module: imports_of(module) & set(MODULES) - {module} for module in MODULES}
    while free := [module for module, needed in needs.items() if not needed]:
        for module in free:
            del needs[module]
        needs = {module: needed - set(free) for module, needed in needs.items()}
    assert not needs, f"these import each other in a circle: {needs}"


@pytest.mark.parametrize("module", MODULES)
def test_frameworks_are_named_only_where_they_may_be(module):
    extra = roots(imports_of(module)) & FRAMEWORKS - ALLOWED_FRAMEWORKS.get(module, set())
    assert not extra, f"{module} imports {extra}"


@pytest.mark.parametrize("module", [name for name in MODULES if roots({name}) == {"bert_tf"}])
def test_the_library_knows_no_screen(module):
    assert not roots(imports_of(module)) & SCREEN


@pytest.mark.parametrize("module", ["bert_tf.analysis", "bert_tf.results"])
def test_numpy_only(module):
    assert roots(imports_of(module)) - set(sys.stdlib_module_names) == {"numpy"}


def loaded_by(statements: str) -> list[str]:
    """The heavy packages in memory after some statements in a fresh Python."""
    code = f"{statements}\nimport sys\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_by("import bert_tf\nbert_tf.BertConfig, bert_tf.WordPieceTokenizer, bert_tf.load") == []


def test_importing_everything_but_the_network_loads_nothing_heavy():
    heavy = {"bert_tf.layers", "bert_tf.model", "bert_tf.switchable", "bert_tf.task_heads", "bert_tf.bench_torch",
             "bert_tf.saved_model", "bert_tf.training.jax_steps", "bert_tf.training.muon"}  # they define Keras and PyTorch classes, or are TensorFlow's alone
    light = [name for name in MODULES if roots({name}) == {"bert_tf"} and name not in heavy]
    assert "bert_tf.explore" in light and "bert_tf.training.pretraining" in light
    assert loaded_by("\n".join(f"import {name}" for name in light)) == []


def test_the_check_for_heavy_packages_sees_one():
    assert "keras" in loaded_by("import sys, types\nsys.modules['keras'] = types.ModuleType('keras')")


def test_the_public_names_are_offered_before_anything_is_loaded():
    asked = "import sys, bert_tf; print(*[name for name in bert_tf.__all__ if name not in dir(bert_tf)], 'keras' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["False"]
