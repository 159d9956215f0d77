"""Starts a kernel as Colab does, `google.colab` imported before the first cell, and gives it no network."""

import sys

import google.colab  # noqa: F401
from ipykernel import kernelapp

HERE = ("127.0.0.1", "::1", "localhost", None, "")


def refuse(event: str, arguments: tuple) -> None:
    """A name looked up or a connection made that is not this machine's ends the cell."""
    host = None
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    if host not in HERE:
        raise ConnectionRefusedError(f"{event}: the run has no network, a cell asked for {host}")


if __name__ == "__main__":
    sys.addaudithook(refuse)
    kernelapp.launch_new_instance()
