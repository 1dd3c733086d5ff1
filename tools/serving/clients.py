"""Triton's own Python client against the server, compared with what Keras computed."""

import json

import ml_dtypes
import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from serving.server import FIXTURES, Server

# Models of Keras 3 with the inputs and outputs that Keras recorded beside them.
RECORDED = ["cnn", "graph", "lstm", "masks-meet"]
TOLERANCE = 1e-5


def recorded(name):
    arrays = np.load(FIXTURES / "keras" / f"{name}-keras3.npz")
    return ([arrays[key] for key in sorted(arrays) if key.startswith("input_")],
            [arrays[key] for key in sorted(arrays) if key.startswith("output_")])


def model_arguments(names=RECORDED):
    return [f"{name}={FIXTURES / 'keras' / f'{name}-keras3.keras'}" for name in names]


def triton_inputs(metadata, arrays, binary):
    inputs = []
    for tensor, array in zip(metadata["inputs"], arrays):
        made = triton.InferInput(tensor["name"], array.shape, np_to_triton_dtype(array.dtype))
        made.set_data_from_numpy(array, binary_data=binary)
        inputs.append(made)
    return inputs


def check(swiftlet, report):
    texts = json.loads((FIXTURES / "vocabularies" / "index.json").read_text())["files"][0]
    models = model_arguments() + [FIXTURES / "vocabularies" / texts["file"]]
    with Server(swiftlet, models) as server, \
            triton.InferenceServerClient(server.address) as client:
        health(client, server, report)
        for name in RECORDED:
            for binary in [True, False]:
                predictions(client, name, binary, report)
        forms(client, server, report)
        datatypes(client, report)
        strings(client, texts, report)
        refusals(client, server, report)


def health(client, server, report):
    assert client.is_server_live() and client.is_server_ready()
    assert client.is_model_ready("cnn") and client.is_model_ready("cnn", "1")
    assert not client.is_model_ready("nobody") and not client.is_model_ready("cnn", "2")
    about = client.get_server_metadata()
    assert about["name"] == "swiftlet" and "binary_tensor_data" in about["extensions"], about
    names = [entry["name"] for entry in client.get_model_repository_index()]
    assert names == RECORDED + ["texts-keras3"], names
    metadata = client.get_model_metadata("graph")
    assert metadata["versions"] == ["1"] and len(metadata["inputs"]) == 2, metadata
    assert metadata["inputs"][0]["shape"] == [-1, 4], metadata
    assert metadata["inputs"][0]["datatype"] == "FP32", metadata
    assert client.get_model_metadata("lstm")["inputs"][0]["datatype"] == "INT32"
    assert client.get_model_metadata("texts-keras3")["inputs"][0]["datatype"] == "BYTES"
    report("health, metadata and index")


def predictions(client, name, binary, report):
    inputs, outputs = recorded(name)
    metadata = client.get_model_metadata(name)
    wanted = [triton.InferRequestedOutput(tensor["name"], binary_data=binary)
              for tensor in metadata["outputs"]]
    answer = client.infer(name, triton_inputs(metadata, inputs, binary), outputs=wanted,
                          request_id="7", model_version="1")
    worst = 0
    for tensor, expected in zip(metadata["outputs"], outputs):
        found = answer.as_numpy(tensor["name"])
        assert found.shape == expected.shape and found.dtype == expected.dtype
        assert all(a == b or a == -1 for a, b in zip(tensor["shape"], expected.shape)), tensor
        worst = max(worst, float(np.abs(found - expected).max()))
    assert worst <= TOLERANCE, worst
    assert answer.get_response()["id"] == "7" and answer.get_response()["model_name"] == name
    report(f"{name}, {'binary' if binary else 'JSON'}: within {worst:.1e} of Keras")


