"""A Podman of a test's own: its storage, its socket; and for the whole program a network and a
mount table of its own, so that nothing of it can stay behind on the machine."""
import atexit
import os
import shutil
import subprocess
import sys

from fleet import eventually

IMAGE = "localhost/skerry-test:1"
SEPARATED = "SKERRY_TEST_SEPARATED"


def usable():
    return os.geteuid() == 0 and all(map(shutil.which, ("podman", "runc", "unshare", "ip")))


def separate():
    """Begins this program anew where its network and its mounts are its own."""
    if SEPARATED not in os.environ:
        os.environ[SEPARATED] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


class Podman:
    """Its containers' control groups are below `group`."""

    def __init__(self, folder, group, make_image, *programs):
        self.folder, self.group, self.process = folder, group, None
        self.socket = f"{folder}/engine.sock"
        os.makedirs(folder)
        atexit.register(self.remove)
        archive = f"{folder}/image.tar"
        subprocess.run([make_image, archive, IMAGE, *programs], check=True)
        self.run("load", "--quiet", "--input", archive)

    def command(self, *words):
        return ["podman", "--root", f"{self.folder}/root", "--runroot", f"{self.folder}/runroot",
                "--tmpdir", f"{self.folder}/tmp", "--runtime", "runc", "--cgroup-manager",
                "cgroupfs", "--events-backend", "file", *words]

    def run(self, *words):
        done = subprocess.run(self.command(*words), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done
        return done.stdout

    def begin(self):
        self.process = subprocess.Popen(
            self.command("system", "service", "--time=0", f"unix://{self.socket}"),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        eventually(lambda: os.path.exists(self.socket), "podman's service is there")

    def end(self):
        self.process.kill()
        self.process.wait()
        os.unlink(self.socket)

    def remove(self):
        """Everything it ran, and itself. Once is enough, twice is no error."""
        if not os.path.exists(self.folder):
            return
        if self.process is not None and self.process.poll() is None:
            self.end()
        self.run("rm", "--all", "--force", "--time", "0")
        subprocess.run(["umount", "--lazy", f"{self.folder}/root/overlay"], check=False,
                       capture_output=True)
        shutil.rmtree(self.folder)
        for tree in os.listdir("/sys/fs/cgroup"):
            for base, _, _ in os.walk(f"/sys/fs/cgroup/{tree}/{self.group}", topdown=False):
                os.rmdir(base)
