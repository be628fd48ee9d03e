# %% before q2
class Endless:
    def __repr__(self):
        while True:
            pass

    _repr_html_ = _repr_mimebundle_ = __str__ = __repr__


Endless()
