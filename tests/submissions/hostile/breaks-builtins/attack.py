# %% before q2
import builtins

for name in ("len", "isinstance", "getattr", "str"):
    delattr(builtins, name)

# %% last
import sys

sys.meta_path.clear()
sys.path_hooks.clear()
sys.modules.clear()
