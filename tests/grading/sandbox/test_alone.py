"""A worker of its own, run with nothing but an interpreter and the texts it is sent."""

import json
import socket
import subprocess

from course_attn.grading.sandbox import codec, isolation


def test_it_connects_says_the_token_and_serves():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        command = [*isolation.command("D"), isolation.boot_alone(), str(server.getsockname()[1]), "token"]
        child = subprocess.Popen(command, stdin=subprocess.PIPE)
        first = [str(isolation.site_packages()), isolation.sources(isolation.ALONE)]
        child.stdin.write(json.dumps(first).encode())
        child.stdin.close()
        connection, _ = server.accept()
    with connection:
        connection.settimeout(60)
        assert connection.recv(5, socket.MSG_WAITALL) == b"token"
        request = {"method": "load", "source": "def f():\n    return 7\n", "file": "f.py", "name": "f"}
        for each in (request | {"parameters": [], "imports": [], "modules": []},
                     {"method": "__call__", "args": [], "object": None, "options": {}}):  # fmt: skip
            connection.sendall(codec.encode(each))
            reply = codec.read(lambda count: connection.recv(count, socket.MSG_WAITALL))
    assert (reply["kind"], reply["value"]) == ("value", 7)
    assert child.wait(timeout=20) == 0
