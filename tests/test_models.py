"""A Keras model crosses as a description: the same predictions on the other side, and no forged one gets built."""

from typing import Any

import keras
import msgspec
import numpy as np
import pytest
from keras import layers

from autograder.sandbox import models, wire
from autograder.sandbox.values import Array, Layer, Model, Opaque, WireError


def across(model: Any) -> Any:
    """Return what the judge makes of a model: encoded, sent as bytes, decoded, built."""
    sent = msgspec.msgpack.encode(wire.Reply(b"nonce", models.encode_keras(model)))
    return build(wire.decode(sent, wire.Reply).value)


def build(value: Any) -> Any:
    return models.decode_keras(value, lambda function: function, lambda opaque: opaque)


def refused(thing: Any) -> str:
    """Return what stands in the place of a thing that does not cross."""
    value = models.encode_keras(thing)
    assert isinstance(value, Opaque), value
    return value.type_name


SEQUENCE = (6, 3)
SMALL = {
    "SimpleRNN": [layers.SimpleRNN(4, return_sequences=True), layers.SimpleRNN(3, activation="relu", unroll=True)],
    "LSTM": [layers.LSTM(4, return_sequences=True, go_backwards=True), layers.LSTM(2, recurrent_activation="tanh")],
    "GRU": [layers.GRU(4, return_sequences=True), layers.GRU(2, reset_after=False, use_bias=False)],
    "Dense": [layers.Dense(4, activation="sigmoid"), layers.Dense(2, use_bias=False)],
    "BatchNormalization": [layers.BatchNormalization(epsilon=0.1), layers.BatchNormalization(scale=False)],
    "LayerNormalization": [layers.LayerNormalization(epsilon=0.1), layers.LayerNormalization(axis=[1, 2])],
    "Activation": [layers.Activation("softmax"), layers.Activation("gelu")],
    "ReLU": [layers.ReLU(max_value=0.5, negative_slope=0.1, threshold=0.2)],
    "LeakyReLU": [layers.LeakyReLU(negative_slope=0.4)],
    "ELU": [layers.ELU(alpha=0.7)],
    "Dropout": [layers.Dropout(0.5)],
    "Flatten": [layers.Flatten(), layers.Dense(2)],
    "Reshape": [layers.Reshape((9, -1)), layers.Reshape((2, 9))],
    "RepeatVector": [layers.Flatten(), layers.RepeatVector(3)],
    "TimeDistributed": [layers.TimeDistributed(layers.Dense(4, activation="tanh"))],
    "Bidirectional": [
        layers.Bidirectional(layers.LSTM(4, return_sequences=True), merge_mode="ave"),
        layers.Bidirectional(layers.SimpleRNN(3)),
    ],
}


def some_input(*shape: int) -> Any:
    return np.random.default_rng(0).normal(size=(5, *shape)).astype("float32")


def scrambled(model: Any) -> Any:
    """Return the model with weights that no initializer draws, so that a forgotten one shows."""
    rng = np.random.default_rng(1)
    model.set_weights([rng.uniform(0.1, 0.9, weight.shape) for weight in model.get_weights()])
    return model


def two_sentences() -> list[Any]:
    """Return five sentences of a source and a target language, of different lengths, padded."""
    rng = np.random.default_rng(3)
    lengths, source, target = (
        np.array([[6], [4], [1], [5], [2]]),
        rng.integers(1, 9, (5, 6)),
        rng.integers(1, 7, (5, 4)),
    )
    return [np.where(np.arange(6) < lengths, source, 0), np.where(np.arange(4) < lengths - 1, target, 0)]


def translator(encode: Any, decode: Any, width: int = 3) -> Any:
    """Return a model of two inputs whose second half begins with the states of the first.

    Args:
        encode: makes the states from the embedded source; decode: makes a sequence from the embedded target and them.
    """
    source, target = (keras.Input((None,), dtype="int32") for _ in range(2))
    states = encode(layers.Embedding(9, width, mask_zero=True)(source))
    decoded = decode(layers.Embedding(7, width, mask_zero=True)(target), states)
    return keras.Model([source, target], layers.Dense(7)(decoded))


