"""A proxy on loopback that counts what a TLS 1.3 session sends once both ends are done shaking
hands. The records of a handshake are told by their number, which follows from whether the server
took up a former session (its ServerHello then answers with a pre-shared key)."""
import socket
import threading
import time

HANDSHAKE, CHANGE_CIPHER, APPLICATION = 22, 20, 23
HEADER = 5
PRE_SHARED_KEY = 41
# Encrypted records of the handshake. Server: extensions [request, certificate, verify], finished,
# and its one ticket afterwards. Client: [certificate, verify], finished.
SERVER_FULL, SERVER_RESUMED, TICKETS = 5, 2, 1
CLIENT_FULL, CLIENT_RESUMED = 3, 1


def resumes(server_hello):
    """Whether this handshake message has the extension of a former session."""
    at = 4 + 2 + 32
    at += 1 + server_hello[at] + 2 + 1  # session id, cipher, compression
    end = at + 2 + int.from_bytes(server_hello[at:at + 2], "big")
    at += 2
    while at < end:
        if int.from_bytes(server_hello[at:at + 2], "big") == PRE_SHARED_KEY:
            return True
        at += 4 + int.from_bytes(server_hello[at + 2:at + 4], "big")
    return False


class Direction:
    def __init__(self):
        self.pending, self.encrypted, self.total = b"", [], 0

    def take(self, data, meter):
        self.total += len(data)
        self.pending += data
        while len(self.pending) >= HEADER:
            size = HEADER + int.from_bytes(self.pending[3:5], "big")
            if len(self.pending) < size:
                return
            record, self.pending = self.pending[:size], self.pending[size:]
            if record[0] == APPLICATION:
                self.encrypted.append(size)
            elif record[0] == HANDSHAKE and record[HEADER] == 2:
                meter.resumed = resumes(record[HEADER:])


class Session:
    def __init__(self):
        self.up, self.down, self.resumed, self.since = Direction(), Direction(), False, 0

    def after_handshake(self):
        up = CLIENT_RESUMED if self.resumed else CLIENT_FULL
        down = (SERVER_RESUMED if self.resumed else SERVER_FULL) + TICKETS
        return sum(self.up.encrypted[up:]) + sum(self.down.encrypted[down:])

    def total(self):
        return self.up.total + self.down.total


class LinkMeter:
    """Relays to `port`, which may be set later. `sessions` are those it has seen, in order."""

    def __init__(self, port=0):
        self.port, self.sessions, self.open = port, [], []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return  # closed
            try:
                far = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                near.close()
                continue
            session = Session()
            self.sessions.append(session)
            self.open += [near, far]
            for source, sink, direction in ((near, far, session.up), (far, near, session.down)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self.relay, args=(session, source, sink, direction),
                                 daemon=True).start()

    def relay(self, session, source, sink, direction):
        try:
            while data := source.recv(65536):
                session.since = time.monotonic()
                direction.take(data, session)
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        """Every connection that is open now."""
        cut, self.open = self.open, []
        for end in cut:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()
