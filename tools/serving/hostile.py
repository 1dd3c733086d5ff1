"""Requests that lie, break off or ask for too much: each is an error of HTTP, and the server lives."""

import json
import socket
import struct
import time

import numpy as np

from serving.clients import model_arguments, recorded
from serving.server import Server

INFER = "/v2/models/cnn/infer"


def tensor(**changes):
    base = {"name": None, "shape": [1, 8, 8, 1], "datatype": "FP32", "data": [0.5] * 64}
    base.update(changes)
    return {key: value for key, value in base.items() if value != "leave out"}


def check(swiftlet, report):
    with Server(swiftlet, model_arguments(["cnn", "lstm"]), "--max-body", "1MiB", "--timeout", "3",
                "--max-connections", "64") as server:
        metadata = server.request("GET", "/v2/models/cnn")[2]
        name = metadata["inputs"][0]["name"]
        inputs, outputs = recorded("cnn")
        good = json.dumps({"inputs": [tensor(name=name, shape=list(inputs[0].shape),
                                             data=inputs[0].ravel().tolist())]})

        def alive():
            status, _, found = server.request("POST", INFER, good)
            assert status == 200, found
            data = np.array(found["outputs"][0]["data"]).reshape(outputs[0].shape)
            assert np.abs(data - outputs[0]).max() < 1e-5

        messages(server, name, report)
        alive()
        binaries(server, name, report)
        alive()
        paths(server, report)
        wire(server, good, report)
        alive()
        sizes(server, report)
        alive()
        slow(server, good, report)
        alive()
        many(server, alive, report)


def refused(server, body, headers=None, path=INFER, statuses=(400,)):
    status, _, found = server.request("POST", path, body, headers)
    assert status in statuses and isinstance(found, dict) and found["error"], (status, found, body[:200])
    assert len(found["error"]) < 600 and "\n" not in found["error"], found


def messages(server, name, report):
    whole = [
        "", "{", "[]", "null", "5", '"x"', "{}", '{"inputs": 5}', '{"inputs": [5]}',
        '{"inputs": [{}]}', '{"inputs": []}', '{"inputs": [null]}', "[" * 100000, '{"a":' * 100000,
        "{" + '"a": 1, ' * 10, b"\xff\xfe", b"\x00" * 1000, '{"inputs": [], "id": 5}',
        '{"inputs": [], "parameters": 5}', '{"inputs": [], "outputs": 5}',
        json.dumps({"inputs": [tensor(name=name)] * 2000}),
        json.dumps({"inputs": [tensor(name=name)], "outputs": [{}]}),
        json.dumps({"inputs": [tensor(name=name)], "outputs": [{"name": "a"}] * 5000}),
        json.dumps({"inputs": [tensor(name=name)], "parameters": {"sequence_id": 9}}),
        json.dumps({"inputs": [tensor(name=name)], "parameters": {"timeout": "soon"}}),
    ]
    changes = [
        {"name": 5}, {"name": "x" * 100000}, {"datatype": "FP31"}, {"datatype": 5},
        {"datatype": "leave out"}, {"shape": "leave out"}, {"data": "leave out"}, {"data": 5},
        {"data": []}, {"data": [0.5] * 63}, {"data": [0.5] * 65}, {"data": ["x"] * 64},
        {"data": [None] * 64}, {"data": [True] * 64}, {"data": [{}] * 64},
        {"data": [[0.5] * 64]}, {"data": [[[[[0.5]]] * 8] * 8]}, {"data": [[[[0.5], [0.5]]] * 8]},
        {"data": [1e300] * 64}, {"datatype": "UINT8", "data": [256] * 64},
        {"datatype": "UINT8", "data": [-1] * 64}, {"datatype": "INT32", "data": [0.5] * 64},
        {"datatype": "INT64", "data": [2 ** 63] * 64}, {"datatype": "UINT64", "data": [2 ** 70] * 64},
        {"datatype": "BOOL", "data": [2] * 64}, {"datatype": "BYTES", "data": ["a"] * 64},
        {"shape": [-1, 8, 8, 1]}, {"shape": [0, 8, 8, 1], "data": []}, {"shape": [1.5, 8, 8, 1]},
        {"shape": [2 ** 62, 8, 8, 1]}, {"shape": [2 ** 70]}, {"shape": [2 ** 31, 2 ** 31]},
        {"shape": [1000000, 8, 8, 1]}, {"shape": [1] * 1000}, {"shape": []}, {"shape": 64},
        {"shape": [64]}, {"shape": [1, 64]}, {"shape": [64, 1, 1, 1]},
        {"parameters": {"binary_data_size": 256}}, {"parameters": {"shared_memory_region": "a"}},
        {"parameters": {"binary_data_size": 256}, "data": "leave out"},
        {"parameters": {"binary_data_size": -1}, "data": "leave out"},
        {"parameters": {"binary_data_size": 2 ** 62}, "data": "leave out"},
        {"parameters": {"binary_data_size": "x"}, "data": "leave out"},
    ]
    for body in whole:
        refused(server, body)
    for change in changes:
        refused(server, json.dumps({"inputs": [tensor(name=name, **change)
                                               if "name" not in change else tensor(**change)]}))
    # Positions beyond a table's end.
    lstm = server.request("GET", "/v2/models/lstm")[2]["inputs"][0]
    for value in [2 ** 31 - 1, -(2 ** 31), 100000]:
        status, _, found = server.request("POST", "/v2/models/lstm/infer", json.dumps({"inputs": [
            {"name": lstm["name"], "shape": [1, 6], "datatype": "INT32", "data": [value] * 6}]}))
        assert status in (200, 400), (value, status, found)
    report(f"{len(whole) + len(changes)} messages refused")