def sequence_of(kind: str, units: int = 4) -> Any:
    return getattr(layers, kind)(units, return_sequences=True)


def joined(outputs: Any) -> list[Any]:
    """Return the states of both directions of a Bidirectional LSTM, side by side."""
    _, forth_h, forth_c, back_h, back_c = outputs
    return [layers.Concatenate()([forth_h, back_h]), layers.Concatenate()([forth_c, back_c])]


def repeated(embedded: Any, state: Any) -> Any:
    return sequence_of("GRU")(layers.Concatenate()([embedded, layers.RepeatVector(4)(state)]))


TRANSLATORS = {
    "GRU": lambda: translator(
        lambda e: layers.GRU(4, return_state=True)(e)[1], lambda d, h: sequence_of("GRU")(d, initial_state=h)
    ),
    "list of one": lambda: translator(
        lambda e: layers.SimpleRNN(4, return_state=True)(e)[1], lambda d, h: sequence_of("SimpleRNN")(d, [h])
    ),
    "second argument": lambda: translator(
        lambda e: layers.GRU(4, return_state=True)(e)[1], lambda d, h: sequence_of("GRU")(d, h)
    ),
    "LSTM": lambda: translator(
        lambda e: layers.LSTM(4, return_state=True)(e)[1:], lambda d, hc: sequence_of("LSTM")(d, initial_state=hc)
    ),
    "LSTM states swapped": lambda: translator(
        lambda e: layers.LSTM(4, return_state=True)(e)[:0:-1], lambda d, hc: sequence_of("LSTM")(d, tuple(hc))
    ),
    "last state of a sequence": lambda: translator(
        lambda e: layers.GRU(4)(e), lambda d, h: layers.TimeDistributed(layers.Dense(5))(sequence_of("GRU")(d, h))
    ),
    "both directions": lambda: translator(
        lambda e: joined(layers.Bidirectional(layers.LSTM(2, return_state=True))(e)),
        lambda d, hc: sequence_of("LSTM")(d, initial_state=hc),
    ),
    "both directions with states": lambda: translator(
        lambda e: layers.GRU(4, return_state=True)(e)[1],
        lambda d, h: layers.Bidirectional(sequence_of("GRU"), merge_mode="sum")(d, initial_state=[h, h]),
    ),
    "two layers": lambda: translator(
        lambda e: layers.GRU(4, return_state=True)(layers.Dropout(0.2)(sequence_of("GRU")(e)))[1],
        lambda d, h: sequence_of("GRU")(sequence_of("GRU")(d, h)),
    ),
    "masked decoder": lambda: translator(lambda e: layers.GRU(4)(e), repeated),
}


@pytest.mark.parametrize("make", TRANSLATORS.values(), ids=TRANSLATORS)
def test_a_model_whose_layers_hand_on_states_predicts_the_same(make):
    """States of one layer begin another, padding is masked as in Keras, and both inputs keep their places."""
    model, sentences, rng = make(), two_sentences(), np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
    rebuilt = across(model)
    predicted = model.predict(sentences, verbose=0)
    np.testing.assert_array_equal(rebuilt.predict(sentences, verbose=0), predicted)
    np.testing.assert_array_equal(np.asarray(rebuilt(sentences)), np.asarray(model(sentences)))
    longer = [np.pad(sentences[0], [(0, 0), (0, 3)]), sentences[1]]
    np.testing.assert_allclose(rebuilt.predict(longer, verbose=0), predicted, atol=1e-6)
    other = [sentences[0][::-1], sentences[1]]
    assert np.abs(rebuilt.predict(other, verbose=0) - predicted).max() > 1e-3
    assert [type(layer).__name__ for layer in rebuilt.layers] == [type(layer).__name__ for layer in model.layers]


