"""The framework: one method of one class is ours, the rest is the library's."""

from socketserver import BaseRequestHandler, ThreadingTCPServer

from endpoint import backlog, port


class Echo(BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(1024):
            self.request.sendall(data)


class Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = backlog()


with Server(("127.0.0.1", port()), Echo) as server:
    server.serve_forever()
