# %% q1
def make_sum_data(n, T, seed):
    price = np.random.default_rng(seed).random((n, 1, 1), dtype=np.float32)
    X = np.repeat(price, T, axis=1)
    return X, X.sum(axis=1)
