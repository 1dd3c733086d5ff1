"""Resizing and CenterCrop."""

from .spec import Ints, case

BOTH = ("nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5")


def resizing(what, inputs, height, width, **more):
    return case("Resizing", what, inputs, height=height, width=width, spread=100.0,
                tolerance=1e-4, **more)


CASES = [
    *[resizing(f"{how} larger", (2, 4, 5, 2), 7, 9, interpolation=how) for how in BOTH],
    *[resizing(f"{how} smaller", (2, 9, 7, 2), 4, 3, interpolation=how) for how in BOTH],
    *[resizing(f"{how} smaller antialiased", (1, 9, 11, 2), 4, 3, interpolation=how,
               antialias=True, keras_2=False) for how in BOTH],
    *[resizing(f"{how} larger antialiased", (1, 4, 5, 2), 7, 9, interpolation=how,
               antialias=True, keras_2=False) for how in ("bilinear", "bicubic", "lanczos3")],
    *[resizing(f"{how} {size[0]}", (2, 5, 7, 2), *size[1], interpolation=how, keras_3=False)
      for how in ("gaussian", "mitchellcubic")
      for size in (("larger", (8, 9)), ("smaller", (3, 4)), ("one axis", (5, 3)),
                   ("same", (5, 7)))],
    resizing("bilinear one axis", (2, 4, 6, 3), 4, 3),
    resizing("same size", (2, 4, 6, 3), 4, 6, interpolation="bicubic"),
    resizing("to one pixel", (2, 4, 6, 1), 1, 1),
    resizing("from one pixel", (2, 1, 1, 3), 3, 2, interpolation="bicubic"),
    resizing("cropped wide", (2, 4, 9, 2), 6, 6, crop_to_aspect_ratio=True),
    resizing("cropped high", (2, 9, 4, 2), 4, 6, crop_to_aspect_ratio=True,
             interpolation="nearest"),
    resizing("padded wide", (2, 4, 9, 2), 6, 6, pad_to_aspect_ratio=True, fill_value=3.5,
             keras_2=False),
    resizing("padded high", (2, 9, 4, 2), 4, 6, pad_to_aspect_ratio=True, fill_mode="constant",
             interpolation="bicubic", keras_2=False),
    resizing("channels first", (2, 3, 4, 6), 7, 5, data_format="channels_first", keras_2=False),
    resizing("channels first cropped", (2, 3, 4, 9), 5, 5, data_format="channels_first",
             crop_to_aspect_ratio=True, keras_2=False),
    resizing("whole numbers", Ints((2, 4, 5, 3), 255), 7, 3, keras_2=False),
    resizing("whole numbers bicubic", Ints((2, 4, 5, 3), 255), 7, 9, interpolation="bicubic",
             keras_2=False),
    case("CenterCrop", "even", (2, 6, 8, 3), height=4, width=4),
    case("CenterCrop", "odd", (2, 7, 8, 3), height=4, width=3),
    case("CenterCrop", "whole", (2, 4, 4, 1), height=4, width=4),
    case("CenterCrop", "smaller image", (2, 3, 5, 2), height=4, width=4),
    case("CenterCrop", "one side smaller", (2, 3, 9, 2), height=5, width=4),
    case("CenterCrop", "channels first", (2, 3, 6, 8), height=4, width=4,
         data_format="channels_first", keras_2=False),
]