def binaries(server, name, report):
    def send(length, header, payload, statuses=(400,)):
        refused(server, header + payload, {"Inference-Header-Content-Length": str(length)},
                statuses=statuses)

    def header(size, shape=(1, 8, 8, 1), datatype="FP32", **more):
        return json.dumps({"inputs": [{
            "name": name, "shape": list(shape), "datatype": datatype,
            "parameters": {"binary_data_size": size}, **more}]}).encode()

    data = np.zeros(64, np.float32).tobytes()
    good = header(256)
    status, _, found = server.request("POST", INFER, good + data,
                                      {"Inference-Header-Content-Length": str(len(good))})
    assert status == 200, found
    cases = 0
    for length in [0, 1, len(good) - 1, len(good) + 1, len(good) + 256, len(good) + 257, 10 ** 6]:
        send(length, good, data)
        cases += 1
    for length in ["-1", "x", "1e3", "99999999999999999999", "0x10", " "]:
        send(length, good, data)
        cases += 1
    for payload in [b"", data[:-1], data + b"x"]:
        send(len(good), good, payload)
        cases += 1
    for lying in [header(255), header(257), header(0), header(2 ** 40), header(256, (2 ** 40, 8, 8, 1)),
                  header(256, (1, 8, 8, 1), "FP64"), header(256, data=[1])]:
        send(len(lying), lying, data)
        cases += 1
    # Strings whose lengths lie, bytes that are no BOOL.
    for payload in [b"\xff\xff\xff\xff" * 64, struct.pack("<I", 1) * 64, b"\x00" * 255]:
        text = header(len(payload), datatype="BYTES")
        send(len(text), text, payload)
        cases += 1
    text = header(64, datatype="BOOL")
    send(len(text), text, b"\x02" * 64)
    report(f"{cases + 1} binary bodies refused")


def paths(server, report):
    for path in ["/", "/v1", "/v2/models", "/v2/models/", "/v2/models/%ff", "/v2/models/%", "/v2/models/%zz",
                 "/v2/models/../../etc/passwd", "/v2/models/nobody", "/v2/models/cnn/versions",
                 "/v2/models/cnn/versions/2", "/v2/models/cnn/x", "/v2/models/cnn/config",
                 "/v2/models/" + "a" * 5000, "/%00", "/v2/health/live/x"]:
        status, _, found = server.request("GET", path)
        assert status == 404 and found["error"], (path, status, found)
    for method, path in [("GET", INFER), ("POST", "/v2"), ("DELETE", "/v2/models/cnn"),
                         ("PUT", INFER), ("GET", "/v2/repository/index"), ("OPTIONS", "/v2")]:
        status, headers, found = server.request(method, path)
        assert status == 405 and headers["Allow"], (method, path, status)
    status, _, found = server.request("POST", INFER, b"\x1f\x8b", {"Content-Encoding": "gzip"})
    assert status == 415, found
    assert server.request("GET", "/v2/models/c%6en/ready")[0] == 200
    status, headers, found = server.request("HEAD", "/v2/health/live")
    assert status == 200 and headers["Content-Length"] != "0", headers
    report("paths, methods and encodings")


