"""The table of the fast Keras profile: what is sped up trains to the same numbers, all else runs in stock Keras.

Each case is trained twice in one process from the same seed, without the profile and with it. History, weights, state
of the optimizer, predictions, what callbacks saw and the random numbers drawn afterwards are compared: to FLOAT32 or
FLOAT64 of trainings.py where an epoch is one program, to the last bit where stock Keras has to do it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from keras import layers
from keras.optimizers import schedules
from trainings import FLOAT32, FLOAT64, Batches, Training, assert_same, install, outcome

SAMPLES, STEPS = 70, 3
WEIGHTS = np.linspace(0.5, 1.5, SAMPLES)


def sequences(samples: int = SAMPLES, steps: int = STEPS, features: int = 1) -> tuple[Any, Any]:
    X = np.random.default_rng(5).random((samples, steps, features)).astype("float32")
    return X, X.sum(axis=1)[:, :1]


def words() -> tuple[Any, Any]:
    """Return numbers of words, the shorter sentences padded with 0, and a label for each sentence."""
    rng = np.random.default_rng(6)
    X = rng.integers(0, 9, (SAMPLES, 4))
    X[::3, 2:] = 0
    return X, (X.sum(axis=1) % 2).astype("float32")[:, None]


def classes() -> tuple[Any, Any]:
    X, total = sequences()
    return X, (total[:, 0] > STEPS / 2).astype("int64")


def one_hot() -> tuple[Any, Any]:
    X, labels = classes()
    return X, np.eye(2, dtype="float32")[labels]


def every_step() -> tuple[Any, Any]:
    X, _ = sequences()
    return X, X.cumsum(axis=1)


def flat() -> tuple[Any, Any]:
    X, y = sequences()
    return X, y[:, 0].astype("float64")


def plainly(
    *middle: Callable[[], Any],
    data: Callable[[], tuple[Any, Any]] = sequences,
    compiled: Callable[[], dict[str, Any]] = dict,
    outputs: Any = 1,
    steps: int | None = STEPS,
    kind: Any = None,
    **options: Any,
) -> Training:
    """Return the training of a Sequential model: these layers, by default the course's, and a Dense layer."""

    def train(fit: Callable[..., Any]) -> Any:
        X, y = data()
        inner = [make() for make in middle] or [layers.SimpleRNN(3)]
        last = outputs() if callable(outputs) else layers.Dense(outputs)
        model = (kind or keras.Sequential)([keras.Input((steps, *X.shape[2:])), *inner, last])
        model.compile(**{"optimizer": "adam", "loss": "mse", **compiled()})
        return model, fit(model, X, y, **{"batch_size": 16, **options}), X

    return train


def softmax() -> Any:
    return layers.Dense(2, activation="softmax")


def functional(fit: Callable[..., Any]) -> Any:
    X, y = sequences()
    entry = keras.Input((STEPS, 1))
    both = layers.Concatenate()([layers.SimpleRNN(2)(entry), layers.Flatten()(entry)])
    model = keras.Model(entry, layers.Dense(1)(both))
    model.compile("adam", "mse")
    return model, fit(model, X, y), X


def two_inputs(fit: Callable[..., Any]) -> Any:
    X, y = sequences()
    one, other = keras.Input((STEPS, 1)), keras.Input((STEPS, 1))
    model = keras.Model([one, other], layers.Dense(1)(layers.Flatten()(layers.Add()([one, other]))))
    model.compile("adam", "mse")
    return model, fit(model, [X, X], y), [X, X]


def from_two_inputs(
    encoder: Callable[[], tuple[Any, Any]], decoder: Callable[[], Any], **options: Any
) -> Training:  # fmt: skip
    """Return the training of a network with an encoder and a decoder that is whispered to; words that are no words."""

    def train(fit: Callable[..., Any]) -> Any:
        X, _ = words()
        read, wanted = X[:, ::-1].copy(), (X + 1) % 9
        source, before = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
        *_, state = encoder()(layers.Embedding(9, 3, mask_zero=True)(source))
        written = decoder()(layers.Embedding(9, 3)(before), initial_state=state)
        model = keras.Model([source, before], layers.Dense(9, activation="softmax")(written))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        settings = {"batch_size": 16, "sample_weight": (wanted != 3).astype("float32"), **options}
        return model, fit(model, [X, read], wanted, **settings), [X, read]

    return train