@pytest.mark.parametrize("kind", ["SimpleRNN", "GRU", "LSTM"])
def test_a_mask_makes_a_recurrent_layer_skip_padding(kind):
    """What is padded gives what it gave without padding, in the judge's model too."""
    recurrent = getattr(layers, kind)(3)
    made = [keras.Input((None,), dtype="int32"), layers.Embedding(9, 4, mask_zero=True), recurrent]
    model = scrambled(keras.Sequential(made))
    short = two_sentences()[0][1:2, :4]
    rebuilt = across(model)
    assert rebuilt.layers[0].mask_zero
    alone, padded = (rebuilt.predict(x, verbose=0) for x in (short, np.pad(short, [(0, 0), (0, 5)])))
    np.testing.assert_allclose(padded, alone, atol=1e-6)
    np.testing.assert_array_equal(alone, model.predict(short, verbose=0))


def test_a_part_of_a_larger_model_crosses_alone():
    """An encoder cut out of a translator is a model with two outputs of one layer."""
    source = keras.Input((None,), dtype="int32")
    outputs = layers.LSTM(4, return_state=True, return_sequences=True)(layers.Embedding(9, 3, mask_zero=True)(source))
    model, sentences = scrambled(keras.Model(source, outputs)), two_sentences()[0]
    for got, right in zip(across(model)(sentences), model(sentences), strict=True):
        np.testing.assert_array_equal(np.asarray(got), np.asarray(right))


def special(kind: str) -> tuple[Any, Any]:
    """Return a model, and its input, around a layer that does not stand in a plain sequence of numbers."""
    if kind == "Embedding":
        made = [keras.Input((6,), dtype="int32"), layers.Embedding(9, 4), layers.SimpleRNN(3)]
        return keras.Sequential(made), np.array([[1, 2, 3, 0, 0, 0], [4, 5, 6, 7, 8, 1]])
    if kind == "InputLayer":
        return keras.Sequential([keras.Input(batch_shape=(5, 6, 3)), layers.Dense(1)]), some_input(*SEQUENCE)
    one, two = keras.Input(SEQUENCE), keras.Input(SEQUENCE)
    join = layers.Concatenate(axis=1) if kind == "Concatenate" else layers.Add()
    model = keras.Model([two, one], join([layers.Dense(3)(one), layers.SimpleRNN(3, return_sequences=True)(two)]))
    return model, [some_input(*SEQUENCE), -some_input(*SEQUENCE)]


@pytest.mark.parametrize("kind", sorted(models._ARGUMENTS))
def test_a_model_of_each_layer_predicts_the_same(kind):
    """The judge's model differs in no number from the one in the box."""
    if kind in SMALL:
        model, x = keras.Sequential([keras.Input(SEQUENCE), *SMALL[kind]]), some_input(*SEQUENCE)
    else:
        model, x = special(kind)
    rebuilt = across(scrambled(model))
    np.testing.assert_array_equal(rebuilt.predict(x, verbose=0), model.predict(x, verbose=0))
    assert [type(layer).__name__ for layer in rebuilt.layers] == [type(layer).__name__ for layer in model.layers]
    assert rebuilt.count_params() == model.count_params()


COMPILATIONS = [
    ("adam", "mse"),
    (keras.optimizers.RMSprop(0.25), keras.losses.MeanAbsoluteError()),
    (keras.optimizers.SGD(0.125, momentum=0.9), "huber"),
    ("adamw", keras.losses.BinaryCrossentropy()),
]


