"""Writes fixtures/weights/hostile: damaged and malicious files of other frameworks.

index.json: {"file", "cause", "mentions"}; none may be read, and none may run anything.
"""

import io
import json
import os
import pickle
import shutil
import struct
import zipfile

FOLDER = "fixtures/weights/hostile"
ROWS = []


def write(name, content, cause, *mentions):
    with open(f"{FOLDER}/{name}", "wb") as file:
        file.write(content)
    ROWS.append({"file": name, "cause": cause, "mentions": list(mentions)})


def source(name):
    with open(f"fixtures/weights/{name}", "rb") as file:
        return file.read()


def tensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def torch_zip(pickled, storages={}):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        for key, content in storages.items():
            archive.writestr(f"archive/data/{key}", content)
    return out.getvalue()


class Runs:
    def __reduce__(self):
        return os.system, ("touch hacked",)


def rebuild(size, stride, offset=0, numel=4, key="0"):
    """The pickle of {"w": tensor}, written by hand."""
    def number(n):
        return b"\x8a" + bytes([8]) + struct.pack("<q", n)

    def numbers(values):
        return b"(" + b"".join(map(number, values)) + b"t"
    return (b"\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storage"
            b"ctorch\nFloatStorage\nX" + struct.pack("<I", len(key)) + key.encode() +
            b"X\x03\x00\x00\x00cpu" + number(numel) + b"tQ" + number(offset) + numbers(size) +
            numbers(stride) + b"\x89ccollections\nOrderedDict\n)RtRs.")


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    plain = {"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    write("cut.safetensors", source("state.safetensors")[:-9], "cut off", "byte")
    write("long-header.safetensors", tensors(plain, bytes(8), length=90_000_000), "header beyond", "end")
    write("no-json.safetensors", tensors(b"{nothing", bytes(8)), "no JSON", "JSON")
    write("wrong-size.safetensors",
          tensors({"w": {"dtype": "F32", "shape": [3], "data_offsets": [0, 8]}}, bytes(8)),
          "shape and bytes differ", "'w'")
    write("huge.safetensors",
          tensors({"w": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 8]}}, bytes(8)),
          "sizes that overflow", "'w'")
    write("negative.safetensors",
          tensors({"w": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}}, bytes(8)),
          "a negative extent", "'w'")
    write("overlap.safetensors",
          tensors({**plain, "v": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, bytes(8)),
          "tensors that overlap", "begins at byte")
    write("hole.safetensors", tensors(plain, bytes(12)), "bytes of nobody", "end at byte 8 of 12")
    write("backwards.safetensors",
          tensors({"w": {"dtype": "F32", "shape": [0], "data_offsets": [8, 0]}}, bytes(8)),
          "an end before its start", "'w'")
    write("deep.safetensors", tensors(b'{"a":' * 5000, bytes(8)), "nested JSON", "JSON")

    write("cut.pth", source("state.pth")[:-200], "cut off", "zip")
    write("runs.pth", torch_zip(pickle.dumps({"w": Runs()}, 2)), "code to be run", "posix.system")
    write("runs.pkl", pickle.dumps({"w": Runs()}, 4), "code to be run", "posix.system")
    write("eval.pth", torch_zip(b"\x80\x02cbuiltins\neval\n(X\x01\x00\x00\x001tR."), "eval",
          "builtins.eval")
    write("beyond.pth", torch_zip(rebuild([4], [1], offset=2), {"0": bytes(16)}), "beyond its storage",
          "'w'")
    write("stride.pth", torch_zip(rebuild([4], [2**62]), {"0": bytes(16)}), "a stride that overflows",
          "'w'")
    write("backwards.pth", torch_zip(rebuild([4], [-1]), {"0": bytes(16)}), "a negative stride", "'w'")
    write("huge.pth", torch_zip(rebuild([2**40], [0]), {"0": bytes(16)}), "an endless tensor", "'w'")
    write("absent.pth", torch_zip(rebuild([4], [1])), "a storage that is not there", "data/0")
    write("traversal.pth", torch_zip(rebuild([4], [1], key="../../etc/passwd"), {"0": bytes(16)}),
          "a path as a key", "passwd")
    write("cyclic.pkl", b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s.", "a dictionary in itself", "nesting")
    write("deep.pkl", b"\x80\x04" + b")" + b"\x85" * 200_000 + b".", "two hundred thousand tuples",
          "no array")
    write("laughs.pkl", b"\x80\x02]q\x00" + b"".join(
        b"]q" + bytes([i + 1]) + b"(" + (b"h" + bytes([i])) * 10 + b"e" for i in range(12)) + b".",
        "lists of lists of lists", "nesting")
    write("underflow.pkl", b"\x80\x02R.", "more taken than there is", "takes more")
    write("mark.pkl", b"\x80\x02t.", "no mark", "mark")
    write("memo.pkl", b"\x80\x02h\x05.", "nothing to recall", "recalls")
    write("long.pkl", b"\x80\x02X\xff\xff\xff\x7f.", "a string beyond the end", "beyond the end")
    write("unknown.pkl", b"\x80\x02\xff.", "an unknown instruction", "255")
    write("inst.pkl", b"\x80\x02(ios\nsystem\n.", "an old way to call", "instruction")

    write("cut.params", source("net.params")[:-40], "cut off", "beyond the end")
    write("many.params", struct.pack("<QQQ", 0x112, 0, 2**60) + bytes(64), "countless arrays", "arrays")
    write("huge.params", struct.pack("<QQQ", 0x112, 0, 1) + struct.pack(
        "<Iiiqq", 0xF993FAC9, 0, 2, 2**40, 2**40) + bytes(64), "sizes that overflow", "array")

    os.makedirs(f"{FOLDER}/table")
    index = source("checkpoint/ckpt.index")
    for name, content, cause in [
            ("cut", index[:-30], "a cut index"),
            ("offset", index[:-48] + b"\xff\xff\xff\xff\x7f" + index[-43:], "wild offsets"),
            ("flipped", bytes(b ^ 0x15 if 20 < i < 60 else b for i, b in enumerate(index)),
             "damaged entries")]:
        with open(f"{FOLDER}/table/{name}.data-00000-of-00001", "wb") as file:
            file.write(source("checkpoint/ckpt.data-00000-of-00001")[:64])
        write(f"table/{name}.index", content, cause)
    with open(f"{FOLDER}/index.json", "w") as file:
        json.dump({"made_by": "tools/make-weight-fixtures", "files": ROWS}, file, indent=1)


if __name__ == "__main__":
    main()
