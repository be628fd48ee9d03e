# %% q1
def activation(name, z, alpha):
    if name == "relu":
        return tf.nn.relu(z)
    return tf.nn.leaky_relu(z, alpha) if name == "leaky_relu" else keras.activations.elu(tf.constant(z), alpha)


# %% q1 2
def activation_grad(name, z, alpha):
    z = tf.Variable(z)
    with tf.GradientTape() as tape:
        value = activation(name, tf.convert_to_tensor(z), alpha)
    return tape.gradient(value, z)


# %% q2
def clip_by_value(grads, c):
    return [tf.clip_by_value(grad, -c, c) for grad in grads]


# %% q2 2
def clip_by_global_norm(grads, c):
    return tf.clip_by_global_norm(grads, c)


# %% q3
def orthogonal(n, seed):
    U, _, V = np.linalg.svd(np.random.default_rng(seed).normal(size=(n, n)))
    return (U @ V).astype(np.float32)


# %% q3 2
def glorot_uniform(fan_in, fan_out, seed):
    return keras.initializers.GlorotUniform(seed)((fan_in, fan_out))


# %% q3 3
def he_normal(fan_in, fan_out, seed):
    return keras.initializers.HeNormal(seed)((fan_in, fan_out))


# %% q4
def batchnorm(X, gamma, beta, eps, stats=None):
    mean, var = stats or tf.nn.moments(tf.constant(X), axes=[0, 1])
    return tf.nn.batch_normalization(tf.constant(X), mean, var, beta, gamma, eps), (mean, var)