def added_inputs(fit: Callable[..., Any]) -> Any:
    """One Embedding reads both inputs."""
    X, y = words()
    inputs = keras.Input((4,)), keras.Input((4,))
    shared, rnn = layers.Embedding(9, 3), layers.SimpleRNN(3)
    model = keras.Model(inputs, layers.Dense(1)(layers.Add()([rnn(shared(given)) for given in inputs])))
    model.compile("adam", "mse")
    both = (X, X[:, ::-1].copy())
    return model, fit(model, both, y, batch_size=16), both


def twice(fit: Callable[..., Any]) -> Any:
    (X, y), model = sequences(), keras.Sequential([layers.SimpleRNN(3), layers.Dense(1)])
    model.compile("adam", "mse")
    model(X[:1])
    fit(model, X, y)
    return model, fit(model, X, y, batch_size=10), X


def compiled_again(fit: Callable[..., Any]) -> Any:
    """The second training must not go on with the program of the first."""
    (X, y), model = sequences(), keras.Sequential([keras.Input((STEPS, 1)), layers.SimpleRNN(3), layers.Dense(1)])
    model.compile("adam", "mse")
    fit(model, X, y)
    model.layers[0].trainable = False
    model.compile(keras.optimizers.SGD(0.05), "mae", metrics=["mse"])
    return model, fit(model, X, y), X


def two_networks(fit: Callable[..., Any]) -> Any:
    """A second network of the same shape starts from its own weights and leaves the first alone."""
    (X, y), models, kept = sequences(), [], []
    for rate in (0.01, 0.002):
        model = keras.Sequential([keras.Input((STEPS, 1)), layers.SimpleRNN(3), layers.Dense(1)])
        model.compile(keras.optimizers.Adam(rate), "mse")
        models.append(model)
        history = fit(model, X, y)
        kept.append([weight.copy() for weight in models[0].get_weights()])
    for before, after in zip(*kept, strict=True):
        np.testing.assert_array_equal(before, after)
    return model, history, X


def not_built(fit: Callable[..., Any]) -> Any:
    (X, y), model = sequences(), keras.Sequential([layers.SimpleRNN(3), layers.Dense(1)])
    model.compile("adam", "mse")
    return model, fit(model, X, y), X


def frozen(fit: Callable[..., Any]) -> Any:
    X, y = sequences()
    model = keras.Sequential([keras.Input((STEPS, 1)), layers.SimpleRNN(3), layers.Dense(1)])
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    return model, fit(model, X, y), X


def in_float64(fit: Callable[..., Any]) -> Any:
    policy = keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        model, history, X = plainly(data=lambda: tuple(part.astype("float64") for part in sequences()))(fit)
        return model, history, X
    finally:
        keras.config.set_floatx("float32")
        keras.config.set_dtype_policy(policy)


def on_dataset(fit: Callable[..., Any]) -> Any:
    import tensorflow as tf

    def fit_from(model: Any, X: Any, y: Any, batch_size: int) -> Any:
        return fit(model, tf.data.Dataset.from_tensor_slices((X, y)).batch(batch_size))

    return plainly()(fit_from)


def on_generator(fit: Callable[..., Any]) -> Any:
    def fit_from(model: Any, X: Any, y: Any, batch_size: int) -> Any:
        def batches() -> Iterator[Any]:
            while True:
                for start in range(0, 64, batch_size):
                    yield X[start : start + batch_size], y[start : start + batch_size]

        return fit(model, batches(), steps_per_epoch=4)

    return plainly()(fit_from)


def on_own_dataset(fit: Callable[..., Any]) -> Any:
    class Own(keras.utils.PyDataset):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, number: int) -> Any:
            X, y = sequences()
            return X[number * 16 :][:16], y[number * 16 :][:16]

    return plainly()(lambda model, X, y, **options: fit(model, Own()))


def on_tensors(fit: Callable[..., Any]) -> Any:
    import tensorflow as tf

    return plainly()(lambda model, X, y, **options: fit(model, tf.constant(X), tf.constant(y), **options))


def own_loss(y: Any, got: Any) -> Any:
    return keras.ops.mean(keras.ops.abs(y - got))


class OwnStep(keras.Sequential):
    def train_step(self, data):
        logs = super().train_step(data)
        return {**logs, "steps": self.optimizer.iterations}


class OwnLoss(keras.Sequential):
    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return 2 * super().compute_loss(x, y, y_pred, sample_weight, training)


