# %% q6
def build_long_model(T):
    layers = [SimpleRNN(4, return_sequences=True), keras.layers.Flatten(), Dense(1)]
    model = keras.Sequential([keras.Input((T, 1)), *layers])
    model.compile(optimizer=keras.optimizers.Adam(3e-3), loss="mse")
    return model
