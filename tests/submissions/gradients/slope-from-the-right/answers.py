# %% q1 2
def activation_grad(name, z, alpha):
    left = {"relu": 0, "leaky_relu": alpha, "elu": alpha * np.exp(np.minimum(z, 0))}
    return np.where(z >= 0, 1.0, left[name])
