"""An HTTP proxy that passes CONNECT on, or misbehaves as a test asks."""
import base64
import select
import socket
import threading


class Proxy:
    """Listens on loopback from the start until close(). `manner`: what it does with who comes."""

    def __init__(self, manner="pass", person=None):
        self.manner, self.asked, self.port = manner, [], 0
        self.secret = person and "Basic " + base64.b64encode(person.encode()).decode()
        self.names = {}  # what it alone can look up: name -> address
        self.open()

    def open(self):
        """On the port it had."""
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.streams, self.closed = set(), False
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def close(self):
        """As when it dies: every connection through it ends."""
        self.closed = True
        self.listener.close()
        for stream in list(self.streams):
            try:
                stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def url(self, person=""):
        return f"http://{person}127.0.0.1:{self.port}"

    def accept(self, listener):
        while True:
            try:
                stream = listener.accept()[0]
            except OSError:
                return
            if self.closed:
                stream.close()
                return
            self.streams.add(stream)
            threading.Thread(target=self.serve, args=(stream,), daemon=True).start()

    def serve(self, near):
        try:
            with near:
                self.answer(near)
        except OSError:
            pass
        finally:
            self.streams.discard(near)

    def answer(self, near):
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            got = near.recv(1)
            if not got:
                return
            request += got
        lines = request.decode().split("\r\n")
        target = lines[0].split()[1]
        self.asked.append(target)
        if self.manner == "hang":
            near.recv(1)
            return
        if self.manner == "die":
            near.sendall(b"HTTP/1.1 20")
            return
        if self.manner.isdigit():
            near.sendall(f"HTTP/1.1 {self.manner} So be it\r\nContent-Length: 0\r\n\r\n".encode())
            return
        if self.secret and f"Proxy-Authorization: {self.secret}" not in lines:
            near.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            return
        name, port = target.rsplit(":", 1)
        with socket.create_connection((self.names.get(name, name), int(port))) as far:
            self.streams.add(far)
            near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            self.pump(near, far)
            self.streams.discard(far)

    @staticmethod
    def pump(near, far):
        while True:
            for source in select.select([near, far], [], [])[0]:
                data = source.recv(65536)
                if not data:
                    return
                (far if source is near else near).sendall(data)
