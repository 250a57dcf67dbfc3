#!/usr/bin/env python3
"""Checks a bundle of an Escriba audit log: verify.py BUNDLE [KEY]

Written from docs/log-format.md alone, with nothing but Python 3.9; it shares no code with Escriba. KEY is a verifier key of
C2SP (name+id+base64) that you have from somewhere else than the bundle. Exit: 0 all checked, 1 tampered, 2 wrong use,
3 consistent but nobody whom you named signed it, 4 texts missing without a record.

It does not check: what `server/` and `explain/keys.jsonl` say, but for their digests, so that a key which signs since a
rotation is one that you must know; witnesses; the README; and whether a leaf that is lawful makes sense in the catalogue."""
import base64, contextlib, hashlib, hmac, json, re, struct, sys, zlib

FILES = """events.jsonl events.sums openings.tsv range.proof proofs.tsv explain/entries.jsonl explain/keys.jsonl checkpoint
           server/anchor.json server/checkpoint catalogue.json README manifest.json""".split()
LAW = re.compile(rb'\{[A-Za-z0-9"._:/+=,\[\]{}-]*\}')


class Tampered(Exception):
    pass


def must(holds, place):
    if not holds:
        raise Tampered(place)


@contextlib.contextmanager
def reading(place):
    """What cannot be read there is not what was written."""
    try:
        yield
    except (ValueError, KeyError, TypeError, struct.error, zlib.error) as error:
        raise Tampered(place) from error


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64(text, length=32):
    data = base64.b64decode(text, validate=True)
    must(len(data) == length and base64.b64encode(data).decode() == text, f"{text} is not {length} bytes in base64")
    return data


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def unzip(data):
    """The members with their packed bytes. The archive must be, to the byte, what its directory says."""
    count, size, at = struct.unpack("<HII", data[-12:-2])
    body, directory, files = b"", b"", {}
    for _ in range(count):
        method, crc, packed, unpacked, length = struct.unpack("<10xH4xIIIH", data[at:at + 30])
        name, start = data[at + 46:at + 46 + length], len(body) + 30 + length
        title = name.decode("latin-1")
        flags, known = (8, (0, 0, 0)) if method else (0, (crc, packed, unpacked))
        fixed = lambda sizes: struct.pack("<HHHHHIIIHH", 20, flags, method, 0, 0x21, *sizes, length, 0)
        body += b"PK\3\4" + fixed(known) + name + data[start:start + packed]
        body += b"PK\7\x08" + struct.pack("<III", crc, packed, unpacked) if method else b""
        directory += b"PK\1\2" + struct.pack("<H", 20) + fixed((crc, packed, unpacked)) + bytes(10)
        directory += struct.pack("<I", start - 30 - length) + name
        raw = data[start:start + packed]
        stream = zlib.decompressobj(-15)
        with reading(title):
            content = stream.decompress(raw, unpacked + 1) if method else raw
        whole = not method or stream.eof and not stream.unused_data
        must(whole and len(content) == unpacked and zlib.crc32(content) == crc, title)
        must(title in FILES and title not in files, title)
        files[title] = content, raw
        at += 46 + length
    end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(body), 0)
    must(body + directory + end == data, "the archive")
    return files


def node(left, right):
    return sha256(b"\1", left, right)


def subtrees(begin, end):
    while begin < end:
        size = 1 << (end - begin).bit_length() - 1
        size = min(size, begin & -begin) if begin else size
        yield size
        begin += size


def push(tree, size, digest):
    while tree and tree[-1][0] == size:
        digest, size = node(tree.pop()[1], digest), size * 2
    tree.append((size, digest))


def root_of(tree):
    if not tree:
        return sha256()
    digest = tree[-1][1]
    for _, left in reversed(tree[:-1]):
        digest = node(left, digest)
    return digest


def included(digest, index, size, root, proof):  # RFC 9162, section 2.1.3.2
    last = size - 1
    for sibling in proof:
        if not last:
            return False
        if index & 1 or index == last:
            digest = node(sibling, digest)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            digest = node(digest, sibling)
        index, last = index >> 1, last >> 1
    return not last and digest == root


