"""One thread for all: three lists go into select, three come out."""

from select import select

from endpoint import listener

server = listener()
server.setblocking(False)
inputs = [server]
outputs = {}

while True:
    readable, writable, broken = select(inputs, list(outputs), inputs, 60)
    for sock in readable:
        if sock is server:
            client, address = server.accept()
            client.setblocking(False)
            inputs.append(client)
            continue
        try:
            data = sock.recv(1024)
        except ConnectionError:
            data = b""
        if data:
            outputs[sock] = outputs.get(sock, b"") + data
        else:
            broken.append(sock)
    for sock in writable:
        if sock in outputs:
            rest = outputs.pop(sock)
            sent = sock.send(rest)
            if sent < len(rest):
                outputs[sock] = rest[sent:]
    for sock in broken:
        if sock in inputs:
            inputs.remove(sock)
            outputs.pop(sock, None)
            sock.close()
