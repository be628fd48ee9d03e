# %% q2 2
def clip_by_global_norm(grads, c):
    clipped = []
    for grad in grads:
        norm = np.linalg.norm(grad)
        clipped.append(grad * c / norm if norm > c else grad.copy())
    return clipped, float(np.sqrt(sum(np.sum(grad**2) for grad in grads)))
