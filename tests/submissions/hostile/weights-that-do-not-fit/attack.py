# %% first
from autograder.sandbox import models, runner, values

stock = models._encode_model


def encode_model(model):
    right = stock(model)
    if len(right.layers) < 3:
        return right
    wrong = [values.Array("ndarray", "complex128", [2, 2], bytes(64)), values.Array("ndarray", "float32", [0], b"")]
    layers = [values.Layer(layer.kind, layer.config, wrong * 40, layer.inputs) for layer in right.layers]
    return values.Model(right.sequential, layers, [7, -1], [1 << 40])


models._encode_model = encode_model
