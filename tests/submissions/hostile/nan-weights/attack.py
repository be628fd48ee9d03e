# %% q4
model = keras.Sequential([keras.layers.Input((4, 1)), keras.layers.SimpleRNN(3), keras.layers.Dense(1)])
model.set_weights([np.full(weight.shape, np.nan) for weight in model.get_weights()])
