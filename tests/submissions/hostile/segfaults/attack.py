# %% before q2
import ctypes

ctypes.string_at(0)


# %% q3
def describe(words):
    import ctypes

    ctypes.string_at(0)
