"""One client at a time; all calls block; everything on the main thread."""

from endpoint import listener

with listener() as server:
    while True:
        client, address = server.accept()
        with client:
            while data := client.recv(1024):
                client.sendall(data)
