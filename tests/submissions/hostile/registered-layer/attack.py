# %% q4
@keras.saving.register_keras_serializable(package="builtins", name="SimpleRNN")
class SimpleRNN(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.inner = keras.layers.SimpleRNN(units)

    def call(self, inputs):
        return self.inner(inputs)

    def get_config(self):
        return {"units": self.units, "__reduce__": "os.system"}


SimpleRNN.__module__ = keras.layers.SimpleRNN.__module__
model = keras.Sequential([keras.layers.Input((4, 1)), SimpleRNN(3), keras.layers.Dense(1)])
model.set_weights([np.full(weight.shape, 0.1) for weight in model.get_weights()])
