# %% first
import sys

from autograder.sandbox import runner, values, wire

stock = runner.Runner._encode
A = values.Array
ODD = {
    "count": A("ndarray", "object", [1], b"12345678"),
    "share": A("ndarray", "float64", [1 << 40, 0], b""),
    "city": A("scalar", "float64", [2], bytes(16)),
    "running_totals": values.Function("running_totals", 1 << 40),
    "describe": values.Function("\x1b[2J<script>" * 50, -1),
}


def _get(self, nonce, name):
    value = ODD[name] if name in ODD else stock(self, self._shell.user_ns.get(name))
    return wire.Reply(nonce, value, changed=[(-1, A("ndarray", "bool", [1], b"\x07"))] * 9, random_moved=["x"] * 99)


runner.Runner._get = _get
