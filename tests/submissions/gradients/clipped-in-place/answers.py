# %% q2
def clip_by_value(grads, c):
    for grad in grads:
        grad[grad > c] = c
        grad[grad < -c] = -c
    return grads


# %% q2 2
def clip_by_global_norm(grads, c):
    norm = np.sqrt(sum(np.sum(grad**2) for grad in grads))
    if norm > c:
        for grad in grads:
            grad *= c / norm
    return grads, norm
