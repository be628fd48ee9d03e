# %% q4
def batchnorm(X, gamma, beta, eps, stats=None):
    mean, var = (X.mean(axis=0), X.var(axis=0)) if stats is None else stats
    return gamma * (X - mean) / np.sqrt(var + eps) + beta, (mean, var)