def wire(server, good, report):
    """What is no HTTP, or breaks off."""
    head = f"POST {INFER} HTTP/1.1\r\nHost: x\r\n"
    for data in [b"\r\n\r\n", b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n",
                 b"GET /v2 HTTP/1.1\r\nA: " + b"x" * 100000 + b"\r\n\r\n",
                 b"GET /v2 HTTP/1.1\r\n" + b"A: b\r\n" * 5000 + b"\r\n",
                 b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n",
                 (head + "Content-Length: -5\r\n\r\n").encode(),
                 (head + "Content-Length: 99999999999999999999999\r\n\r\n").encode(),
                 (head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde").encode(),
                 (head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n").encode(),
                 (head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n").encode()]:
        answer = server.raw(data, timeout=3)
        assert not answer or answer.startswith(b"HTTP/1.1 4"), answer[:100]
    # Cut bodies: the sender is gone, or only says that no more will come.
    for half_close in [True, False]:
        for count in [0, 1, 500]:
            text = head + f"Content-Length: {len(good)}\r\n\r\n" + good[:count]
            if half_close:
                answer = server.raw(text.encode(), timeout=6, half_close=True)
                assert not answer or answer.startswith(b"HTTP/1.1 4"), answer[:100]
            else:
                with socket.create_connection(("127.0.0.1", server.port)) as connection:
                    connection.sendall(text.encode())
    # Asked before sent.
    text = (head + f"Expect: 100-continue\r\nContent-Length: {len(good)}\r\n\r\n").encode()
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(text)
        answer = connection.recv(65536)
        assert answer == b"HTTP/1.1 100 Continue\r\n\r\n", answer
        connection.sendall(good.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 200"), answer
    # In pieces that have no length, and two requests in one go.
    body = good.encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part)
                      for part in [body[i:i + 100] for i in range(0, len(body), 100)])
    text = (head + "Transfer-Encoding: chunked\r\n\r\n").encode() + chunks + b"0\r\n\r\n"
    assert server.raw(text).startswith(b"HTTP/1.1 200")
    text = (head + f"Content-Length: {len(body)}\r\n\r\n").encode() + body
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(text * 3)
        answer = b""
        while answer.count(b"HTTP/1.1 200") < 3 or not answer.rstrip().endswith(b"}"):
            part = connection.recv(65536)
            assert part, answer[-200:]
            answer += part
    report("broken HTTP and cut bodies")


def sizes(server, report):
    status, headers, found = server.request("POST", INFER, b" " * (1 << 20 | 1))
    assert status == 413 and headers["Connection"] == "close", (status, found)
    head = f"POST {INFER} HTTP/1.1\r\nHost: x\r\n"
    assert server.raw((head + "Content-Length: 123456789012\r\n\r\n").encode()).startswith(
        b"HTTP/1.1 413")
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    answer = b""
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall((head + "Transfer-Encoding: chunked\r\n\r\n").encode())
        try:
            for _ in range(64):
                connection.sendall(chunk)
        except ConnectionError:
            pass
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 413"), answer
    report("bodies that are too large")


def slow(server, good, report):
    """Whoever dribbles is told so when his time is over, and holds up nobody."""
    head = f"POST {INFER} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(good)}\r\n\r\n".encode()
    connections = []
    for _ in range(8):
        connection = socket.create_connection(("127.0.0.1", server.port), 20)
        connection.sendall(head + good[:10].encode())
        connections.append(connection)
    start = time.monotonic()
    status, _, _ = server.request("POST", INFER, good)
    assert status == 200 and time.monotonic() - start < 2
    for connection in connections:
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408"), answer
        connection.close()
    took = time.monotonic() - start
    assert 2 < took < 10, took
    report(f"slow senders are left after {took:.1f} s")


def many(server, alive, report):
    """More connections than are taken at once only wait."""
    idle = [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(60)]
    alive()
    for connection in idle:
        connection.close()
    alive()
    report("60 idle connections")
