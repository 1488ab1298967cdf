"""Optimizer steps on JAX: the state stays on the device, steps queue up, several processes can share a batch.

Only `bert_tf.training.steps` imports this module, and only where Keras runs on JAX.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import jax
import keras
import numpy as np

from bert_tf.training.measures import model_inputs, split_batch
from bert_tf.training.pretraining_config import PretrainingConfig

#: Dense bfloat16 operations a second, without sparsity, as NVIDIA's data sheets give them, by a part of the device's name.
PEAK_FLOPS = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "L4": 121e12, "L40S": 362e12, "V100": 125e12, "T4": 65e12}


@dataclass(frozen=True)
class Cluster:
    """Processes that train one model together, each on its share of every batch.

    Attributes:
        address: host:port of the first process.
        count: how many processes there are.
        rank: which of them this is, from 0.
    """

    address: str
    count: int
    rank: int

    @classmethod
    def parse(cls, text: str) -> "Cluster":
        """Reads `HOST:PORT,COUNT,RANK`.

        Raises:
            ValueError: it is not that, or the rank is not one of the count.
        """
        address, *numbers = text.split(",")
        try:
            count, rank = map(int, numbers)
        except ValueError:
            count, rank = 0, 0
        if ":" not in address or not 0 <= rank < count:
            raise ValueError(f"Cannot read the cluster {text!r}. Write HOST:PORT,COUNT,RANK, for example 10.0.0.1:9876,2,0.")
        return cls(address, count, rank)

    def require_equal_shares(self, training: PretrainingConfig) -> None:
        """Refuses a recipe whose batches cannot be shared evenly: the rows left over would be lost.

        Raises:
            ValueError: a stage's micro-batch cannot be divided by the number of processes.
        """
        for stage in training.stages:
            rows = stage.batch_size // training.accumulation
            if rows % self.count:
                raise ValueError(f"{rows} pairs (a batch, or its micro-batch where gradients are accumulated) cannot be "
                                 f"shared evenly among {self.count} processes. Take a number of processes that divides "
                                 f"{rows}, and go on with --resume.")

    def join(self) -> None:
        """Connects to the others and has every model that is built from here on copied to all of them.

        Call it before anything runs on a device.
        """
        if "cpu" in os.environ.get("JAX_PLATFORMS", ""):
            jax.config.update("jax_cpu_collectives_implementation", "gloo")
        keras.distribution.initialize(self.address, self.count, self.rank)
        keras.distribution.set_distribution(keras.distribution.DataParallel(auto_shard_dataset=False))

    def leave(self) -> None:
        """Says goodbye to the others, once all have come so far."""
        jax.distributed.shutdown()

    def wait(self, what: str) -> None:
        """Waits until all processes have come to the same point."""
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices(what)


class JaxSteps:
    """Steps by a compiled function over the model's state.

    The model's variables are not valid between a step and `sync`.

    Args:
        model, accumulation, cluster: as for `bert_tf.training.steps.steps_of`.
    """

    waits = False

    def __init__(self, model, *, accumulation: int = 1, cluster: Cluster | None = None):
        self.accumulation, self.cluster = accumulation, cluster
        self._groups = [model.trainable_variables, model.non_trainable_variables, model.optimizer.variables,
                        model.metrics_variables]
        self._rate = next(i for i, v in enumerate(model.optimizer.variables) if v.path.endswith("learning_rate"))
        self._logs = {}
        self.refresh()
        shardings = jax.tree.map(lambda array: array.sharding, self._state) if cluster else None
        self._run = jax.jit(model.train_step, donate_argnums=0, out_shardings=(None, shardings) if cluster else None)

    def step(self, batch: dict[str, np.ndarray], rate: float) -> None:
        """Queues one optimizer step on a sampler's batch at a learning rate; does not wait for it."""
        for rows in split_batch(batch, self.accumulation):
            x, y = (self._placed(part) for part in model_inputs(rows))
            weights, others, optimizer, metrics = self._state
            optimizer = list(optimizer)
            optimizer[self._rate] = self._everywhere(np.float32(rate), optimizer[self._rate])
            self._logs, self._state = self._run((weights, others, optimizer, metrics), (x, y, None))

    def read(self) -> dict[str, float]:
        """Waits for the queued steps; returns the mean of every metric since it was last read."""
        means = {key: float(value) for key, value in self._logs.items()}
        *others, metrics = self._state
        self._state = (*others, [self._everywhere(np.zeros(v.shape, v.dtype), v) for v in metrics])
        return means

    def sync(self) -> None:
        """Puts the state into the model's variables, for saving and measuring."""
        for group, values in zip(self._groups, self._state):
            for variable, value in zip(group, values):
                variable.assign(value)

    def refresh(self) -> None:
        """Takes the state back from the model's variables, after measuring has used them."""
        self._state = tuple([v.value for v in group] for group in self._groups)
        self.read()

    def agree(self, *values: float) -> tuple[float, ...]:
        """Returns the values that the first process has."""
        if self.cluster is None:
            return values
        from jax.experimental import multihost_utils

        return tuple(np.asarray(multihost_utils.broadcast_one_to_all(np.array(values, np.float32))).tolist())

    def peak_flops(self) -> float | None:
        """Returns how many operations a second all devices promise together, or None for a device not written down."""
        name = jax.devices()[0].device_kind
        return next((peak * jax.device_count() for part, peak in PEAK_FLOPS.items() if part in name), None)

    def _placed(self, arrays: dict[str, np.ndarray]) -> dict:
        """Puts a batch on the device; of a cluster's batch, every process brings its own rows."""
        if self.cluster is None:
            return arrays
        placed, count, rank = {}, self.cluster.count, self.cluster.rank
        for key, value in arrays.items():
            rows = len(value) // count
            layout = keras.distribution.distribution().get_data_layout(value.shape).backend_layout
            placed[key] = jax.make_array_from_process_local_data(layout, value[rank * rows:(rank + 1) * rows])
        return placed

    def _everywhere(self, value: np.ndarray, like):
        """Returns a value placed like an array that is there."""
        if self.cluster is None:
            return jax.numpy.asarray(value)
        return jax.make_array_from_process_local_data(like.sharding, value)
