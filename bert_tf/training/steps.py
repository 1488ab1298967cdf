"""Optimizer steps: one interface for both backends, since what is fast on one is slow on the other.

On TensorFlow (a CPU, here) Keras' `train_on_batch` costs little beside the step itself. On JAX (a GPU) it would
wait for every step and copy the whole state in and out; there `bert_tf.training.jax_steps` keeps the state on the
device and only looks at it when somebody asks.
"""

from __future__ import annotations

import numpy as np

from bert_tf.training.measures import model_inputs, split_batch


def steps_of(model, *, accumulation: int = 1, cluster=None):
    """Returns what makes optimizer steps with a compiled model.

    Args:
        model: a compiled `BertForPreTraining` whose optimizer is built.
        accumulation: micro-batches of a step.
        cluster: a `bert_tf.training.jax_steps.Cluster` of processes that share each batch, or None.

    Raises:
        ValueError: Keras runs on neither TensorFlow nor JAX.
    """
    import keras

    if keras.backend.backend() not in ("tensorflow", "jax"):
        raise ValueError(f"KERAS_BACKEND is {keras.backend.backend()}; set it to tensorflow or jax.")
    if keras.backend.backend() == "jax":
        from bert_tf.training.jax_steps import JaxSteps

        return JaxSteps(model, accumulation=accumulation, cluster=cluster)
    return KerasSteps(model, accumulation=accumulation)


class KerasSteps:
    """Steps by `train_on_batch`.

    Args:
        model, accumulation: as for `steps_of`.
    """

    #: Whether `step` waits until the step is done, so that a clock around it says how long it took.
    waits = True

    def __init__(self, model, *, accumulation: int = 1):
        self.model, self.accumulation = model, accumulation
        self._sums, self._weights = {}, {}

    def step(self, batch: dict[str, np.ndarray], rate: float) -> None:
        """Makes one optimizer step on a sampler's batch at a learning rate."""
        self.model.optimizer.learning_rate = rate
        for rows in split_batch(batch, self.accumulation):
            logs = self.model.train_on_batch(*model_inputs(rows), return_dict=True)
            pairs = float((rows["next_labels"] >= 0).sum())  # single sentences have no part in the figures of pairs
            for key, value in logs.items():
                weight = pairs if key.startswith("nsp") else 1.0
                self._sums[key] = self._sums.get(key, 0.0) + weight * float(value)
                self._weights[key] = self._weights.get(key, 0.0) + weight

    def read(self) -> dict[str, float]:
        """Returns the mean of every metric over the steps since it was last read."""
        means = {key: value / max(self._weights[key], 1.0) for key, value in self._sums.items()}
        self._sums, self._weights = {}, {}
        return means

    def sync(self) -> None:
        """Puts the state into the model's variables; here it is there already."""

    def refresh(self) -> None:
        """Takes the state back from the model's variables after measuring; here it never left."""

    def agree(self, *values: float) -> tuple[float, ...]:
        """Returns the values that the first process has; there is only one."""
        return values

    def peak_flops(self) -> float | None:
        """Returns how many operations a second the device promises, or None where nobody has written that down."""
        return None
