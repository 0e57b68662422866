"""Where the lecture's servers listen: the same for all, so that each file shows only what is its own."""

import os
import socket


def listener():
    """A socket that listens where the environment says."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port()))
    sock.listen(backlog())
    return sock


def port():
    return int(os.environ.get("PORT", "50001"))


def backlog():
    return int(os.environ.get("BACKLOG", "10"))