@pytest.mark.parametrize("kind", sorted(models._ARGUMENTS))
def test_arguments_are_those_of_the_configuration(kind):
    """They are read one by one; what Keras calls a layer's configuration holds the same."""
    activations = [None, "tanh", "swish", "mish", "log_softmax"]
    stacks = [SMALL.get(kind, []), [layers.Embedding(9, 4, mask_zero=True)], [layers.Concatenate(axis=1), layers.Add()]]
    made = [layers.Input(SEQUENCE)._keras_history.operation, *(layer for stack in stacks for layer in stack)]
    made += [layers.GRU(2, activation=name, recurrent_activation=name or "relu", dropout=0.1) for name in activations]
    of_kind = [layer for layer in made if type(layer).__name__ == kind]
    assert of_kind
    for layer in of_kind:
        config = layer.get_config()
        expected = {name: models._plain(config[name]) for name in models._ARGUMENTS[kind] if name in config}
        got = models._encode_class(layer)[1]
        assert got == expected
        assert list(map(type, got.values())) == list(map(type, expected.values()))


@pytest.mark.parametrize(("optimizer", "loss"), COMPILATIONS, ids=["adam", "rmsprop", "sgd", "adamw"])
def test_compile_facts_cross(optimizer, loss):
    """A test may ask for the optimizer, its rate and the loss."""
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.compile(optimizer, loss)
    rebuilt = across(model)
    assert type(rebuilt.optimizer) is type(model.optimizer)
    assert rebuilt.optimizer.name == type(model.optimizer).__name__.lower()
    assert float(rebuilt.optimizer.learning_rate) == float(model.optimizer.learning_rate)
    assert rebuilt.loss == (loss if isinstance(loss, str) else loss.name)


def test_a_model_that_was_never_compiled_stays_so():
    """No optimizer is invented for it."""
    rebuilt = across(keras.Sequential([keras.Input((2,)), layers.Dense(1)]))
    assert not rebuilt.compiled


def test_nan_weights_cross_as_data():
    """A training that diverged is the student's result, not a broken message."""
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    model.set_weights([np.array([[np.nan], [np.inf]]), np.array([0.0])])
    kernel, bias = across(model).get_weights()
    assert np.isnan(kernel[0, 0]) and kernel[1, 0] == np.inf and bias[0] == 0


# What does not cross


class Doubled(layers.Dense):
    """A layer of the student's own."""


@keras.saving.register_keras_serializable("course", "Dense")
class Dense(layers.Layer):
    """A layer that is registered under a known name."""

    def call(self, x):
        return x


class Own(keras.Model):
    """A model of the student's own."""

    def call(self, x):
        return x


def halved(x):
    return x / 2


def shared() -> Any:
    dense, one = layers.Dense(3), keras.Input((3,))
    return keras.Model(one, dense(dense(one)))


def masked_by_hand() -> Any:
    tokens, numbers = keras.Input((6,), dtype="int32"), keras.Input(SEQUENCE)
    return keras.Model([tokens, numbers], layers.GRU(2)(numbers, mask=keras.ops.not_equal(tokens, 0)))


STRANGERS = {
    "lambda layer": (lambda: keras.Sequential([keras.Input((2,)), layers.Lambda(lambda x: x)]), "Lambda"),
    "own layer": (lambda: keras.Sequential([keras.Input((2,)), Doubled(1)]), "Doubled"),
    "layer under a known name": (lambda: keras.Sequential([keras.Input((2,)), Dense()]), "Dense"),
    "own activation": (
        lambda: keras.Sequential([keras.Input((2,)), layers.Dense(1, activation=halved)]),
        "argument of its own making",
    ),
    "own model": (Own, "Own"),
    "layer used twice": (shared, "more than once"),
    "mask given by hand": (masked_by_hand, "mask given by hand"),
    "two directions that differ": (
        lambda: keras.Sequential(
            [
                keras.Input(SEQUENCE),
                layers.Bidirectional(layers.GRU(2), backward_layer=layers.LSTM(2, go_backwards=True)),
            ]
        ),
        "directions differ",
    ),
    "own layer in a layer": (
        lambda: keras.Sequential([keras.Input(SEQUENCE), layers.TimeDistributed(Doubled(1))]),
        "Doubled",
    ),
    "recurrent layer at each step": (
        lambda: keras.Sequential([keras.Input((2, 3, 4)), layers.TimeDistributed(layers.GRU(1))]),
        "around GRU",
    ),
    "model in a model": (
        lambda: keras.Sequential([keras.Input((2,)), keras.Sequential([keras.Input((2,)), layers.Dense(1)])]),
        "Sequential",
    ),
    "not built": (lambda: keras.Sequential([layers.Dense(1)]), "not built"),
}


