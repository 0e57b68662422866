"""At most five threads; whoever comes later waits for one of them."""

from concurrent.futures import ThreadPoolExecutor

from endpoint import listener


def serve(sock, address):
    with sock as client:
        while data := client.recv(1024):
            client.sendall(data)


with listener() as server, ThreadPoolExecutor(max_workers=5) as pool:
    while True:
        pool.submit(serve, *server.accept())
