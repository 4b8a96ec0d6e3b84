"""The bytes of a link, as a peer that is not one of our programs would send them."""
import socket
import ssl
import struct
import time

SESSION, ENROLL = "skerry/1", "skerry-enroll/1"
# The first bytes of a TLS 1.3 client: a record and a ClientHello that promise more than follows.
HALF_A_HELLO = bytes.fromhex("16030100fa010000f60303") + bytes(range(32))
# The members of rpc.capnp's Message.
RETURN, FINISH, BOOTSTRAP = 3, 4, 8


def frame(*words):
    """One segment of Cap'n Proto, as it travels."""
    return struct.pack(f"<II{len(words)}Q", 0, len(words), *words)


def pointer(data, pointers):
    """To the struct that follows."""
    return data << 32 | pointers << 48


def bootstrap(question):
    """rpc.capnp: a question, for the peer's first capability, that is never finished."""
    return frame(pointer(1, 1), BOOTSTRAP, pointer(1, 1), question, 0)


def finish(question):
    """That the answer is not needed any more, nor what came with it."""
    return frame(pointer(1, 1), FINISH, pointer(1, 0), question)


def dial(port):
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def tls_context(door, certificate=None):
    """A handshake that checks nothing of who answers."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if door:
        context.set_alpn_protocols([door])
    if certificate:
        context.load_cert_chain(*certificate)
    return context


def tls(port, door, certificate=None):
    return tls_context(door, certificate).wrap_socket(dial(port))


def call_times_ms(port, certificate, calls, pause_s):
    """What each of some calls of a peer that behaves took, one after the other."""
    times = []
    with tls(port, SESSION, certificate) as stream, stream.makefile("rb") as answers:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(calls):
            time.sleep(pause_s)
            begin = time.perf_counter()
            stream.sendall(bootstrap(number))
            kind = None
            while kind != RETURN:
                segments, words = struct.unpack("<II", answers.read(8))
                assert segments == 0, segments
                kind = struct.unpack_from("<H", answers.read(8 * words), 8)[0]
            times.append((time.perf_counter() - begin) * 1e3)
            stream.sendall(finish(number))
    return times
