"""Many requests at once: joined ones are answered as each alone would be, a full queue says so, and a
server that is told to end answers what it has taken on."""

import concurrent.futures
import http.client
import json
import threading
import time

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from serving.clients import TOLERANCE, model_arguments, recorded, triton_inputs
from serving.server import Server


def check(swiftlet, report):
    batching(swiftlet, report)
    back_pressure(swiftlet, report)
    deadlines(swiftlet, report)
    ending(swiftlet, report)
    numbers(swiftlet, report)


def ask(client, model, metadata, arrays, outputs=None):
    answer = client.infer(model, triton_inputs(metadata, arrays, True), outputs=outputs)
    return [answer.as_numpy(tensor["name"]) for tensor in metadata["outputs"]]


def batching(swiftlet, report):
    """Requests of one to three rows from many threads, for two models at once."""
    models = ["cnn", "graph"]
    random = np.random.default_rng(1)
    with Server(swiftlet, model_arguments(models), "--batch-delay", "20", "--threads", "2") as server, \
            triton.InferenceServerClient(server.address, concurrency=32) as client:
        jobs = []
        alone = {}
        for number in range(200):
            model = models[number % 2]
            metadata = client.get_model_metadata(model)
            rows = 1 + number % 3
            arrays = [random.standard_normal((rows, *array.shape[1:])).astype(np.float32)
                      for array in recorded(model)[0]]
            jobs.append((model, metadata, arrays))
        with Server(swiftlet, model_arguments(models), "--max-batch", "1") as single, \
                triton.InferenceServerClient(single.address) as other:
            for number, job in enumerate(jobs):
                alone[number] = ask(other, *job)
        clients = threading.local()

        def run(number):
            if not hasattr(clients, "mine"):
                clients.mine = triton.InferenceServerClient(server.address)
            return ask(clients.mine, *jobs[number])

        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            found = list(pool.map(run, range(len(jobs))))
        same = worst = 0
        for number, outputs in enumerate(found):
            for one, other in zip(outputs, alone[number]):
                assert one.shape == other.shape
                same += np.array_equal(one, other)
                worst = max(worst, float(np.abs(one - other).max()))
        total = sum(len(outputs) for outputs in found)
        assert worst <= TOLERANCE, worst
        numbers = server.metrics()
        rows = sum(value for key, value in numbers.items() if key.startswith("swiftlet_rows_total"))
        batches = sum(value for key, value in numbers.items()
                      if key.startswith("swiftlet_batch_rows_count"))
        assert rows == sum(job[2][0].shape[0] for job in jobs) and batches < len(jobs) / 2, numbers
    report(f"{len(jobs)} requests in {batches:.0f} batches; {same} of {total} outputs have the bits "
           f"of the request alone, the others differ by up to {worst:.1e}")


def back_pressure(swiftlet, report):
    """A queue of four: the others are told to come back, and none is lost."""
    with Server(swiftlet, model_arguments(["cnn"]), "--max-queue", "4", "--batch-delay",
                "300") as server:
        inputs, outputs = recorded("cnn")
        name = server.request("GET", "/v2/models/cnn")[2]["inputs"][0]["name"]
        body = json.dumps({"inputs": [{"name": name, "shape": list(inputs[0].shape),
                                       "datatype": "FP32", "data": inputs[0].ravel().tolist()}]})

        def run(_):
            return server.request("POST", "/v2/models/cnn/infer", body)

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(run, range(16)))
        counts = {}
        for status, headers, found in answers:
            counts[status] = counts.get(status, 0) + 1
            if status == 503:
                assert headers["Retry-After"] and found["error"]
        assert set(counts) == {200, 503} and counts[200] >= 4, counts
        assert server.request("GET", "/v2/health/ready")[0] == 200
    report(f"a full queue: {counts[200]} answered, {counts[503]} told to come back")


def deadlines(swiftlet, report):
    """Who waits for less than the queue's delay is told that it took too long."""
    with Server(swiftlet, model_arguments(["cnn"]), "--batch-delay", "2000") as server, \
            triton.InferenceServerClient(server.address) as client:
        metadata = client.get_model_metadata("cnn")
        start = time.monotonic()
        try:
            client.infer("cnn", triton_inputs(metadata, recorded("cnn")[0], True), timeout=100_000)
        except InferenceServerException as error:
            assert error.status() == "504", error
        else:
            raise AssertionError("no deadline")
        took = time.monotonic() - start
        assert took < 4, took
    report("deadlines of requests")


def ending(swiftlet, report):
    """SIGTERM under load: every request is answered, refused or never taken."""
    with Server(swiftlet, model_arguments(["cnn"]), "--batch-delay", "20") as server:
        inputs, expected = recorded("cnn")
        name = server.request("GET", "/v2/models/cnn")[2]["inputs"][0]["name"]
        body = json.dumps({"inputs": [{"name": name, "shape": list(inputs[0].shape),
                                       "datatype": "FP32", "data": inputs[0].ravel().tolist()}]})
        counts = {"answered": 0, "refused": 0, "not taken": 0, "lost": 0}
        lock = threading.Lock()
        ended = threading.Event()

        def count(what):
            with lock:
                counts[what] += 1

        def run():
            while not ended.is_set():
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
                try:
                    while True:
                        try:
                            connection.request("POST", "/v2/models/cnn/infer", body)
                        except OSError:
                            count("not taken")
                            break
                        try:
                            answer = connection.getresponse()
                            data = json.loads(answer.read())
                        except (http.client.RemoteDisconnected, ConnectionResetError):
                            # The connection was closed between two requests: none was taken.
                            count("not taken")
                            break
                        except (OSError, http.client.HTTPException, ValueError):
                            count("lost")
                            break
                        if answer.status == 200:
                            found = np.array(data["outputs"][0]["data"]).reshape(expected[0].shape)
                            assert np.abs(found - expected[0]).max() < TOLERANCE
                            count("answered")
                        else:
                            assert answer.status == 503, data
                            count("refused")
                        if answer.getheader("Connection") == "close":
                            break
                finally:
                    connection.close()

        threads = [threading.Thread(target=run) for _ in range(16)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        server.terminate()
        status = server.wait(30)
        ended.set()
        for thread in threads:
            thread.join()
        assert status == 0, (status, server.lines)
        assert counts["lost"] == 0 and counts["answered"] > 16, counts
    report(f"SIGTERM under load: {counts}")


def numbers(swiftlet, report):
    with Server(swiftlet, model_arguments(["cnn"])) as server, \
            triton.InferenceServerClient(server.address) as client:
        metadata = client.get_model_metadata("cnn")
        for _ in range(3):
            ask(client, "cnn", metadata, recorded("cnn")[0])
        server.request("POST", "/v2/models/cnn/infer", "{")
        server.request("GET", "/nothing")
        found = server.metrics()
        assert found['swiftlet_requests_total{model="cnn",code="400"}'] == 1, found
        assert found['swiftlet_requests_total{model="",code="404"}'] == 1, found
        assert found['swiftlet_rows_total{model="cnn"}'] == 9, found
        assert found['swiftlet_request_duration_seconds_count{model="cnn"}'] == 4, found
        assert found['swiftlet_batch_rows_bucket{model="cnn",le="4.0"}'] == 3, found
        assert found["swiftlet_requests_in_flight"] == 1, found
        assert found['swiftlet_queue_length{model="cnn"}'] == 0, found
        assert found["process_resident_memory_bytes"] > 1 << 20, found
    report("metrics")
