"""Checks a published log with Python: the note's signature, the root from the entries, and Java's inclusion proofs.

python3 check.py FOLDER VKEY PROOFS      PROOFS: one line per entry, index and path hashes in hex
Written from the C2SP documents and RFC 9162, not from the Java code.
"""
import base64
import hashlib
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha256(data):
    return hashlib.sha256(data).digest()


def name(index, width):
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    return "/".join(groups) + ("" if width == 256 else f".p/{width}")


def tree_hash(hashes):
    if len(hashes) == 1:
        return hashes[0]
    k = 1 << ((len(hashes) - 1).bit_length() - 1)
    return sha256(b"\x01" + tree_hash(hashes[:k]) + tree_hash(hashes[k:]))


def root_from(index, size, leaf, path):
    fn, sn, r = index, size - 1, leaf
    for p in path:
        assert sn > 0
        if fn & 1 or fn == sn:
            r = sha256(b"\x01" + p + r)
            while fn and not fn & 1:
                fn >>= 1
                sn >>= 1
        else:
            r = sha256(b"\x01" + r + p)
        fn >>= 1
        sn >>= 1
    assert sn == 0
    return r


def main(folder, vkey, proofs):
    key_name, key_id, material = vkey.split("+", 2)
    material = base64.b64decode(material)
    assert sha256(key_name.encode() + b"\n" + material)[:4].hex() == key_id
    text, _, lines = open(f"{folder}/checkpoint", encoding="utf-8").read().rpartition("\n\n")
    text += "\n"
    _, signer, signature = lines.splitlines()[0].split(" ")
    raw = base64.b64decode(signature)
    assert signer == key_name and raw[:4].hex() == key_id
    Ed25519PublicKey.from_public_bytes(material[1:]).verify(raw[4:], text.encode())
    origin, size, root = text.split("\n")[:3]
    size, root = int(size), base64.b64decode(root)
    leaves = []
    while len(leaves) < size:
        width = min(256, size - len(leaves))
        bundle = open(f"{folder}/tile/entries/{name(len(leaves) // 256, width)}", "rb").read()
        at = 0
        while at < len(bundle):
            (length,) = struct.unpack(">H", bundle[at : at + 2])
            leaves.append(sha256(b"\x00" + bundle[at + 2 : at + 2 + length]))
            at += 2 + length
    assert len(leaves) == size and tree_hash(leaves) == root
    count = 0
    for line in open(proofs, encoding="ascii"):
        index, *path = line.split()
        assert root_from(int(index), size, leaves[int(index)], [bytes.fromhex(p) for p in path]) == root, index
        count += 1
    assert count == size
    print(f"python: note, root and {size} inclusion proofs hold")


main(*sys.argv[1:])
