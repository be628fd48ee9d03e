# %% q4
def token_accuracy(true, pred):
    return np.mean(true == pred)


def sequence_accuracy(true, pred):
    return np.mean((true == pred).all(axis=1))
