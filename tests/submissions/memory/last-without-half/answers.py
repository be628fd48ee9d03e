# %% q2
def last_only_predictor(X):
    return X[:, -1]
