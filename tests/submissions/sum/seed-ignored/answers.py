# %% q1
def make_sum_data(n, T, seed):
    X = np.random.default_rng(0).random((n, T, 1), dtype=np.float32)
    return X, X.sum(axis=1)
