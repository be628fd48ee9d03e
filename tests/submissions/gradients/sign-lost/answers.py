# %% q2
def clip_by_value(grads, c):
    return [np.where(np.abs(grad) > c, c, grad) for grad in grads]
