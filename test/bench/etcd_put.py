"""Puts to etcd by gRPC over one connection of HTTP/2 (RFC 9113): just what that needs, so that the
time is etcd's and not a library's."""
import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
WINDOW_BYTES = 1 << 30


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + \
        struct.pack(">I", stream) + payload


def literal(name, value):
    """A header that no table remembers (RFC 7541, 6.2.2)."""
    return bytes([0, len(name)]) + name + bytes([len(value)]) + value


def field(number, value):
    """Of protobuf, of bytes."""
    size, head = len(value), b""
    while size > 0x7f:
        head += bytes([size & 0x7f | 0x80])
        size >>= 7
    return bytes([number << 3 | 2]) + head + bytes([size]) + value


class Etcd:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream, self.received = -1, b""
        self.headers = b"".join(literal(name, value) for name, value in (
            (b":method", b"POST"), (b":scheme", b"http"), (b":path", b"/etcdserverpb.KV/Put"),
            (b":authority", b"etcd"), (b"content-type", b"application/grpc"), (b"te", b"trailers")))
        self.socket.sendall(PREFACE + frame(SETTINGS, 0, 0) +
                            frame(WINDOW, 0, 0, struct.pack(">I", WINDOW_BYTES)))

    def put(self, key, value):
        self.stream += 2
        message = field(1, key) + field(2, value)
        body = b"\0" + struct.pack(">I", len(message)) + message
        self.socket.sendall(frame(HEADERS, END_HEADERS, self.stream, self.headers) +
                            frame(DATA, END_STREAM, self.stream, body))
        while True:
            kind, flags, stream, payload = self.next_frame()
            if kind == SETTINGS and not flags & ACK:
                self.socket.sendall(frame(SETTINGS, ACK, 0))
            elif kind == PING and not flags & ACK:
                self.socket.sendall(frame(PING, ACK, 0, payload))
            elif kind in (RESET, GOAWAY):
                raise AssertionError(f"etcd refuses: {payload!r}")
            elif stream == self.stream and flags & END_STREAM and kind in (HEADERS, DATA):
                return

    def next_frame(self):
        head = self.take(9)
        size = int.from_bytes(head[:3], "big")
        return head[3], head[4], int.from_bytes(head[5:], "big") & 0x7fffffff, self.take(size)

    def take(self, size):
        while len(self.received) < size:
            more = self.socket.recv(65536)
            if not more:
                raise AssertionError("etcd hung up")
            self.received += more
        taken, self.received = self.received[:size], self.received[size:]
        return taken
