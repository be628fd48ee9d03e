# %% q1
def make_sum_data(n, T, seed):
    X = np.random.default_rng(seed).random((n, T, 1))
    return X, X.sum(axis=1)