P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # RFC 8032, section 5.1
D = -121665 * pow(121666, -1, P) % P


def add(a, b):
    product = D * a[0] * b[0] * a[1] * b[1]
    x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + product, -1, P) % P
    return x, (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, P) % P


def times(number, point):
    total = (0, 1)
    while number:
        total, point, number = add(total, point) if number & 1 else total, add(point, point), number >> 1
    return total


def point(data):
    number = int.from_bytes(data, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    must((x * x - square) % P == 0 and y < P, "a point of a signature")
    return (P - x if x & 1 != sign else x), y


def signed(key, message, signature):
    s, base = int.from_bytes(signature[32:], "little"), point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return s < L and times(s, base) == add(point(signature[:32]), times(k, point(key)))


def checkpoint(note, key):
    """Origin, size and root, and whether the user's key signed."""
    text, _, lines = note.rpartition("\n\n")
    origin, size, root, *_ = (text + "\n").split("\n")
    must(lines.endswith("\n"), "checkpoint")
    known = False
    for line in lines.splitlines():
        mark, name, data = line.split(" ")
        data = base64.b64decode(data, validate=True)
        must(mark == "\u2014" and len(data) > 4, "checkpoint")
        if key and name == origin and key[0].split(".")[0] == origin.split(".")[0]:
            if data[:4] == sha256(origin.encode(), b"\n\1", key[1])[:4]:  # One key signs all logs of a server.
                must(signed(key[1], text.encode() + b"\n", data[4:]), "checkpoint: a signature")
                known = True
    return origin, int(size), b64(root), known


def lawful(value, depth=1):
    if isinstance(value, (dict, list)):
        inner = value.values() if isinstance(value, dict) else value
        return depth <= 4 and len(value) > 0 and all(lawful(part, depth + 1) for part in inner)
    return isinstance(value, str) and value != "" or isinstance(value, int) and 0 <= value < 2**53


def leaf_of(text, origin, place):
    must(LAW.fullmatch(text) and len(text) <= 4096, place)
    with reading(place):
        leaf = json.loads(text)
        must(canonical(leaf).encode() == text and lawful(leaf) and leaf["log"] == origin, place)
        return leaf


def opening_of(line, place):
    with reading(place):
        commitment, key, name, value = line.split("\t")
        made = hmac.new(b64(key), f"escriba-commitment-v1\n{name}\n{value}".encode(), "sha256").digest()
        must(made == b64(commitment), place)
    return commitment, name, value


def verify(data, key):
    packed = unzip(data)
    files = {name: content.decode() for name, (content, _) in packed.items()}
    manifest = json.loads(files["manifest.json"])
    own = manifest.pop("sha256")
    must(b64(own) == sha256(canonical(manifest).encode()), "manifest.json")
    must(canonical({**manifest, "sha256": own}) == files["manifest.json"], "manifest.json")
    is_range = {"range": True, "filtered": False}[manifest["kind"]]
    absent = {"proofs.tsv" if is_range else "range.proof"}
    absent |= set() if "server/checkpoint" in files else {"server/anchor.json", "server/checkpoint"}
    must(list(files) == [name for name in FILES if name not in absent], "the members and their order")
    must(manifest["format"] == "escriba-bundle-v1", "manifest.json: the format")
    must(set(manifest["files"]) == set(files) - {"README", "manifest.json"}, "manifest.json")
    for name, facts in manifest["files"].items():
        content, raw = packed[name]
        must((len(content), sha256(content), sha256(raw)) == (facts["bytes"], b64(facts["sha256"]), b64(facts["packed"])), name)
    origin, size, root, known = checkpoint(files["checkpoint"], key)
    must(origin == manifest["origin"], "checkpoint")
    begin, end = manifest["range"]["begin"], manifest["range"]["end"]

    given = {}
    for number, line in enumerate(files["openings.tsv"].split("\n")[:-1], 1):
        commitment, name, value = opening_of(line, f"openings.tsv, line {number}")
        given[commitment] = name, value
    leaves, hashes, time = [], [], 0
    for number, line in enumerate(files["events.jsonl"].split("\n")[:-1], 1):
        leaf = leaf_of(line.encode(), origin, f"events.jsonl, line {number}")
        hashes.append(sha256(b"\0", line.encode()))
        must(hashes[-1].hex()[:8] == files["events.sums"][number * 9 - 9:number * 9 - 1], f"events.jsonl, line {number}")
        must(leaf["ts"] >= time, f"events.jsonl, line {number}")
        time = leaf["ts"]
        leaves.append(leaf)
    must(len(leaves) == manifest["entries"] == len(files["events.sums"]) // 9, "events.jsonl")

    if is_range:
        numbers, *proof = files["range.proof"].split("\n")[:-1]
        must(numbers == f"{begin}\t{end}\t{size}" and len(leaves) == end - begin, "range.proof")
        left, right = list(subtrees(0, begin)), list(subtrees(end, size))
        must(len(proof) == len(left) + len(right), "range.proof")
        rows = [(1, digest) for digest in hashes]
        tree, proof = [], [b64(line) for line in proof]
        for width, digest in [*zip(left, proof), *rows, *zip(right, proof[len(left):])]:
            push(tree, width, digest)
        must(root_of(tree) == root, "range.proof")
        places = range(begin, end)
        if window := manifest.get("window"):
            before = begin == 0 or leaves and leaves[0]["ts"] < window["from"]
            must(before and (end == size or leaves and leaves[-1]["ts"] >= window["until"]), "manifest.json: the window")
    else:
        rows = [line.split("\t") for line in files["proofs.tsv"].split("\n")[:-1]]
        places = [int(row[0]) for row in rows]
        must(len(rows) == len(leaves) and places == sorted(set(places)), "proofs.tsv")
        for number, (digest, row) in enumerate(zip(hashes, rows), 1):
            proof = [b64(text) for text in row[1:]]
            must(included(digest, int(row[0]), size, root, proof), f"proofs.tsv, line {number}")

    destroyed = {}

    def record(leaf, place, openings):
        if leaf["type"] == "escriba-openings-destroyed" and leaf["outcome"] == "succeeded":
            _, value = openings.get(leaf["c"].get("destroyed"), ("", "[]"))
            destroyed.update({commitment: max(place, destroyed.get(commitment, 0)) for commitment in json.loads(value)})

    for number, line in enumerate(files["explain/entries.jsonl"].split("\n")[:-1], 1):
        entry, where = json.loads(line), f"explain/entries.jsonl, line {number}"
        text = canonical(entry["leaf"]).encode()
        leaf = leaf_of(text, origin, where)
        proof = [b64(digest) for digest in entry["proof"]]
        must(included(sha256(b"\0", text), entry["index"], size, root, proof), where)
        openings = {found[0]: found[1:] for found in (opening_of(line, where) for line in entry["openings"])}
        must(all(leaf["c"].get(name) == commitment for commitment, (name, _) in openings.items()), where)
        record(leaf, entry["index"], openings)
    for leaf, place in zip(leaves, places):
        record(leaf, place, given)
    needed, missing = set(), None
    for leaf, place in zip(leaves, places):
        for name, commitment in leaf["c"].items():
            needed.add(commitment)
            lasting = name == "destroyed"
            if commitment in given:
                must(given[commitment][0] == name, f"the {name} of entry {place}")
            elif lasting or destroyed.get(commitment, -1) <= place and name not in manifest.get("withheld", []):
                missing = missing or f"{name} of entry {place}"
    must(set(given) <= needed, "openings.tsv: an opening that no entry needs")
    return len(leaves), missing, known


def main(arguments):
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    key = None
    if len(arguments) == 2:
        name, _, data = arguments[1].split("+", 2)
        key = name, b64(data, 33)[1:]
    try:
        with open(arguments[0], "rb") as file:
            entries, missing, known = verify(file.read(), key)
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    except Tampered as place:
        print(f"TAMPERED, first here: {place}")
        return 1
    except Exception as error:  # What cannot be read is not what was written.
        print(f"TAMPERED: {error!r}")
        return 1
    if missing:
        print(f"A text is missing without a record: the {missing}")
        return 4
    print(f"{entries} entries checked;", "signed by the key you supplied" if known else "the signer is unknown")
    return 0 if known else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
