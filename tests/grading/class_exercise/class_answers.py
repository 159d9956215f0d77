"""Answers to the exercise that asks for a class: right ones, wrong ones, hostile ones."""

RIGHT = '''import math
import torch
from torch import nn


class TinyAttention(nn.Module):
    def __init__(self, d_model):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(d_model, d_model, bias=False) for _ in range(3))

    def forward(self, x, mask=None):
        q, k, v = self.query(x), self.key(x), self.value(x)
        scores = q @ k.mT / math.sqrt(x.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        return scores.softmax(-1) @ v
'''
OTHER_RIGHT = RIGHT.replace("q @ k.mT", 'torch.einsum("...nd,...md->...nm", q, k)')
# Answer → the check that first fails, and a part of what is said.
WRONG = {
    "no scale": (RIGHT.replace(" / math.sqrt(x.shape[-1])", ""), 1, "numbers differ"),
    "bias": (RIGHT.replace(", bias=False", ""), 0, "query.bias"),
    "one table for all": (
        RIGHT.replace("(nn.Linear(d_model, d_model, bias=False) for _ in range(3))",
                      "[nn.Linear(d_model, d_model, bias=False)] * 3"), 1, "numbers differ"),
    "detached": (RIGHT.replace("self.key(x)", "self.key(x).detach()"), 3, "gradient of"),
    "tables of the class": (
        RIGHT.replace("        super()", "        self.__class__.kept = getattr(self, 'kept', None) or "
                      "[nn.Linear(d_model, d_model, bias=False) for _ in range(3)]\n        super()")
             .replace("(nn.Linear(d_model, d_model, bias=False) for _ in range(3))", "self.kept"), 2, "must be"),
    "no module": ("class TinyAttention:\n    def __init__(self, d_model):\n        pass\n", 0,
                  "must be a torch.nn.Module"),
    "a function": ("def tiny_attention(d_model):\n    return d_model\n", 0, "must be answered with a class"),
    "no forward": (RIGHT.replace("def forward", "def forwards"), 1, "forward"),
    "raises": (RIGHT.replace("q @ k.mT", "q @ k"), 1, "scores = q @ k / math.sqrt"),
}  # fmt: skip
LIES = RIGHT + """
    def state_dict(self, *a, **k):
        {body}
"""
EXIT = "import os; os._exit(0)"
HOSTILE = {
    "equal to all": "class TinyAttention:\n    def __init__(self, d_model): pass\n"
    "    def __eq__(self, o): return True\n    def __getattr__(self, n): return lambda *a, **k: self\n",
    "exit when made": RIGHT.replace("super().__init__()", EXIT),
    "endless when made": RIGHT.replace("super().__init__()", "while True: pass"),
    "metaclass": "class Meta(type):\n    def __call__(cls, *a): raise SystemExit\n"
    "class TinyAttention(metaclass=Meta):\n    def __init__(self, d_model): pass\n",
    "state is no dict": LIES.format(body="return 7"),
    "state of strangers": LIES.format(body="return {1: object(), 'x': print}"),
    "state with a bomb": LIES.format(body="return {str(n): torch.zeros(1).expand(2**28) for n in range(9)}"),
    "forged frame": RIGHT.replace("super().__init__()", "import os; os.write(3, b'x' * 64)"),
    "patched grader": "import course_attn.grading.student\n" + RIGHT,
}
# Answer → the checks that a right layer passes and this one does not.
EXTREME = {
    "exit when called": (RIGHT.replace("q, k, v =", EXIT + "\n        q, k, v ="), [1, 2, 3, 4]),
    "false gradients": (
        RIGHT.replace("q, k, v =", "x.requires_grad and x.register_hook(torch.zeros_like)\n        q, k, v ="), [3]),
    "state from the class": (
        RIGHT + "\n    kept = {}\n"
        "    def load_state_dict(self, state, **k):\n        self.kept.update(state); super().load_state_dict(state)\n"
        "    def state_dict(self, *a, **k):\n        return dict(self.kept) or super().state_dict(*a, **k)\n",
        [2, 3, 4]),
}  # fmt: skip