def forms(client, server, report):
    """One input as JSON and another as bytes, some outputs, nested and flat data."""
    inputs, outputs = recorded("graph")
    metadata = client.get_model_metadata("graph")
    mixed = triton_inputs(metadata, inputs, True)
    mixed[1].set_data_from_numpy(inputs[1], binary_data=False)
    last = metadata["outputs"][1]["name"]
    answer = client.infer("graph", mixed, outputs=[triton.InferRequestedOutput(last)])
    assert [out["name"] for out in answer.get_response()["outputs"]] == [last]
    assert np.abs(answer.as_numpy(last) - outputs[1]).max() <= TOLERANCE
    everything = client.infer("graph", triton_inputs(metadata, inputs, False))
    assert len(everything.get_response()["outputs"]) == 2
    for nested in [True, False]:
        body = json.dumps({"inputs": [
            {"name": tensor["name"], "datatype": "FP32", "shape": list(array.shape),
             "data": array.tolist() if nested else array.ravel().tolist()}
            for tensor, array in zip(metadata["inputs"], inputs)]})
        status, headers, found = server.request("POST", "/v2/models/graph/infer", body)
        assert status == 200 and "id" not in found and found["model_version"] == "1", found
        assert headers["Inference-Header-Content-Length"] is None
        for out, expected in zip(found["outputs"], outputs):
            assert out["shape"] == list(expected.shape) and out["datatype"] == "FP32"
            assert np.abs(np.array(out["data"]).reshape(expected.shape) - expected).max() < TOLERANCE
    report("mixed forms, some outputs, nested and flat data")


def datatypes(client, report):
    """Whole numbers that every type holds give what they give as FP32."""
    metadata = client.get_model_metadata("cnn")
    name, shape = metadata["inputs"][0]["name"], [2, 8, 8, 1]
    ones = (np.arange(128).reshape(shape) % 3 == 0).astype(np.float32)
    expected = client.infer("cnn", triton_inputs(metadata, [ones], True)).as_numpy(
        metadata["outputs"][0]["name"])
    types = {"BOOL": bool, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32,
             "UINT64": np.uint64, "INT8": np.int8, "INT16": np.int16, "INT32": np.int32,
             "INT64": np.int64, "FP16": np.float16, "FP32": np.float32, "FP64": np.float64,
             "BF16": ml_dtypes.bfloat16}
    for datatype, kind in types.items():
        for binary in [True, False]:
            if not binary and datatype in ("FP16", "BF16"):
                continue  # the client sends them as bytes only
            tensor = triton.InferInput(name, shape, datatype)
            tensor.set_data_from_numpy(ones.astype(kind), binary_data=binary)
            found = client.infer("cnn", [tensor]).as_numpy(metadata["outputs"][0]["name"])
            assert np.array_equal(found, expected), (datatype, binary)
    report(f"{len(types)} datatypes, both forms")


def strings(client, texts, report):
    given, wanted = texts["inputs"][0], texts["outputs"][0]
    array = np.array(given["values"], dtype=object).reshape(given["shape"])
    expected = np.array(wanted["values"], dtype=np.float32).reshape(wanted["shape"])
    metadata = client.get_model_metadata("texts-keras3")
    for binary in [True, False]:
        data = array if binary else np.array(given["values"]).reshape(given["shape"]).astype(object)
        found = client.infer("texts-keras3", triton_inputs(metadata, [data], binary))
        found = found.as_numpy(metadata["outputs"][0]["name"])
        assert np.abs(found - expected).max() <= TOLERANCE, found
    report("strings, both forms")


def refusals(client, server, report):
    """What is wrong is told through the client's own exception."""
    inputs, _ = recorded("cnn")
    metadata = client.get_model_metadata("cnn")
    good = triton_inputs(metadata, inputs, True)
    wrong = triton_inputs({"inputs": [{"name": "nobody"}]}, inputs, True)
    small = triton_inputs(metadata, [inputs[0][:, :4]], True)
    text = triton_inputs(metadata, [np.full((1, 8, 8, 1), "x", dtype=object)], True)
    for model, version, tensors, outputs, words in [
        ("nobody", "", good, None, "unknown"), ("cnn", "9", good, None, "no version"),
        ("cnn", "", wrong, None, "unknown"), ("cnn", "", small, None, "expected"),
        ("cnn", "", text, None, "expected"), ("cnn", "", good + good, None, "twice"),
        ("cnn", "", [], None, "missing"),
        ("cnn", "", good, [triton.InferRequestedOutput("nobody")], "unknown"),
        ("cnn", "", good, [triton.InferRequestedOutput(metadata["outputs"][0]["name"],
                                                       class_count=2)], "not supported"),
    ]:
        try:
            client.infer(model, tensors, model_version=version, outputs=outputs)
        except InferenceServerException as error:
            assert words in str(error) and error.status() in ("400", "404"), error
        else:
            raise AssertionError(f"not refused: {words}")
    report("refusals reach the client")
