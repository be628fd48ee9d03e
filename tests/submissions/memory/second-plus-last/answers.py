# %% q1
def make_first_last_data(n, T, seed):
    rng = np.random.default_rng(seed)
    X = rng.random((n, T, 1), dtype=np.float32)
    return X, X[:, min(1, T - 1)] + X[:, -1]
