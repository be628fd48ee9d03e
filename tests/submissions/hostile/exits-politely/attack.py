# %% before q2
exit()

# %% before q2
quit(0)

# %% before q2
raise SystemExit(0)

# %% before q2
raise KeyboardInterrupt


# %% q3
def describe(words):
    raise SystemExit(0) if len(words) > 2 else KeyboardInterrupt


# %% before q4
raise GeneratorExit