class OwnModel(keras.Model):
    def __init__(self, parts: list[Any]) -> None:
        super().__init__()
        self.parts = parts[1:]

    def call(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x


class OwnLayer(layers.Layer):
    def call(self, x: Any) -> Any:
        return x * 2


class OwnRegularizer(keras.regularizers.Regularizer):
    def __call__(self, weights: Any) -> Any:
        return keras.ops.sum(keras.ops.abs(weights)) / 10


class OwnSchedule(schedules.LearningRateSchedule):
    def __call__(self, step: Any) -> Any:
        return 0.01 / (1 + keras.ops.cast(step, "float32"))


class OwnOptimizer(keras.optimizers.SGD):
    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        self.assign_sub(variable, 0.01 * keras.ops.sign(gradient))


def optimizer(make: Callable[[], Any], **more: Any) -> Training:
    return plainly(compiled=lambda: {"optimizer": make(), **more})


BINARY = {"loss": "binary_crossentropy", "metrics": ["accuracy"]}
FAST = {
    # data and arguments of fit
    "the course's network": plainly(),
    "a longer sequence": plainly(data=lambda: sequences(SAMPLES, 12), steps=12),
    "two features": plainly(data=lambda: sequences(SAMPLES, STEPS, 2)),
    "any length": plainly(steps=None),
    "not shuffled": plainly(shuffle=False),
    "small batches": plainly(batch_size=7),
    "no partial batch": plainly(batch_size=35),
    "one batch": plainly(batch_size=1000),
    "one sample": plainly(data=lambda: sequences(1)),
    "the default batch": plainly(batch_size=None),
    "flat targets": plainly(data=flat),
    "sample weights": plainly(sample_weight=WEIGHTS),
    "weights of steps": plainly(
        lambda: layers.SimpleRNN(3, return_sequences=True),
        data=every_step,
        sample_weight=np.linspace(0, 2, SAMPLES * STEPS).reshape(SAMPLES, STEPS),
    ),
    "class weights": plainly(
        data=classes,
        outputs=softmax,
        compiled=lambda: {"loss": "sparse_categorical_crossentropy", "metrics": ["accuracy"]},
        class_weight={0: 1.0, 1: 5.0},
    ),
    "validation data": plainly(validation_data=sequences(40)),
    "weighted validation data": plainly(validation_data=(*sequences(40), np.linspace(0, 2, 40))),
    "validation split": plainly(validation_split=0.3),
    "weighted validation split": plainly(
        validation_split=0.3, sample_weight=WEIGHTS, compiled=lambda: {"weighted_metrics": ["mae"]}
    ),
    "validation now and then": plainly(validation_data=sequences(40), validation_freq=2, validation_batch_size=9),
    "trained twice": twice,
    "compiled again": compiled_again,
    "two networks": two_networks,
    "frozen layer": frozen,
    # layers
    "gru": plainly(lambda: layers.GRU(3)),
    "lstm": plainly(lambda: layers.LSTM(3)),
    "stacked": plainly(lambda: layers.SimpleRNN(3, return_sequences=True), lambda: layers.GRU(2)),
    "sequence to sequence": plainly(lambda: layers.SimpleRNN(3, return_sequences=True), data=every_step),
    "context vector": plainly(
        lambda: layers.SimpleRNN(3),
        lambda: layers.RepeatVector(STEPS),
        lambda: layers.SimpleRNN(3, return_sequences=True),
        data=every_step,
    ),
    "unrolled": plainly(lambda: layers.SimpleRNN(3, unroll=True)),
    "backwards with relu": plainly(lambda: layers.SimpleRNN(3, activation="relu", go_backwards=True)),
    "embedding": plainly(
        lambda: layers.Embedding(9, 3), lambda: layers.SimpleRNN(3), data=words, steps=4, compiled=lambda: BINARY
    ),
    "masked embedding": plainly(
        lambda: layers.Embedding(9, 3, mask_zero=True), lambda: layers.LSTM(3), data=words, steps=4
    ),
    "encoder and decoder": from_two_inputs(
        lambda: layers.GRU(3, return_state=True), lambda: layers.GRU(3, return_sequences=True)
    ),
    "simple encoder and decoder": from_two_inputs(
        lambda: layers.SimpleRNN(3, return_state=True),
        lambda: layers.SimpleRNN(3, return_sequences=True),
        validation_split=0.3,
    ),
    "two inputs": two_inputs,
    "one embedding of two inputs": added_inputs,
    "dense": plainly(layers.Flatten, lambda: layers.Dense(4, activation="relu")),
    "functional": functional,
    "regularized": plainly(lambda: layers.SimpleRNN(3, kernel_regularizer="l2", recurrent_constraint="unit_norm")),
    "float64 layers": plainly(
        lambda: layers.SimpleRNN(3, dtype="float64"), outputs=lambda: layers.Dense(1, dtype="float64")
    ),
    "float64": in_float64,
    # losses, metrics, optimizers
    "metrics": plainly(compiled=lambda: {"metrics": ["mae", keras.metrics.RootMeanSquaredError()]}),
    "classes": plainly(
        data=one_hot,
        outputs=softmax,
        compiled=lambda: {"loss": "categorical_crossentropy", "metrics": ["accuracy"]},
    ),
    "two classes": plainly(
        data=classes, outputs=lambda: layers.Dense(1, activation="sigmoid"), compiled=lambda: BINARY
    ),
    "summed loss": plainly(compiled=lambda: {"loss": keras.losses.MeanSquaredError(reduction="sum")}),
    "rmsprop": optimizer(lambda: "rmsprop", loss="huber"),
    "momentum and clipping": optimizer(lambda: keras.optimizers.SGD(0.1, momentum=0.9, clipnorm=0.1)),
    "weight decay": optimizer(lambda: keras.optimizers.AdamW(0.01, weight_decay=0.1, global_clipnorm=0.5)),
    "rate schedule": optimizer(lambda: keras.optimizers.Adam(schedules.ExponentialDecay(0.05, 3, 0.5))),
    "average of weights": optimizer(lambda: keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.9)),
    **{name: optimizer(lambda name=name: name) for name in ("adagrad", "adamax", "nadam", "ftrl", "lion")},
    "lamb": optimizer(lambda: keras.optimizers.Lamb(0.01)),
    "gathered gradients": optimizer(lambda: keras.optimizers.Adam(0.05, gradient_accumulation_steps=2)),
}
STOCK = {
    "generator": on_generator,
    "tf.data": on_dataset,
    "own dataset": on_own_dataset,
    "tensors": on_tensors,
    "not built": not_built,
    "steps per epoch": plainly(steps_per_epoch=3),
    "later epochs": plainly(initial_epoch=1),
    "shuffled in batches": plainly(shuffle="batch"),
    "eagerly": plainly(compiled=lambda: {"run_eagerly": True}),
    "dropout": plainly(lambda: layers.SimpleRNN(4, dropout=0.5), lambda: layers.Dropout(0.5)),
    "recurrent dropout": plainly(lambda: layers.LSTM(4, recurrent_dropout=0.5)),
    "noise": plainly(lambda: layers.GaussianNoise(0.1), lambda: layers.SimpleRNN(3)),
    "normalised": plainly(lambda: layers.SimpleRNN(4), layers.BatchNormalization),
    "normalised layer": plainly(lambda: layers.SimpleRNN(4), layers.LayerNormalization),
    "both directions": plainly(lambda: layers.Bidirectional(layers.SimpleRNN(2))),
    "half precision": plainly(lambda: layers.SimpleRNN(3, dtype="mixed_float16")),
    "own train_step": plainly(kind=OwnStep),
    "own compute_loss": plainly(kind=OwnLoss),
    "own model": plainly(kind=OwnModel),
    "own layer": plainly(OwnLayer, lambda: layers.SimpleRNN(3)),
    "own activation": plainly(lambda: layers.SimpleRNN(3, activation=lambda x: x / 2)),
    "own regularizer": plainly(lambda: layers.SimpleRNN(3, kernel_regularizer=OwnRegularizer())),
    "own constraint": plainly(lambda: layers.SimpleRNN(3, recurrent_constraint=lambda w: w * 0.9)),
    "own loss": plainly(compiled=lambda: {"loss": own_loss}),
    "own metric": plainly(compiled=lambda: {"metrics": [own_loss]}),
    "own rate schedule": optimizer(lambda: keras.optimizers.Adam(OwnSchedule())),
    "own optimizer": optimizer(lambda: OwnOptimizer(0.1)),
}
TOLERANCES = {"float64": FLOAT64}
QUICK_FAST = (
    "the course's network",
    "sample weights",
    "validation split",
    "class weights",
    "embedding",
    "float64",
    "dense",
)
QUICK_STOCK = ("generator", "eagerly", "dropout", "own train_step", "own model")