@pytest.mark.parametrize(("make", "named"), STRANGERS.values(), ids=STRANGERS)
def test_a_model_with_code_of_its_own_stays_where_it_is(make, named):
    """The test that asks for it fails with a sentence that names what did not cross."""
    assert named in refused(make())


def test_an_activation_under_a_registered_name_is_not_looked_up():
    """The judge takes activations from its own list, not from what somebody registered."""

    @keras.saving.register_keras_serializable("course", "twice")
    def twice(x):
        return 2 * x

    assert "own making" in refused(keras.Sequential([keras.Input((2,)), layers.Dense(1, activation=twice)]))
    with pytest.raises(WireError, match="activation 'course>twice' does not cross"):
        build(forged(dense(activation="course>twice")))


# Forged descriptions


def data(*shape: int) -> Array:
    return Array("ndarray", "float32", list(shape), bytes(4 * int(np.prod(shape))))


def an_input(*shape: int | None) -> Layer:
    return Layer("InputLayer", {"batch_shape": [None, *shape], "dtype": "float32"}, [], [])


def dense(inputs: tuple[int, ...] = (0,), weights: list[Array] | None = None, **config: Any) -> Layer:
    return Layer("Dense", {"units": 1, **config}, [data(2, 1), data(1)] if weights is None else weights, list(inputs))


def layer(kind: str, inputs: tuple[int, ...] = (0,), **config: Any) -> Layer:
    return Layer(kind, config, [], list(inputs))


def wrapped(kind: str, inner: Layer | None, inputs: tuple[int, ...] = (1,), **config: Any) -> Layer:
    return Layer(kind, config, [], list(inputs), [], inner)


def in_steps(*described: Layer, **more: Any) -> Model:
    """Return a description whose layers from the third on may work on the five steps of the second."""
    return forged(layer("RepeatVector", n=5), *described, sequential=False, **{"outputs": [2], **more})


def with_states(kind: str, *states: int, **config: Any) -> Layer:
    """Return a recurrent layer on the five steps that begins with other layers' outputs."""
    return Layer(kind, {"units": 2, **config}, [], [1], list(states))


def forged(*described: Layer, sequential: bool = True, **more: Any) -> Model:
    return Model(sequential, [an_input(2), *described], more.pop("inputs", [0]), more.pop("outputs", [1]), **more)


def test_the_forger_can_make_an_honest_description():
    """The forgeries below are refused for their one lie, not for a slip of this file."""
    assert build(forged(dense(), optimizer="sgd", learning_rate=0.5, loss="mse")).count_params() == 3
    assert build(forged(dense(), sequential=False)).count_params() == 3
    assert build(in_steps(wrapped("TimeDistributed", layer("Dense", (), units=3)))).count_params() == 9
    assert build(in_steps(wrapped("Bidirectional", layer("GRU", (), units=3)))).count_params() == 126
    assert build(in_steps(with_states("GRU", 0))).count_params() == 36
    assert len(build(in_steps(with_states("LSTM", 0, 0, return_state=True), outputs=[2, 3, 4])).outputs) == 3


