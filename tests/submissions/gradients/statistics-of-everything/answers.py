# %% q4
def batchnorm(X, gamma, beta, eps, stats=None):
    mean, var = (X.mean(), X.var()) if stats is None else stats
    return gamma * (X - mean) / np.sqrt(var + eps) + beta, (mean, var)
