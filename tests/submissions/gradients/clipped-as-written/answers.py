# %% q2
def clip_by_value(grads, c):
    return [np.minimum(grad, c) for grad in grads]
