# %% q5
def hand_made_sum_weights():
    return [np.array([[1.0]]), np.array([[0.99]]), np.array([0.0]), np.array([[1.0]]), np.array([0.0])]
