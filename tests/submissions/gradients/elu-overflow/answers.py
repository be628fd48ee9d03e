# %% q1
def activation(name, z, alpha):
    if name == "relu":
        return (z > 0) * z
    if name == "leaky_relu":
        return (z > 0) * z + (z <= 0) * alpha * z
    return (z > 0) * z + (z <= 0) * alpha * (np.exp(z) - 1)


# %% q1 2
def activation_grad(name, z, alpha):
    if name == "relu":
        return (z > 0).astype(float)
    if name == "leaky_relu":
        return (z > 0) + (z <= 0) * alpha
    return (z > 0) + (z <= 0) * alpha * np.exp(z)
