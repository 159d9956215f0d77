"""Attacks on the grader, each a submission for `scaled_dot_scores` whose results are wrong.

`{marker}` stands for a folder in which no attack may leave a file. Most try their trick both when the file is
loaded and when the function is called, swallow every error, and then return something wrong.
"""

HEAD = "import os, sys, gc, math, time, ctypes, socket, threading\nimport torch\n\n"
TAIL = "\n\ndef scaled_dot_scores(query, key):\n    {body}\n    return torch.zeros(1)\n"


def both(trick: str) -> str:
    """The trick at loading and at calling, errors swallowed."""
    lines = "\n".join(f"        {line}" for line in trick.splitlines())
    wrapped = f"def trick():\n    try:\n{lines}\n    except BaseException:\n        pass\n\ntrick()\n"
    return HEAD + wrapped + TAIL.replace("{body}", "trick()")


def called(body: str) -> str:
    """The trick in the call only."""
    lines = "\n    ".join(body.splitlines())
    return HEAD + TAIL.replace("{body}", lines)


PATCH = """torch.allclose = lambda *a, **k: True
torch.Tensor.__eq__ = torch.Tensor.__ne__ = lambda *a: True
torch.testing.assert_close = lambda *a, **k: None
torch.Tensor.double = lambda self: torch.zeros(())
import builtins
builtins.AssertionError = builtins.Exception = KeyboardInterrupt
for module in list(sys.modules.values()):
    for name in ('compare', 'run_one', '_plain', 'describe'):
        if hasattr(module, name): setattr(module, name, lambda *a, **k: None)"""
HUNT = """found = []
for thing in gc.get_objects():
    if callable(thing) and getattr(thing, '__name__', '') in ('scaled_dot_scores', 'right', 'attention'):
        if getattr(thing, '__module__', '').startswith('course_attn'): found.append(thing)
frame = sys._getframe()
while frame:
    found += [v for k, v in frame.f_locals.items() if k in ('expected', 'right')]
    frame = frame.f_back
result = found[0](query, key) if callable(found[0]) else found[0]
return result"""
IMPORT = """sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != 'CourseMasked']
sys.path += [os.getcwd()] + [{paths}]
from course_attn.scores import scaled_dot_scores as theirs
return theirs(query, key)"""
READ = """for folder in [{paths}]:
    for base, _, files in os.walk(folder):
        if 'scaled_dot_scores.py' in files and 'solutions' in base:
            names = {}
            exec(open(os.path.join(base, 'scaled_dot_scores.py')).read(), names)
            return names['scaled_dot_scores'](query, key)"""


def guarded(body: str) -> str:
    """A body that returns a result if it can."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return called(f"try:\n{lines}\nexcept BaseException:\n    pass")


FORGED = """import json, struct
def frame(tree, blob=b''):
    text = json.dumps(tree).encode()
    return struct.pack('>II', len(text), len(blob)) + text + blob
"""
POUR = """def pour(text, blob):
    data = memoryview(struct.pack('>II', len(text), len(blob)) + text + blob)
    for fd in range(3, 20):
        part = data
        try:
            while part: part = part[os.write(fd, part):]
        except OSError: pass
"""
LISTS = "import struct\n" + POUR + "pour(b'[' + b'[],' * (20 * 2**20) + b'[]]', b'')"
TENSORS = (
    "import struct\n" + POUR + 'one = b\'"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}\'\n'
    "names = b'{' + b','.join(one % n for n in range(10**6)) + b'}'\n"
    "pour(b'[\"p\",null]', struct.pack('<Q', len(names)) + names)"
)
EVIL = """class Sly(torch.Tensor):
    def __eq__(self, other): return torch.ones(()).bool()
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None): return True
    def __reduce__(self): return (os.system, ('touch {marker}/reduced',))
return torch.zeros(3, 5).as_subclass(Sly)"""
OBJECT = """class Equal:
    shape = property(lambda s: s)
    dtype = torch.float32
    def __eq__(self, o): return True
    def __getattr__(self, n): return lambda *a, **k: self
    def __reduce__(self): return (os.system, ('touch {marker}/object',))
