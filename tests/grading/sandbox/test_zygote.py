"""One zygote, many workers."""

from course_attn.grading.sandbox import zygote as module


def test_workers_share_nothing(answer):
    source = (
        "count = 0\n\ndef f(x):\n    global count\n    count += 1\n"
        "    import torch\n    before = hasattr(torch, 'mark')\n    torch.mark = x\n    return count, before\n"
    )
    first = answer(source)
    assert [first(1), first(1)] == [(1, False), (2, True)]
    first.close()
    assert answer(source)(1) == (1, False)


def test_stopping_tells_the_cost(zygote):
    before = zygote.cpu_seconds
    pipe = zygote.start()
    pipe.close()
    assert zygote.stop() in (-9, 1, 0)
    assert zygote.cpu_seconds > before
    assert zygote.stop() == 0, "nothing is left to stop"


def test_warm_up_uses_the_whole_path():
    module.warm_up()


def test_looking_at_a_process():
    import os

    told = module.look(os.getpid())
    assert told["cpu"] > 0
    assert told["busy"], "it is running this test"
    assert module.look(2**22 + 1) == {"cpu": 0.0, "busy": False}


def test_a_worker_that_waits_is_not_busy(zygote):
    pipe = zygote.start()
    import time

    for _ in range(100):
        used, busy = zygote.usage()
        if not busy:
            break
        time.sleep(0.05)
    assert not busy
    assert used < 5
    pipe.close()
    zygote.stop()
