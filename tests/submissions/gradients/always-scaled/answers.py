# %% q2 2
def clip_by_global_norm(grads, c):
    norm = np.sqrt(sum(np.sum(grad**2) for grad in grads))
    return [grad * c / norm for grad in grads], norm
