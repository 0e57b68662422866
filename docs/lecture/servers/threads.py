"""A thread for each client; the main thread only accepts."""

from threading import Thread

from endpoint import listener


class Client(Thread):
    def __init__(self, sock):
        super().__init__(daemon=True)
        self.sock = sock

    def run(self):
        with self.sock as client:
            while data := client.recv(1024):
                client.sendall(data)


with listener() as server:
    while True:
        sock, address = server.accept()
        Client(sock).start()
