"""The application of Examples/Server, which stands beside the command."""

import http.client
import json
import os
import re
import signal
import subprocess

import numpy as np

from serving.server import FIXTURES


def check(swiftlet, report):
    program = os.path.join(os.path.dirname(swiftlet), "example-server")
    process = subprocess.Popen([program, "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               text=True)
    try:
        for line in process.stdout:
            found = re.search(r"listening on 127\.0\.0\.1:(\d+)", line)
            if found:
                break
        else:
            raise AssertionError("the application did not start")
        connection = http.client.HTTPConnection("127.0.0.1", int(found.group(1)), timeout=30)

        def ask(body):
            connection.request("POST", "/digits", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()

        digits = np.load(FIXTURES / "digits.npz")
        right = 0
        for picture, digit in zip(digits["x"][-100:], digits["y"][-100:]):
            status, answer = ask(json.dumps({"pixels": picture.ravel().tolist()}))
            assert status == 200, answer
            right += json.loads(answer)["digit"] == int(digit)
        assert right >= 80, right
        assert ask('{"pixels": [1]}')[0] == 400 and ask("{")[0] == 400
        connection.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
    report(f"{right} of 100 digits, and its end")
