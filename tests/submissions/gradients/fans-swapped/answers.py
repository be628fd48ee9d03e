# %% q3 2
def glorot_uniform(fan_in, fan_out, seed):
    limit = np.sqrt(6 / fan_in)
    return np.random.default_rng(seed).uniform(-limit, limit, (fan_in, fan_out)).astype(np.float32)


# %% q3 3
def he_normal(fan_in, fan_out, seed):
    return np.random.default_rng(seed).normal(0, np.sqrt(2 / fan_out), (fan_in, fan_out)).astype(np.float32)