def _some(cases: dict[str, Any], *quick: str) -> list[Any]:
    """Return the names of the cases as parameters, all but the quick ones marked as slow."""
    return [pytest.param(name, marks=[] if name in quick else [pytest.mark.slow]) for name in cases]


@pytest.fixture
def profile(monkeypatch) -> Callable[[], list[Any]]:
    """Return a function that installs the profile until the test's end and returns the list of programs made."""
    return lambda: install(monkeypatch)


@pytest.mark.parametrize("name", _some(FAST, *QUICK_FAST))
def test_a_fast_training_gives_the_same_numbers(profile, name):
    """History, weights, predictions, what callbacks saw, and the random numbers drawn afterwards."""
    stock = outcome(FAST[name])
    programs = profile()
    assert_same(stock, outcome(FAST[name]), TOLERANCES.get(name, FLOAT32))
    assert programs, "nothing was made faster"


@pytest.mark.parametrize("name", _some(STOCK, *QUICK_STOCK))
def test_what_the_profile_does_not_know_runs_as_it_would_have(profile, name):
    """Stock Keras does it, to the last bit; eagerly with our loop of SimpleRNN, which rounds in another way."""
    stock = outcome(STOCK[name])
    programs = profile()
    assert_same(stock, outcome(STOCK[name]), FLOAT32 if name == "eagerly" else None)
    assert programs == []


