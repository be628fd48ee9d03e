# %% q5 2
def run_experiment(T, mse):
    keras.utils.set_random_seed(T + int(1e6 * mse))
    return {"mse": mse, "profile": np.full(T, 1 - mse), "model": build_memory_model(T)}


# %% q5 3
results = {
    "T10": run_experiment(10, 0.0002),
    "T30a": run_experiment(30, 0.0833),
    "T30b": run_experiment(30, 0.0002),
    "T100": run_experiment(100, 0.0833),
}
