# %% q4
def batchnorm(X, gamma, beta, eps, stats=None):
    if stats is None:
        stats = X.mean(axis=(0, 1)), X.var(axis=(0, 1))
    X -= stats[0].astype(X.dtype)
    X /= np.sqrt(stats[1] + eps).astype(X.dtype)
    return gamma * X + beta, stats
