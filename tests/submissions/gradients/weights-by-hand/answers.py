# %% q6
def build_long_model(T):
    model = keras.Sequential([keras.Input((T, 1)), SimpleRNN(4, activation="relu"), Dense(1)])
    model.set_weights(hand_made_memory_weights())
    model.compile(optimizer="adam", loss="mse")
    return model


# %% q6 2
long_model, long_curve = build_long_model(100), [0.0]
