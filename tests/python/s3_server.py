"""A real S3 server (S3Proxy) on a free loopback port; as a program, one around a command."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

START_SECONDS = 120


def dependencies() -> Path:
    """Return the folder into which the set-up puts what tests need."""
    cache = os.environ.get("XDG_CACHE_HOME", "") or str(Path.home() / ".cache")
    return Path(os.environ.get("LAKEHOUSE_DEPS_DIR", "") or Path(cache) / "lakehouse")


class S3Server:
    """S3Proxy over a folder; each folder below ``data`` is a bucket. Stopped by its process id."""

    access_key = "test-access-key"
    secret_key = "test-secret-key"  # of a server on loopback that lives for one test

    def __init__(
        self, folder: Path, buckets: tuple[str, ...] = ("lake",), *, tls: bool = False
    ) -> None:
        self.data = folder / "data"
        for bucket in buckets:
            (self.data / bucket).mkdir(parents=True)
        properties = folder / "s3proxy.conf"
        #: The certificate of the server's own authority, for clients that are to trust it.
        self.certificate = folder / "ca.pem"
        properties.write_text(
            (self._make_keys(folder) if tls else "") + "s3proxy.endpoint=http://127.0.0.1:0\n"
            "s3proxy.authorization=aws-v2-or-v4\n"
            f"s3proxy.identity={self.access_key}\n"
            f"s3proxy.credential={self.secret_key}\n"
            "jclouds.provider=filesystem-nio2\n"
            f"jclouds.filesystem.basedir={self.data}\n"
        )
        (jar,) = dependencies().glob("s3proxy-*/s3proxy.jar")
        self._log = folder / "s3proxy.log"
        # The kernel ends it with us, however that comes.
        command = ["setpriv", "--pdeathsig", "KILL", "--", "java", "-Xmx384m"]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [*command, "-jar", str(jar), "--properties", str(properties)],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self.endpoint = f"http://127.0.0.1:{self._wait_for_port('HTTP/1.1')}"
            self.tls_endpoint = f"https://127.0.0.1:{self._wait_for_port('SSL')}" if tls else ""
        except BaseException:
            self.stop()
            raise

    def _make_keys(self, folder: Path) -> str:
        store = ["-alias", "s3", "-keystore", str(folder / "keys.p12"), "-storepass", "changeit"]
        name = ["-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1", "-storetype", "PKCS12"]
        subprocess.run(
            ["keytool", "-genkeypair", "-keyalg", "EC", *store, *name],
            check=True,
            capture_output=True,
        )
        export = ["keytool", "-exportcert", "-rfc", *store, "-file", str(self.certificate)]
        subprocess.run(export, check=True, capture_output=True)
        return (
            "s3proxy.secure-endpoint=https://127.0.0.1:0\n"
            f"s3proxy.keystore-path={folder / 'keys.p12'}\n"
            "s3proxy.keystore-password=changeit\n"
        )

    def _wait_for_port(self, protocol: str) -> int:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            found = re.search(
                rf"ServerConnector@.*\{{{protocol},.*\{{127\.0\.0\.1:(\d+)\}}",
                self._log.read_text(),
            )
            if found:
                return int(found[1])
            time.sleep(0.1)
        raise RuntimeError("the S3 server did not start:\n" + self._log.read_text()[-2000:])

    @property
    def variables(self) -> dict[str, str]:
        """Return the environment variables by which a client finds and enters the server."""
        return {
            "LAKEHOUSE_TEST_S3": self.endpoint,
            "LAKEHOUSE_STORAGE_S3_ENDPOINT": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": "us-east-1",
        }

    def stop(self) -> None:
        """End the server's process."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def __enter__(self) -> S3Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def main() -> int:
    """Run the command of the arguments with a server around it."""
    with tempfile.TemporaryDirectory() as folder, S3Server(Path(folder)) as server:
        return subprocess.run(
            sys.argv[1:], env=os.environ | server.variables, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
