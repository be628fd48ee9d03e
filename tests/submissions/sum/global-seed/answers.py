# %% q1
def make_sum_data(n, T, seed):
    np.random.seed(seed)
    X = np.random.rand(n, T, 1).astype(np.float32)
    return X, X.sum(axis=1)
