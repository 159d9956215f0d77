"""Running an answer in a process of its own: the grader asks, the worker answers, nothing else passes between them.

`codec` is what passes, `worker` answers calls, `zygote` forks workers, `confine` is what a worker gives up
first (`landlock`, `seccomp`), `attended` notes calls of torch's own attention, `isolation` finds out what this machine
can do, `remote` is the grader's side.
"""
