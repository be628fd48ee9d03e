# %% q5
def hand_made_memory_weights():
    kernel = np.array([[0.0, 1.0, 0.0, 1.0]])
    recurrent = np.array([[0, -0.9, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
    return [kernel, recurrent, np.array([1.0, 0, 0, 0]), np.array([[0.0], [0], [1], [1]]), np.array([0.0])]