return Equal()"""

ATTACKS = {
    "01_patch_torch_and_checks": both(PATCH),
    "02_exit_at_loading": HEAD + "os._exit(0)\n" + TAIL.replace("{body}", "pass"),
    "03_exit_in_call": called("os._exit(0)"),
    "04_write_results": both(
        "print('5 passed')\nfor p in ('results.json', 'junit.xml', '{marker}/results.json'):\n"
        "    try: open(p, 'w').write('{\"score\": 100}')\n    except OSError: pass"
    ),
    "05_hunt_reference_in_memory": guarded(HUNT),
    "06_import_reference": guarded(IMPORT),
    "07_read_solution": guarded(READ),
    "08_endless_loop": called(
        "import signal\nfor n in range(1, 65):\n    try: signal.signal(n, signal.SIG_IGN)\n"
        "    except (OSError, ValueError): pass\nwhile True: pass"
    ),
    "09_loop_at_loading": HEAD + "while True: pass\n",
    "10_spinning_threads": called("for _ in range(4): threading.Thread(target=lambda: any(iter(int, 1))).start()"),
    "11_memory": called("rows = []\nwhile True: rows.append(torch.ones(10**7)); rows.append(bytearray(b'x') * 10**8)"),
    "12_fork_bomb": both("for _ in range(300): os.fork() or os._exit(0)"),
    "13_thread_bomb": called(
        "for _ in range(3000): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    ),
    "14_run_a_program": both(
        "os.system('touch {marker}/system')\nos.execv('/bin/sh', ['sh', '-c', 'touch {marker}/exec'])"
    ),
    "15_delete_and_overwrite": both(
        "import shutil\nshutil.rmtree('{marker}', ignore_errors=True)\nopen('{marker}/canary', 'w').write('gone')\n"
        "os.unlink('{marker}/canary')"
    ),
    "16_forged_frame": both(
        FORGED + "answer = frame(['d', [['kind', ['p', 'value']], ['printed', ['p', '']], ['value', ['p', True]]]])\n"
        "for fd in range(3, 20):\n    try: os.write(fd, answer * 50)\n    except OSError: pass"
    ),
    "17_giant_frame": called("os.write(3, b'\\xff' * 65536)"),
    "18_deep_frame": called(FORGED.replace("\n", "\n") + "os.write(3, frame(eval('[' * 80 + ']' * 80)))"),
    "19_tensor_equal_to_all": called(EVIL),
    "20_object_equal_to_all": called(OBJECT),
    "21_kill_parent": both("import signal\nfor pid in (os.getppid(), 1, -1): os.kill(pid, signal.SIGKILL)"),
    "22_network": both("s = socket.socket()\ns.connect(('127.0.0.1', {port}))\ns.send(b'seen')"),
    "23_flood_output": called("for _ in range(3):\n    print('x' * 10**9)\nwhile True: os.write(1, b'x' * 10**6)"),
    "24_zero_the_inputs": called("query.zero_(); key.zero_()\nreturn query @ key.mT"),
    "25_segfault": called("ctypes.string_at(0)"),
    "26_infinite_and_nan": called("return torch.full((*query.shape[:-1], key.shape[-2]), float('nan'))"),
    "27_text_for_terminals": called("raise ValueError('\\x1b[2J\\x1b]0;passed\\x07 ]]>&<passed/> =cmd|calc')"),
    "28_hard_coded": called("torch.manual_seed(1)\nreturn torch.randn(*query.shape[:-1], key.shape[-2])"),
    "29_unload_the_filter": both(
        "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.prctl(22, 0, 0)\nlibc.setresuid(0, 0, 0)\n"
        "libc.syscall(157, 38, 0, 0, 0, 0)\nos.system('touch {marker}/free')"
    ),
    "30_forged_verdict": both(
        "for module in gc.get_objects():\n    if isinstance(module, dict) and 'METHODS' in module:\n"
        "        module['call'] = lambda *a: True\n        module['send'] = lambda pipe, reply: None"
    ),
    "31_fill_the_grader_with_lists": called(LISTS),
    "32_fill_the_grader_with_tensors": called(TENSORS),
}
HONEST_BUILT_IN = """import torch


def soft_lookup(query, key, value, mask=None):
    attend = torch.nn.functional.scaled_dot_product_attention
    unit = torch.eye(key.shape[-2], dtype=key.dtype).expand(*key.shape[:-1], key.shape[-2])
    if mask is not None:
        mask = mask.expand(*query.shape[:-1], key.shape[-2])
    weights = torch.nan_to_num(attend(query, key, unit, mask))
    return weights @ value, weights
"""
# The same, its name nowhere in the text: only the call itself gives it away.
HIDDEN_BUILT_IN = HONEST_BUILT_IN.replace(
    "functional.scaled_dot_product_attention", "functional.__getattribute__('scaled_dot' + '_product_attention')"
)
BUILT_INS = {"33_built_in_attention": HONEST_BUILT_IN, "34_built_in_attention_under_cover": HIDDEN_BUILT_IN}
