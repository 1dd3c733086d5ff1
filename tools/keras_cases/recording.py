"""Numbers and texts of references on disk: a .json that says what, one .npz that holds all values.

Thousands of tiny arrays would spend more on headers than on numbers, so a family's arrays lie one
after another in a single float32 array `values`; the .json has each one's `at` and `shape`.
"""

import io
import json
import pathlib
import zipfile

import numpy as np


def versions():
    import h5py
    import keras
    import tensorflow
    import tf_keras

    return {"keras": keras.__version__, "tf_keras": tf_keras.__version__,
            "tensorflow": tensorflow.__version__, "numpy": np.__version__,
            "h5py": h5py.__version__}


class Recording:
    def __init__(self, made_by):
        self.made_by = made_by
        self.parts = []
        self.length = 0
        self.cases = []

    def array(self, values):
        """Store an array, answer how to find it again."""
        if values is None:
            return None
        values = np.asarray(values)
        if values.dtype.kind in "OSU":
            texts = [t.decode() if isinstance(t, bytes) else str(t) for t in values.reshape(-1)]
            return {"shape": list(values.shape), "texts": texts}
        kind = {"b": "bool", "i": "int32", "u": "int32"}.get(values.dtype.kind, "float32")
        flat = np.ascontiguousarray(values).astype(np.float32).reshape(-1)
        if kind != "float32" and not np.array_equal(flat.astype(values.dtype), values.reshape(-1)):
            raise ValueError("an integer too large for this store")
        place = {"at": self.length, "shape": list(values.shape)}
        if kind != "float32":
            place["dtype"] = kind
        self.parts.append(flat)
        self.length += flat.size
        return place

    def arrays(self, many):
        return [self.array(one) for one in many]

    def save(self, stem):
        stem = pathlib.Path(stem)
        stem.parent.mkdir(parents=True, exist_ok=True)
        lines = ",\n".join(json.dumps(one, separators=(",", ":"), ensure_ascii=False)
                           for one in self.cases)
        head = json.dumps({"made_by": self.made_by, "made_with": versions()})
        text = head[:-1] + ',\n"cases": [\n' + lines + "\n]}\n"
        stem.with_suffix(".json").write_text(text)
        save_npz(stem.with_suffix(".npz"), values=np.concatenate(self.parts))
        sizes = [stem.with_suffix(s).stat().st_size // 1000 for s in (".json", ".npz")]
        print(f"{stem}: {len(self.cases)} cases, {sizes[0]} + {sizes[1]} kB", flush=True)


def save_npz(path, **arrays):
    """A deflated .npz that is the same bytes every time (no time stamps)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.asanyarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(name + ".npy", (2000, 1, 1, 0, 0, 0)),
                             buffer.getvalue(), zipfile.ZIP_DEFLATED, 9)
