# %% q6
def baseline_mse_sum(T):
    return 1 / 12


def build_sum_model(T, units=10):
    network = keras.Sequential()
    network.add(keras.Input((T, 1)))
    network.add(keras.layers.SimpleRNN(units, return_sequences=True))
    network.add(keras.layers.Dense(1))
    network.compile(optimizer="adam", loss="mse")
    return network


# %% q6 2
model = history = None

# %% q6 3
X_new = ...
predicted_sum = ...