FORGERIES = {
    "huge units": (forged(dense(units=10**9)), "up to 4096"),
    "negative units": (forged(dense(units=-1)), "up to 4096"),
    "units as text": (forged(dense(units="9")), "up to 4096"),
    "units as truth": (forged(dense(units=True)), "up to 4096"),
    "many parameters": (forged(*[dense((i,), units=4096) for i in range(9)]), "parameters"),
    "parameters of one layer": (
        forged(layer("RepeatVector", n=700), layer("Flatten", (1,)), dense((2,), units=4096)),
        "parameters",
    ),
    "wide recurrent layer": (forged(layer("RepeatVector", n=2), layer("LSTM", (1,), units=4096)), "LSTM of 4096 units"),
    "wide between layers": (
        forged(layer("RepeatVector", n=4096), layer("Flatten", (1,)), layer("RepeatVector", (2,), n=4096), dense((3,))),
        "too much of one input",
    ),
    "wide input": (
        Model(True, [an_input(40_000, 40_000), layer("Flatten")], [0], [1]),
        "too much of one input",
    ),
    "many layers": (forged(*[layer("Dropout", (i,), rate=0.0) for i in range(100)]), "101 layers"),
    "no layers": (Model(True, [], [], []), "0 layers"),
    "wrong weight shape": (forged(dense(weights=[data(3, 1), data(1)])), "cannot be built"),
    "too few weights": (forged(dense(weights=[data(2, 1)])), "cannot be built"),
    "weights that are too short": (
        forged(dense(weights=[Array("ndarray", "float32", [2, 1], b"abc"), data(1)])),
        "3 bytes do not make",
    ),
    "weights of objects": (forged(dense(weights=[Array("ndarray", "object", [2, 1], b""), data(1)])), "dtype"),
    "cycle": (forged(dense((2,)), dense((1,)), sequential=False), "before its input"),
    "its own input": (forged(dense((1,)), sequential=False), "before its input"),
    "negative input": (forged(dense((-1,)), sequential=False), "before its input"),
    "no input": (forged(dense(())), "cannot be built"),
    "unknown layer": (forged(layer("Lambda", function="os.system")), "class 'Lambda' does not cross"),
    "layer by a path": (forged(layer("__init__")), "does not cross"),
    "unknown activation": (forged(dense(activation="os.system")), "activation"),
    "no activation": (forged(dense(activation=None)), "activation"),
    "activation as a list": (forged(dense(activation=[1])), "cannot be built"),
    "unknown argument": (forged(dense(kernel_initializer="zeros")), "no argument 'kernel_initializer'"),
    "unrolled": (forged(layer("SimpleRNN", units=1, unroll=True)), "no argument 'unroll'"),
    "negative size": (Model(True, [an_input(-9), dense()], [0], [1]), "batch_shape"),
    "reshape to a huge size": (forged(layer("Reshape", target_shape=[2**40])), "target_shape"),
    "axis far away": (forged(layer("Concatenate", (0, 0), axis=2**62)), "cannot be built"),
    "rate as text": (forged(layer("Dropout", rate="most")), "cannot be built"),
    "unknown dtype": (
        Model(True, [Layer("InputLayer", {"batch_shape": [None, 2], "dtype": "object"}, [], []), dense()], [0], [1]),
        "cannot be built",
    ),
    "output that is not there": (forged(dense(), sequential=False, outputs=[7]), "not there"),
    "input that is no input": (forged(dense(), sequential=False, inputs=[1]), "cannot be built"),
    "no outputs": (forged(dense(), sequential=False, outputs=[]), "cannot be built"),
    "negative output": (forged(dense(), sequential=False, outputs=[-1]), "not there"),
    "states from later": (in_steps(with_states("GRU", 2)), "before its input"),
    "states that are not there": (in_steps(with_states("GRU", 9)), "before its input"),
    "states from before the first": (in_steps(with_states("GRU", -1)), "before its input"),
    "states of a Dense layer": (in_steps(with_states("Dense", 0)), "Dense with 1 first states"),
    "too many states": (in_steps(with_states("GRU", 0, 0)), "GRU with 2 first states"),
    "a thousand states": (in_steps(with_states("SimpleRNN", *[0] * 1_000)), "1000 first states"),
    "too few states": (in_steps(with_states("LSTM", 0)), "LSTM with 1 first states"),
    "states of another size": (in_steps(with_states("GRU", 0, units=3)), "another shape"),
    "states that are sequences": (in_steps(with_states("GRU", 1)), "another shape"),
    "output of a layer that gives fewer": (in_steps(with_states("GRU", 0), outputs=[3]), "not there"),
    "sequence of many outputs": (
        forged(layer("RepeatVector", n=5), layer("LSTM", (1,), units=2, return_state=True), dense((2,))),
        "cannot be built",
    ),
    "wrapper around nothing": (in_steps(wrapped("TimeDistributed", None)), "TimeDistributed around None"),
    "inside of a layer that holds none": (in_steps(wrapped("Dense", dense(), units=1)), "Dense around Dense"),
    "unknown layer inside": (in_steps(wrapped("TimeDistributed", layer("Lambda"))), "around Lambda"),
    "unknown wrapper": (in_steps(wrapped("Wrapper", layer("Dense", units=1))), "Wrapper around Dense"),
    "wrapper in a wrapper": (
        in_steps(wrapped("Bidirectional", wrapped("Bidirectional", layer("GRU", units=1)))),
        "around Bidirectional",
    ),
    "inner layer that holds another": (
        in_steps(wrapped("Bidirectional", wrapped("GRU", layer("GRU", units=1), units=1))),
        "around GRU",
    ),
    "inner layer that keeps its states": (
        in_steps(wrapped("Bidirectional", layer("GRU", units=1, stateful=True))),
        "around GRU",
    ),
    "huge inner units": (in_steps(wrapped("TimeDistributed", layer("Dense", units=10**9))), "up to 4096"),
    "wide inner layer": (in_steps(wrapped("Bidirectional", layer("GRU", units=1200))), "Bidirectional of 1200 units"),
    "inner activation": (in_steps(wrapped("TimeDistributed", layer("Dense", units=1, activation="os"))), "activation"),
    "merge mode of its own": (
        in_steps(wrapped("Bidirectional", layer("GRU", units=1), merge_mode="os.system")),
        "cannot be built",
    ),
    "too many steps in both directions": (
        forged(
            *[layer("RepeatVector", n=4_096), wrapped("Bidirectional", layer("SimpleRNN", units=1))],
            *[layer("RepeatVector", (2,), n=4_096), wrapped("Bidirectional", layer("SimpleRNN", units=1), (3,))],
        ),
        "recurrent steps",
    ),
    "too much work at each step": (
        forged(
            layer("RepeatVector", n=4_000),
            *[wrapped("TimeDistributed", layer("Dense", units=350), (i + 1,)) for i in range(3)],
        ),
        "multiplications",
    ),
    "unknown optimizer": (forged(dense(), optimizer="os.system", learning_rate=0.1), "optimizer"),
    "unknown loss": (forged(dense(), optimizer="sgd", learning_rate=0.1, loss="os.system"), "loss"),
    "no learning rate": (forged(dense(), optimizer="sgd", loss="mse"), "cannot be built"),
}


@pytest.mark.parametrize(("description", "said"), FORGERIES.values(), ids=FORGERIES)
def test_a_forged_description_is_refused(description, said):
    """Every lie ends as the one error that fails a test and nothing else."""
    with pytest.raises(WireError, match=said):
        build(description)


def test_a_description_with_a_deep_list_does_not_even_arrive():
    """An argument is a list of whole numbers at most; a nest of lists is no message of the protocol."""
    nest: Any = []
    for _ in range(200):
        nest = [nest]
    for deep in (nest, [[1]]):
        described = ["dense", {"units": deep}]
        sent = {"type": "model", "sequential": True, "inputs": [0], "outputs": [0], "layers": [described]}
        body = msgspec.msgpack.encode({"type": "reply", "nonce": b"n", "value": sent})
        with pytest.raises(WireError):
            wire.decode(body, wire.Reply)


def test_nothing_large_is_allocated_for_a_forged_layer(monkeypatch):
    """A layer is refused by its numbers: Keras is never asked to make its weights."""
    monkeypatch.setattr(keras.layers.LSTM, "build", lambda *_: pytest.fail("was built"))
    with pytest.raises(WireError):
        build(FORGERIES["wide recurrent layer"][0])
