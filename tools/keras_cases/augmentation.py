"""Random and fixed changes of images, outside training."""

from .spec import case

SHAPE = (2, 4, 5, 3)


def image(name, what="", keras_2=False, **arguments):
    return case(name, what, SHAPE, spread=100.0, keras_2=keras_2, tolerance=1e-4, **arguments)


CASES = [
    image("RandomFlip", "both ways", keras_2=True),
    image("RandomFlip", "horizontal", keras_2=True, mode="horizontal", seed=3),
    image("RandomRotation", "20 %", keras_2=True, factor=0.2),
    image("RandomRotation", "range", keras_2=True, factor=(-0.1, 0.3), fill_mode="constant",
          fill_value=1.5, interpolation="nearest"),
    image("RandomZoom", "height", keras_2=True, height_factor=0.2),
    image("RandomZoom", "both", keras_2=True, height_factor=(-0.2, 0.1), width_factor=0.3,
          fill_mode="wrap"),
    image("RandomTranslation", "both", keras_2=True, height_factor=0.2, width_factor=(-0.1, 0.3)),
    image("RandomContrast", "range", keras_2=True, factor=(0.3, 0.3)),
    image("RandomContrast", "one number", factor=0.3, value_range=(0, 1)),
    image("RandomBrightness", "20 %", keras_2=True, factor=0.2),
    image("RandomBrightness", "unit range", keras_2=True, factor=(-0.1, 0.2), value_range=(0, 1)),
    image("RandomCrop", "smaller", height=4, width=5),
    image("RandomHue", factor=0.2),
    image("RandomSaturation", factor=0.2),
    image("RandomColorJitter", brightness_factor=0.2, contrast_factor=0.1),
    image("RandomColorDegeneration", factor=0.2),
    image("RandomGrayscale", factor=0.4),
    image("RandomPosterization", factor=4),
    image("RandomSharpness", factor=0.3),
    image("RandomShear", x_factor=0.2, y_factor=(0.1, 0.2), fill_mode="nearest"),
    image("RandomPerspective", factor=0.5, scale=0.3),
    image("RandomGaussianBlur", factor=0.5, kernel_size=(3, 5), sigma=0.7),
    image("RandomErasing", factor=0.5),
    image("RandomElasticTransform", factor=0.5),
    image("RandomInvert", factor=0.5),
    image("RandAugment", num_ops=3),
    image("AugMix", num_chains=2),
    image("MixUp", alpha=0.3),
    image("CutMix", factor=0.6),
    image("Solarization", addition_factor=0.2, threshold_factor=0.3),
    image("AutoContrast"),
    image("AutoContrast", "unit range", value_range=(0, 1)),
    image("MaxNumBoundingBoxes", max_number=3),
    # Ranges of one number: what happens in training is no chance.
    *[image("RandomRotation", f"always {fill} {how}", factor=(0.13, 0.13), fill_mode=fill,
            interpolation=how, fill_value=7.0, training="outputs")
      for fill, how in (("constant", "bilinear"), ("reflect", "nearest"), ("wrap", "bilinear"),
                        ("nearest", "bilinear"))],
    image("RandomZoom", "always", height_factor=(0.3, 0.3), width_factor=(-0.2, -0.2),
          training="outputs"),
    image("RandomZoom", "always in proportion", height_factor=(-0.25, -0.25), fill_mode="constant",
          fill_value=3.0, training="outputs"),
    image("RandomTranslation", "always", height_factor=(0.3, 0.3), width_factor=(-0.1, -0.1),
          training="outputs"),
    image("RandomTranslation", "always wrapped", height_factor=(-0.5, -0.5),
          width_factor=(0.4, 0.4), fill_mode="wrap", interpolation="nearest", training="outputs"),
    image("RandomBrightness", "always", factor=(-0.15, -0.15), training="outputs"),
    image("RandomContrast", "never", factor=(0.0, 0.0), value_range=(-20, 30), training="outputs"),
    image("RandomCrop", "always whole", height=4, width=5, training="outputs"),
    image("RandomCrop", "always resized", height=6, width=3, training="outputs"),
    image("AutoContrast", "in training", training="outputs"),
    image("RandomGrayscale", "always", factor=1.0, training="outputs"),
    image("RandomGrayscale", "never", factor=0.0, training="outputs"),
    image("RandomInvert", "always", factor=(1.0, 1.0), value_range=(0, 100), training="outputs"),
    image("RandomColorDegeneration", "always", factor=(0.4, 0.4), value_range=(-80, 90),
          training="outputs"),
    image("RandomPosterization", "always", factor=(3, 3), value_range=(-100, 100),
          training="outputs"),
    image("RandomSharpness", "always", factor=(0.8, 0.8), value_range=(-90, 90),
          training="outputs"),
    image("Solarization", "always", addition_factor=(0.0, 0.0), threshold_factor=(0.0, 0.0),
          value_range=(-100, 100), training="outputs"),
    image("RandomShear", "never", x_factor=0.0, y_factor=0.0, training="outputs"),
]
