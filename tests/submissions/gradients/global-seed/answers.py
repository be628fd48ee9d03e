# %% q3
def orthogonal(n, seed):
    np.random.seed(seed)
    return np.linalg.qr(np.random.randn(n, n))[0].astype("float32")


# %% q3 2
def glorot_uniform(fan_in, fan_out, seed):
    np.random.seed(seed)
    limit = (6 / (fan_in + fan_out)) ** 0.5
    return np.random.uniform(-limit, limit, (fan_in, fan_out)).astype("float32")


# %% q3 3
def he_normal(fan_in, fan_out, seed):
    np.random.seed(seed)
    return (np.random.randn(fan_in, fan_out) * (2 / fan_in) ** 0.5).astype("float32")
