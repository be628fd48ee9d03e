# %% q1
def activation(name, z, alpha):
    if name == "relu":
        return np.where(z > 0, z, 0)
    with np.errstate(over="ignore"):
        return np.where(z > 0, z, alpha * z if name == "leaky_relu" else alpha * (np.exp(z) - 1))


# %% q1 2
def activation_grad(name, z, alpha):
    out = np.ones_like(z)
    for index, value in np.ndenumerate(z):
        if value <= 0:
            out[index] = {"relu": 0, "leaky_relu": alpha, "elu": alpha * np.exp(value)}[name]
    return out


# %% q2
def clip_by_value(grads, c):
    return [np.minimum(np.maximum(grad, -c), c) for grad in grads]


# %% q2 2
def clip_by_global_norm(grads, c):
    norm = np.linalg.norm(np.concatenate([grad.ravel() for grad in grads]))
    if norm <= c:
        return list(grads), norm
    return [grad / norm * c for grad in grads], norm


# %% q3
def orthogonal(n, seed):
    Q, R = np.linalg.qr(np.random.RandomState(seed).randn(n, n))
    return np.float32(Q * np.sign(np.diag(R)))


# %% q3 2
def glorot_uniform(fan_in, fan_out, seed):
    W = np.random.default_rng(seed).random((fan_in, fan_out), dtype=np.float32) * 2 - 1
    return W * np.float32((6 / (fan_in + fan_out)) ** 0.5)


# %% q3 3
def he_normal(fan_in, fan_out, seed):
    return np.random.RandomState(seed).normal(scale=(2 / fan_in) ** 0.5, size=(fan_in, fan_out)).astype("float32")


# %% q4
def batchnorm(X, gamma, beta, eps, stats=None):
    if stats is None:
        flat = X.reshape(-1, X.shape[-1]).astype(np.float64)
        mean = flat.sum(axis=0) / len(flat)
        stats = mean, ((flat - mean) ** 2).sum(axis=0) / len(flat)
    mean, var = stats
    return (X - mean) * (gamma / (var + eps) ** 0.5) + beta, (mean, var)


# %% q5
def hand_made_memory_weights():
    kernel, recurrent, bias = np.zeros((1, 6)), np.zeros((6, 6)), np.zeros(6)
    bias[0] = 3  # the clock
    kernel[0, 1], recurrent[0, 1] = 2, -1  # twice the first number, then shut: 2 x is below 3
    recurrent[1, 2] = recurrent[2, 2] = 1
    kernel[0, 3] = 1
    recurrent[4, 4] = 1  # does nothing
    return [kernel, recurrent, bias, np.array([[0.0], [0.5], [0.5], [1], [0], [7]]), np.zeros(1)]


# %% q6
def build_long_model(T):
    inputs = keras.Input((T, 1))
    start = keras.initializers.Identity()
    states = keras.layers.SimpleRNN(48, activation=keras.activations.relu, recurrent_initializer=start)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1)(states))
    model.compile(keras.optimizers.Adam(1e-3, global_clipnorm=1.0), "mse")
    return model
