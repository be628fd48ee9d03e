# %% q4
layers = [keras.layers.Input((4, 1)), keras.layers.Flatten(), keras.layers.RepeatVector(4096)]
layers += [keras.layers.SimpleRNN(16, return_sequences=True) for _ in range(40)]
model = keras.Sequential([*layers, keras.layers.SimpleRNN(3), keras.layers.Dense(1)])
