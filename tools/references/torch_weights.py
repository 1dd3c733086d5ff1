"""Adds the files of PyTorch and safetensors to fixtures/weights; torch 2.13.0, safetensors 0.8.0.

The same weights as in the other files there, with PyTorch's axes; the network that has them is run on
the reference's input, so that the axes are proved by PyTorch itself.
"""

import json

import numpy as np
import safetensors
import torch
from safetensors.torch import save_file
from torch import nn

FOLDER = "fixtures/weights"


class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4, eps=1e-3)
        self.depthwise = nn.Conv2d(4, 4, 3, groups=4)
        self.hidden = nn.Linear(48, 3)
        self.answer = nn.Linear(3, 2)

    def forward(self, x):
        x = self.depthwise(torch.relu(self.norm(self.conv(x))))
        return self.answer(torch.tanh(self.hidden(x.flatten(1))))


def main():
    with open(f"{FOLDER}/index.json") as file:
        index = json.load(file)
    with np.load(f"{FOLDER}/numbered.npz") as arrays:
        keras = dict(zip(index["paths"], (arrays[name] for name in arrays.files)))
    model = Small().eval()

    def put(parameter, array):
        parameter.data = torch.from_numpy(np.ascontiguousarray(array))

    put(model.conv.weight, keras["conv/kernel"].transpose(3, 2, 0, 1))
    put(model.conv.bias, keras["conv/bias"])
    put(model.norm.weight, keras["norm/gamma"])
    put(model.norm.bias, keras["norm/beta"])
    put(model.norm.running_mean, keras["norm/moving_mean"])
    put(model.norm.running_var, keras["norm/moving_variance"])
    put(model.depthwise.weight, keras["depthwise/kernel"].transpose(2, 3, 0, 1))
    put(model.depthwise.bias, keras["depthwise/bias"])
    flat = keras["hidden/kernel"].reshape(4, 3, 4, 3).transpose(3, 2, 0, 1).reshape(3, 48)
    put(model.hidden.weight, flat)
    put(model.hidden.bias, keras["hidden/bias"])
    put(model.answer.weight, keras["answer/kernel"].T)
    put(model.answer.bias, keras["answer/bias"])
    with np.load(f"{FOLDER}/reference.npz") as io:
        x, wanted = io["input_0"], io["output_0"]
    got = model(torch.from_numpy(x.transpose(0, 3, 1, 2).copy())).detach().numpy()
    assert np.abs(got - wanted).max() < 1e-5, np.abs(got - wanted).max()

    state = model.state_dict()
    torch.save(state, f"{FOLDER}/state.pth")
    torch.save(state, f"{FOLDER}/state-legacy.pth", _use_new_zipfile_serialization=False)
    torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in state.items()}},
               f"{FOLDER}/checkpoint.pt")
    torch.save({"half": torch.arange(6).half().reshape(2, 3),
                "brain": torch.arange(6).bfloat16(), "whole": torch.arange(-3, 3),
                "truth": torch.tensor([True, False]), "small": torch.tensor(3, dtype=torch.uint8),
                "turned": torch.arange(12.).reshape(3, 4).t()[1:], "shared": torch.ones(2).expand(3, 2),
                "wide": torch.tensor([1.5], dtype=torch.float64)}, f"{FOLDER}/types.pt")
    save_file(state, f"{FOLDER}/state.safetensors", metadata={"format": "pt"})
    half = list(state)[:5]
    save_file({k: state[k] for k in half}, f"{FOLDER}/part-1.safetensors")
    save_file({k: v for k, v in state.items() if k not in half}, f"{FOLDER}/part-2.safetensors")
    with open(f"{FOLDER}/parts.safetensors.index.json", "w") as file:
        json.dump({"metadata": {}, "weight_map": {
            k: f"part-{1 if k in half else 2}.safetensors" for k in state}}, file, indent=1)
    # Layers of other names, in the same order.
    renamed = {k.replace("conv", "0").replace("norm", "1").replace("depthwise", "3")
               .replace("hidden", "5").replace("answer", "6"): v for k, v in state.items()}
    torch.save(renamed, f"{FOLDER}/numbered.pth")
    for name in ("state.pth", "state-legacy.pth", "checkpoint.pt", "state.safetensors",
                 "parts.safetensors.index.json", "numbered.pth"):
        index["files"].append({"file": "model.json", "weights": name})
    index["made_with"] |= {"torch": torch.__version__, "safetensors": safetensors.__version__}
    with open(f"{FOLDER}/index.json", "w") as file:
        json.dump(index, file, indent=1)


if __name__ == "__main__":
    main()
