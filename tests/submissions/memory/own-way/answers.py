# %% q1
def make_first_last_data(n, T, seed):
    state = np.random.RandomState(seed)
    X = np.empty((n, T, 1), dtype="float32")
    for t in range(T):
        X[:, t, 0] = state.uniform(0, 1 - 1e-7, size=n)
    return X, np.add(X[:, 0, :], X[:, T - 1, :])


# %% q5
def build_memory_model(T, units=10):
    inputs = keras.Input((T, 1))
    outputs = keras.layers.Dense(1)(keras.layers.SimpleRNN(units)(inputs))
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.Adam(), "mean_squared_error")
    return model


# %% q5 2
def run_experiment(T, seed, epochs, fast=True):
    keras.utils.set_random_seed(seed)
    X, y = make_first_last_data(9984 + 1000, T, seed)
    model = build_memory_model(T)
    train(model, X[:9984], y[:9984], epochs)
    fresh, target = X[9984:], y[9984:]
    return dict(mse=model.evaluate(fresh, target, verbose=0), profile=input_gradient_profile(model, fresh), model=model)


# %% q5 3
seeds = {"T10": (10, 7, 30), "T30a": (30, 8, 10), "T30b": (30, 9, 10), "T100": (100, 10, 10)}
results = {name: run_experiment(*arguments) for name, arguments in seeds.items()}
