# %% q6
def build_long_model(T):
    ends = keras.layers.Lambda(lambda x: x[:, :: T - 1])
    model = keras.Sequential([keras.Input((T, 1)), ends, SimpleRNN(10), Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    return model


# %% q6 2
long_model, long_curve = learn(build_long_model, seed=1, epochs=2, tries=1)
