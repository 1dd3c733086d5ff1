"""Random damage to files, by what is in them: bytes, numbers, text, JSON, zip archives."""
import io
import json
import struct
import zipfile
from copy import deepcopy

NUMBERS = [0, 1, -1, 2, 3, 7, 127, 128, 255, 256, 65535, 1 << 16, 1 << 20, 1 << 24, (1 << 31) - 1,
           1 << 31, (1 << 32) - 1, 1 << 32, 1 << 40, 1 << 56, (1 << 63) - 1, -(1 << 63), (1 << 64) - 1]
ODD_VALUES = [None, True, False, "", "x", [], {}, [None], [[]], {"": 0}, 0.5, -0.0, 1e-300, 1e308,
              float("nan"), float("inf"), "float16", "string", "../x", "\u0000", "a/b:0", "é" * 200]


def damaged(rng, data, others=()):
    """`data` after one kind of damage or several; `others` lend parts."""
    if data[:2] == b"PK" and rng.random() < 0.5:
        rebuilt = damaged_zip(rng, data, others)
        if rebuilt is not None:
            return rebuilt
    if data[:1] in b"{[" and rng.random() < 0.7:
        try:
            return damaged_json(rng, data)
        except (ValueError, RecursionError):
            pass
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3, 8])):
        rng.choice(KINDS)(rng, data, others)
    return bytes(data)


def flip_bit(rng, data, others):
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def set_byte(rng, data, others):
    if data:
        data[rng.randrange(len(data))] = rng.choice([0, 1, 0x7f, 0x80, 0xff, rng.randrange(256)])


def set_number(rng, data, others):
    """A field of 1 to 8 bytes of either order becomes another number, or one near to it."""
    size = rng.choice([1, 2, 4, 8])
    if len(data) < size:
        return
    at = rng.randrange(len(data) - size + 1)
    order = rng.choice(["little", "big"])
    now = int.from_bytes(data[at:at + size], order)
    value = rng.choice([now + rng.randint(-4, 4), now * 2, now // 2, -now, len(data), *NUMBERS])
    data[at:at + size] = (value % (1 << 8 * size)).to_bytes(size, order)


def set_head(rng, data, others):
    """The start of a file, where most formats declare what they hold."""
    head = bytearray(data[:64])
    rng.choice([flip_bit, set_byte, set_number])(rng, head, others)
    data[:64] = head


def change_text(rng, data, others):
    """Digits or a word of text change and keep their length, so that whatever holds them still fits."""
    if not data:
        return
    start = rng.randrange(len(data))
    digits = rng.random() < 0.6
    for at in range(start, min(len(data), start + 4096)):
        if digits and 0x30 <= data[at] <= 0x39:
            data[at] = rng.choice(b"0123456789-.e")
            if rng.random() < 0.5:
                return
            digits = rng.random() < 0.7
        elif not digits and data[at] in b'"':
            end = data.find(b'"', at + 1, at + 60)
            other = data.find(b'"', rng.randrange(len(data)))
            if end > 0 and other >= 0:
                word = data[other + 1:other + end - at]
                data[at + 1:at + 1 + len(word)] = word
            return


def delete(rng, data, others):
    if data:
        at = rng.randrange(len(data))
        del data[at:at + rng.choice([1, 4, 8, 64, 512, len(data) // 4 + 1])]


def insert(rng, data, others):
    at = rng.randrange(len(data) + 1)
    size = rng.choice([1, 4, 8, 64, 512])
    data[at:at] = rng.choice([bytes(size), b"\xff" * size, rng.randbytes(size)])


def copy(rng, data, others):
    """A piece stands somewhere else, too."""
    if data:
        size = rng.choice([1, 4, 8, 16, 64, 512])
        source, target = rng.randrange(len(data)), rng.randrange(len(data))
        piece = data[source:source + size]
        if rng.random() < 0.7:
            data[target:target + len(piece)] = piece
        else:
            data[target:target] = piece


def truncate(rng, data, others):
    del data[rng.randrange(len(data) + 1):]


def splice(rng, data, others):
    """The end of another file."""
    if others and data:
        other = rng.choice(others)
        del data[rng.randrange(len(data)):]
        data += other[rng.randrange(len(other) + 1):]


KINDS = [flip_bit, set_byte, set_number, set_number, set_head, set_head, change_text, change_text,
         delete, insert, copy, truncate, splice]


def damaged_zip(rng, data, others):
    """A sound archive whose member is damaged, renamed, missing or there twice; None if it has none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(info, archive.read(info)) for info in archive.infolist()]
    except (zipfile.BadZipFile, struct.error, RuntimeError, OSError, ValueError,
            EOFError, zipfile.zlib.error):
        return None
    if not members:
        return None
    index = rng.randrange(len(members))
    info, content = members[index]
    action = rng.random()
    if action < 0.9:
        members[index] = (info, damaged(rng, content, [c for _, c in members] + list(others)[:2]))
    elif action < 0.93:
        del members[index]
    elif action < 0.96:
        members.append((info, content))
    else:
        info.filename = rng.choice(["../x", "/x", "config.json", "x" * 300, "", members[0][0].filename])
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as archive:
        for info, content in members:
            archive.writestr(zipfile.ZipInfo(info.filename), content)
    return output.getvalue()


def damaged_json(rng, data):
    """A sound text of values that are not: other types, numbers, names, shapes, references."""
    root = [json.loads(data)]
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        places = list(_places(root))
        holder, key = rng.choice(places)
        value = holder[key]
        action = rng.random()
        if action < 0.15 and holder is not root:
            del holder[key]
        elif action < 0.3:
            holder[key] = _odd(rng)
        elif action < 0.45:
            other, name = rng.choice(places)
            try:
                holder[key] = json.loads(json.dumps(other[name]))  # A copy, lest it hold itself.
            except (KeyError, IndexError):
                pass
        elif isinstance(value, list) and action < 0.8:
            rng.choice([lambda: value.append(rng.choice([0, 1, None, deepcopy(value[:1])])),
                        lambda: value.extend(deepcopy(value[:8])), lambda: rng.shuffle(value),
                        value.clear, value.reverse])()
        elif isinstance(value, dict) and action < 0.8:
            value[rng.choice(["units", "shape", "dtype", "name", "config", "class_name", "x"])] = \
                _odd(rng, NUMBERS)
        elif isinstance(value, bool):
            holder[key] = not value
        elif isinstance(value, (int, float)):
            holder[key] = rng.choice([value + 1, value - 1, -value, value * 2, value + 0.5,
                                      value * 1000, rng.choice(NUMBERS)])
        elif isinstance(value, str):
            texts = [h[k] for h, k in places if isinstance(h[k], str)]
            holder[key] = rng.choice([rng.choice(texts), value + "x", value[:-1], value.upper(),
                                      str(rng.choice(NUMBERS))])
        else:
            holder[key] = _odd(rng, NUMBERS)
    return json.dumps(root[0], ensure_ascii=rng.random() < 0.5).encode("utf-8", "replace")


def _odd(rng, others=()):
    """A copy: what is changed in one place later stays as it is in others, and nothing holds itself."""
    return deepcopy(rng.choice([*ODD_VALUES, *others]))


def _places(root):
    """Where every value of a tree lies."""
    stack = [root]
    while stack:
        holder = stack.pop()
        for key in (holder if isinstance(holder, dict) else range(len(holder))):
            yield holder, key
            if isinstance(holder[key], (dict, list)):
                stack.append(holder[key])
