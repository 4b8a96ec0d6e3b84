"""What a connected client with a certificate costs peers: idle connections over mutual TLS 1.3,
opened one after another, and what the server's memory grew by."""
import os
import pathlib
import socket
import ssl
import subprocess
import tempfile
import time

import peers as peer_programs
from sim_sites import resident
from table import row

LINKS, WARM_LINKS, SETTLE_S = 1000, 100, 3


def make_certificates(folder):
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "ed25519", "-nodes", "-days", "2", "-subj", "/CN=ca",
            "-keyout", "ca.key", "-out", "ca.pem")
    for name in ("server", "client"):
        openssl("req", "-newkey", "ed25519", "-nodes", "-subj", f"/CN={name}", "-addext",
                "subjectAltName=IP:127.0.0.1", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-days", "2", "-copy_extensions", "copy", "-out", f"{name}.pem")
    os.chmod(folder, 0o755)
    for file in pathlib.Path(folder).glob("*.key"):
        file.chmod(0o644)  # of the bench alone; mosquitto gives up its rights


def mqtt(stream, number):
    name = b"c%d" % number
    stream.sendall(bytes([0x10, 12 + len(name), 0, 4]) + b"MQTT" + b"\x04\x02\xff\xff" +
                   bytes([0, len(name)]) + name)
    stream.recv(64)


def nats(stream, number):
    stream.sendall(b'CONNECT {"verbose":false}\r\nPING\r\n')
    stream.recv(64)
    stream.sendall(b"SUB site.%d 1\r\n" % number)


def open_links(port, folder, count, greet, is_nats):
    context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(f"{folder}/client.pem", f"{folder}/client.key")
    links = []
    for number in range(count):
        raw = socket.create_connection(("127.0.0.1", port))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if is_nats:
            raw.recv(4096)  # it speaks first, before TLS
        stream = context.wrap_socket(raw, server_hostname="127.0.0.1")
        greet(stream, number)
        links.append(stream)
    return links


def measure(name, server, port, folder, greet):
    try:
        links = open_links(port, folder, WARM_LINKS, greet, name == "nats")
        time.sleep(SETTLE_S)
        before = resident(server.pid)
        links += open_links(port, folder, LINKS, greet, name == "nats")
        time.sleep(SETTLE_S)
        row(f"scale.link.memory.{name}", (resident(server.pid) - before) / LINKS / 1024, "KiB")
    finally:
        server.kill()
        server.wait()


def bench_peer_links(peers):
    with tempfile.TemporaryDirectory() as folder:
        make_certificates(folder)
        program, port = peers.find("mosquitto"), peer_programs.free_port()
        if program is not None:
            pathlib.Path(f"{folder}/mosquitto.conf").write_text(
                f"listener {port} 127.0.0.1\ncafile {folder}/ca.pem\ncertfile {folder}/server.pem\n"
                f"keyfile {folder}/server.key\nrequire_certificate true\nallow_anonymous true\n"
                "user root\n", encoding="ascii")
            measure("mosquitto", peers.start(program, "-c", f"{folder}/mosquitto.conf", port=port),
                    port, folder, mqtt)
        program, port = peers.find("nats-server"), peer_programs.free_port()
        if program is not None:
            pathlib.Path(f"{folder}/nats.conf").write_text(
                f"listen: 127.0.0.1:{port}\ntls {{ cert_file: {folder}/server.pem, key_file: "
                f"{folder}/server.key, ca_file: {folder}/ca.pem, verify: true }}\n",
                encoding="ascii")
            measure("nats", peers.start(program, "-c", f"{folder}/nats.conf", port=port), port,
                    folder, nats)