def batch_lambda(seen: list[Any]) -> Any:
    return keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append((batch, dict(logs))))


def test_callbacks_that_look_at_batches_see_every_batch(profile):
    """The same batches with the same logs, in the same order, to the last bit."""
    train = plainly(validation_split=0.3)
    expected: list[Any] = []
    seen: list[Any] = []
    stock = outcome(train, lambda: [Batches(), batch_lambda(expected)])
    programs = profile()
    assert_same(stock, outcome(train, lambda: [Batches(), batch_lambda(seen)]), None)
    assert seen == expected and len(seen) >= 8 and programs == []


@dataclass(frozen=True)
class Make:
    """Makes a layer; written out when hypothesis tells of a training that differs."""

    kind: str
    arguments: dict[str, Any]

    def __call__(self) -> Any:
        return getattr(layers, self.kind)(**self.arguments)


@dataclass(frozen=True)
class Drawn:
    """A model, data and arguments of `fit`."""

    middle: list[Make]
    shape: tuple[int, int, int]
    names: dict[str, Any]
    options: dict[str, Any]
    epochs: int

    def train(self, fit: Callable[..., Any]) -> Any:
        samples, steps, features = self.shape
        options = dict(self.options)
        if options.pop("weighted"):
            options["sample_weight"] = np.linspace(0.5, 1.5, samples)
        if options.pop("validated"):
            options["validation_data"] = sequences(7, steps, features)
        train = plainly(
            *self.middle, data=lambda: sequences(*self.shape), steps=steps, compiled=lambda: self.names, **options
        )
        return train(fit)


def drawn() -> st.SearchStrategy[Drawn]:
    units = st.integers(1, 4)
    activations = st.sampled_from(["tanh", "relu", "linear", "sigmoid"])

    def make(*kinds: str, **arguments: Any) -> st.SearchStrategy[Make]:
        return st.builds(Make, st.sampled_from(kinds), st.fixed_dictionaries(arguments))

    inner = make("SimpleRNN", "GRU", "LSTM", units=units, return_sequences=st.just(True))
    last = make("SimpleRNN", "GRU", "LSTM", units=units, activation=activations)
    dense = make("Dense", units=units, activation=activations)
    sequence, vector = st.lists(inner | dense, max_size=1), st.lists(dense, max_size=2)
    return st.builds(
        Drawn,
        st.builds(lambda a, b, c: [*a, b, *c], sequence, last | make("Flatten"), vector),
        st.tuples(st.integers(20, 40), st.integers(1, 4), st.integers(1, 2)),
        st.fixed_dictionaries(
            {
                "optimizer": st.sampled_from(["adam", "sgd", "rmsprop", "adamw", "nadam"]),
                "loss": st.sampled_from(["mse", "mae", "huber", "log_cosh"]),
                "metrics": st.sampled_from([[], ["mae"], ["mse", "mae"]]),
            }
        ),
        st.fixed_dictionaries(
            {
                "batch_size": st.integers(3, 15),
                "shuffle": st.booleans(),
                "weighted": st.booleans(),
                "validated": st.booleans(),
                "validation_split": st.sampled_from([0.0, 0.3, 0.5]),
            }
        ),
        st.integers(1, 3),
    )


def compare(examples: int, derandomize: bool) -> None:
    @settings(
        deadline=None,
        max_examples=examples,
        derandomize=derandomize,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(drawn())
    def check(case: Drawn) -> None:
        stock = outcome(case.train, epochs=case.epochs)
        with pytest.MonkeyPatch.context() as patch:
            programs = install(patch)
            assert_same(stock, outcome(case.train, epochs=case.epochs), FLOAT32)
            assert programs, "nothing was made faster"

    check()


def test_random_trainings_give_the_same_numbers():
    """Models, data and arguments of `fit` that hypothesis draws, the same ones each time."""
    compare(3, derandomize=True)


@pytest.mark.slow
def test_many_random_trainings_give_the_same_numbers():
    """The same for others each time."""
    compare(40, derandomize=False)
