# %% q6
def build_long_model(T):
    rnn = SimpleRNN(32, activation="relu", recurrent_initializer="identity", go_backwards=True)
    model = keras.Sequential([keras.Input((T, 1)), rnn, Dense(1)])
    model.compile(optimizer=keras.optimizers.Adam(clipnorm=1), loss="mse")
    return model
