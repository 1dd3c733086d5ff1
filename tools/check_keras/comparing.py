"""When two results count as alike."""

import numpy as np


class Unlike(Exception):
    """Two results differ; the text says where and by how much."""


def arrays_alike(got, wanted, tolerance):
    """Absolute plus relative tolerance on every element of every output."""
    if len(got) != len(wanted):
        raise Unlike(f"{len(got)} outputs, {len(wanted)} expected")
    for index, (mine, theirs) in enumerate(zip(got, wanted)):
        if np.asarray(theirs).dtype.kind == "U":
            mine, theirs = np.asarray(mine), np.asarray(theirs)
            if mine.shape != theirs.shape or (mine != theirs).any():
                raise Unlike(f"output {index}: {mine.tolist()}, {theirs.tolist()} expected")
            continue
        mine, theirs = np.asarray(mine, np.float64), np.asarray(theirs, np.float64)
        if mine.shape != theirs.shape:
            raise Unlike(f"output {index}: shape {list(mine.shape)}, {list(theirs.shape)} expected")
        off = np.abs(mine - theirs)
        beyond = ~(off <= tolerance + tolerance * np.abs(theirs))
        if beyond.any():
            worst = np.unravel_index(np.nanargmax(np.where(beyond, np.nan_to_num(off, nan=np.inf), -1)),
                                     off.shape)
            raise Unlike(f"output {index}: {beyond.sum()} of {off.size} differ, worst at "
                         f"{[int(i) for i in worst]}: {mine[worst]:.7g}, {theirs[worst]:.7g} expected")


def alike_to_largest(got, wanted, tolerance):
    """Tolerance relative to the largest value of each output: for deep random networks."""
    scales = [max(np.abs(w).max(), 1e-30) for w in wanted]
    arrays_alike([g / s for g, s in zip(got, scales)], [w / s for w, s in zip(wanted, scales)],
                 tolerance)


def histories_alike(got, wanted, tolerance):
    """Relative tolerance for losses; other metrics absolute, since a tie may turn one sample."""
    for key, theirs in wanted.items():
        if key not in got:
            raise Unlike(f"no {key} in the history, only {', '.join(got)}")
        mine = got[key]
        if len(mine) != len(theirs):
            raise Unlike(f"{key}: {len(mine)} epochs, {len(theirs)} expected")
        for epoch, (a, b) in enumerate(zip(mine, theirs)):
            if a is None or not abs(a - b) <= tolerance * max(abs(b), 1e-3):
                raise Unlike(f"{key} in epoch {epoch + 1}: {a}, {b} expected; "
                             f"all: {mine}, expected {theirs}")
