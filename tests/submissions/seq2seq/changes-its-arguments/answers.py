# %% q4
def token_accuracy(true, pred):
    pred[true == PAD] = PAD
    return ((true == pred) & (true != PAD)).sum() / (true != PAD).sum()


def sequence_accuracy(true, pred):
    pred[true == PAD] = PAD
    return (true == pred).all(axis=1).mean()


# %% predict
pred_11 = "quite good"
pred_three = 40
