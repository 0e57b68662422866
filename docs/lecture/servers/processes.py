"""Processes instead of threads: a socket is no argument, it is passed as a descriptor."""

import socket
from multiprocessing import Process, Queue
from multiprocessing.reduction import DupFd

from endpoint import listener


def work(queue):
    while True:
        with socket.socket(fileno=queue.get().detach()) as client:
            while data := client.recv(1024):
                client.sendall(data)


if __name__ == "__main__":
    queue = Queue()
    for _ in range(5):
        Process(target=work, args=(queue,), daemon=True).start()
    with listener() as server:
        while True:
            client, address = server.accept()
            queue.put(DupFd(client.fileno()))
            client.close()
