"""A server of the built command on a port of its own, and bare requests to it."""

import http.client
import json
import pathlib
import re
import signal
import socket
import subprocess
import threading

FIXTURES = pathlib.Path(__file__).resolve().parent.parent.parent / "fixtures"


class Server:
    """`swiftlet serve` while the `with` lasts; ended by SIGTERM, whose exit status must be 0."""

    def __init__(self, swiftlet, models, *options):
        self.process = subprocess.Popen(
            [swiftlet, "serve", *map(str, models), "--port", "0", *map(str, options)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.port = None
        for line in self.process.stderr:
            self.lines.append(line)
            found = re.match(r"listening on http://\S+:(\d+)$", line)
            if found:
                self.port = int(found.group(1))
                break
        if self.port is None:
            raise AssertionError(f"the server did not start: {''.join(self.lines)}")
        # Somebody must read what it goes on to say.
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout=60):
        return self.process.wait(timeout)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.terminate()
            status = self.wait()
        else:
            status = self.process.returncode
        if kind is None:
            assert status == 0, f"the server ended with {status}: {''.join(self.lines)}"

    # Bare requests.

    def request(self, method, path, body=None, headers=None, timeout=60):
        """Status, headers and body of the answer; the body as JSON where it is that."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        if data and answer.getheader("Content-Type", "").startswith("application/json"):
            data = json.loads(data)
        return answer.status, answer.headers, data

    def raw(self, data, timeout=30, half_close=False):
        """What comes back for these bytes until the connection ends or is quiet."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as connection:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while part := connection.recv(65536):
                    answer += part
                    if b"\r\n\r\n" in answer and complete(answer):
                        break
            except (TimeoutError, ConnectionError):
                pass
            return answer

    def metrics(self):
        text = self.request("GET", "/metrics")[2].decode()
        values = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                values[name] = float(value)
        return values


def complete(answer):
    head, body = answer.split(b"\r\n\r\n", 1)
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return length is not None and len(body) >= int(length.group(1))
