"""Whether a run can go on from its checkpoints, and from which."""

from __future__ import annotations

import shutil
from pathlib import Path

from bert_tf.records import read_json
from bert_tf.training.run_folder import PROGRESS_FILE, STATE_FILE, RunFolder
from bert_tf.weight_files import WEIGHTS_FILE


def skip_unusable_checkpoints(run: RunFolder) -> str:
    """Renames the newest checkpoints if a run cannot go on from them, so that the newest which counts is one it can.

    Returns:
        What was skipped, and why; empty if nothing was.

    Raises:
        ValueError: there are checkpoints, but none to go on from.
    """
    found, faults = run.checkpoints(), {}
    for path in reversed(found):
        if not (fault := fault_of(path)):
            break
        faults[path] = fault
    if found and len(faults) == len(found):
        raise ValueError(f"The run {run.path} cannot go on from any of its checkpoints: in {found[-1].name}, "
                         f"{faults[found[-1]]}. Put that file back, or start a new run with the weights of a "
                         f"checkpoint: --initial-model {found[-1]}.")
    for path in faults:
        skipped = path.with_name(f"skipped-{path.name}")
        shutil.rmtree(skipped, ignore_errors=True)
        path.rename(skipped)
    return " ".join(f"{path.name} is skipped: {fault}. It is kept as skipped-{path.name}."
                    for path, fault in faults.items())


def fault_of(checkpoint: Path) -> str:
    """Says what keeps a run from going on from a checkpoint; empty if nothing does."""
    from safetensors import SafetensorError, safe_open

    for name in (STATE_FILE, WEIGHTS_FILE):
        if not (checkpoint / name).is_file():
            return f"{name} is missing"
        try:
            with safe_open(checkpoint / name, framework="numpy"):  # holds the size against what the header says
                pass
        except (SafetensorError, OSError) as error:
            return f"{name} is damaged ({error})"
    try:
        read_json(checkpoint / PROGRESS_FILE)
    except ValueError:
        return f"{PROGRESS_FILE} is damaged"
    return ""
