"""Spectrograms of signals."""

from .spec import case


def stft(what, inputs=(2, 40, 2), **more):
    return case("STFTSpectrogram", what, inputs, keras_2=False, tolerance=1e-4, frame_length=16,
                **more)


def mel(what, inputs=(2, 120), tolerance=2e-3, **more):
    return case("MelSpectrogram", what, inputs, keras_2=False, tolerance=tolerance,
                **{"fft_length": 32, "sequence_stride": 12, "num_mel_bins": 7,
                   "sampling_rate": 4000, **more})


CASES = [
    *[stft(mode, mode=mode) for mode in ("log", "magnitude", "psd", "real", "imag", "angle",
                                         "stft")],
    stft("same expanded", mode="magnitude", padding="same", expand_dims=True, frame_step=5),
    stft("long transform", mode="magnitude", fft_length=20, window="hamming", periodic=True,
         scaling="spectrum"),
    stft("no window", mode="psd", window=None, scaling=None, frame_step=16),
    stft("channels first", (2, 2, 40), mode="real", data_format="channels_first", cpu=False),
    stft("channels first expanded", (2, 2, 40), mode="psd", data_format="channels_first",
         expand_dims=True, cpu=False),
    mel("decibels"),
    mel("power", power_to_db=False, tolerance=1e-4),
    mel("magnitude", power_to_db=False, mag_exp=1.0, tolerance=1e-4, window="hamming"),
    mel("short frames", sequence_length=20, min_freq=100.0, max_freq=1500.0, top_db=20.0,
        ref_power=3.0),
    mel("no window", window=None, power_to_db=False, tolerance=1e-4),
]
