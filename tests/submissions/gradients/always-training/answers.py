# %% q4
def batchnorm(X, gamma, beta, eps, stats=None):
    mean, var = X.mean(axis=(0, 1)), X.var(axis=(0, 1))
    return gamma * (X - mean) / np.sqrt(var + eps) + beta, (mean, var)
