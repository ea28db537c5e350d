"""Comes from many addresses, with nothing in between, and says how each fares: one line a group."""

import socket
import sys
import time

PORT = int(sys.argv[1])
UPGRADE = (
    b"GET /signaling HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"X-Forwarded-For: 203.0.113.%d\r\n\r\n"
)
kept = []


def connect(source, to):
    made = socket.create_connection((to, PORT), timeout=20, source_address=(source, 0))
    kept.append(made)
    return made


def upgrades(name, sources, to, count):
    statuses = []
    for number in range(count):
        made = connect(sources[number % len(sources)], to)
        # What it says of itself changes nothing.
        made.sendall(UPGRADE % (number % 250))
        statuses.append(made.recv(12)[9:].decode())
    print(name, statuses.count("101"), statuses.count("429"), len(statuses))


def connections(name, source, to, count):
    made = [connect(source, to) for _ in range(count)]
    # Those that are dropped are so at once; headers are waited for longer.
    time.sleep(1)
    dropped = 0
    for one in made:
        one.setblocking(False)
        try:
            dropped += one.recv(1) == b""
        except BlockingIOError:
            pass
        except ConnectionResetError:
            dropped += 1
    print(name, count - dropped, dropped, count)


upgrades("v4", ["192.0.2.2"], "192.0.2.1", 60)
upgrades("another-v4", ["192.0.2.3"], "192.0.2.1", 5)
upgrades("v6", ["2001:db8:0:4201::1", "2001:db8:0:42ff::1"], "2001:db8:0:4200::1", 60)
upgrades("another-v6", ["2001:db8:0:4300::1"], "2001:db8:0:4200::1", 5)
upgrades("own", ["127.0.0.1"], "127.0.0.1", 60)
connections("connections", "192.0.2.4", "192.0.2.1", 300)
connections("own-connections", "127.0.0.1", "127.0.0.1", 300)
