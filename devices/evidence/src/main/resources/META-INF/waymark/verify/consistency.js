// Whether a log only ever grew. Loaded when a browser that kept an earlier checkpoint comes back. FORMAT.md §7; RFC 9162 §2.1.4.
import {hex, same, sha256} from './bytes.js';
import {all32, half, nodeHash, odd, split, treeOfTiles} from './merkle.js';
import {InvalidNote, noteKey, verifiedCheckpoint} from './note.js';
import {CANNOT_TELL, FAIL, PASS, byTiles} from './proof.js';

/** Whether the tree of `oldSize` leaves is the beginning of the tree of `newSize`. */
export async function isConsistent(oldSize, newSize, path, oldRoot, newRoot) {
  if (!(Number.isSafeInteger(newSize) && oldSize >= 0 && oldSize <= newSize) || !all32([oldRoot, newRoot, ...path])) return false;
  if (oldSize === 0) return path.length === 0 && same(oldRoot, await sha256(new Uint8Array(0))) && (newSize > 0 || same(oldRoot, newRoot));
  if (oldSize === newSize) return path.length === 0 && same(oldRoot, newRoot);
  if (path.length === 0) return false;
  let fn = oldSize - 1;
  let sn = newSize - 1;
  while (odd(fn)) {
    fn = half(fn);
    sn = half(sn);
  }
  // A full old tree is itself the first node, and is not repeated in the path.
  const rest = fn === 0 ? path : path.slice(1);
  let oldHash = fn === 0 ? oldRoot : path[0];
  let newHash = oldHash;
  for (const sibling of rest) {
    if (sn === 0) return false;
    if (odd(fn) || fn === sn) {
      oldHash = await nodeHash(sibling, oldHash);
      newHash = await nodeHash(sibling, newHash);
      while (!odd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      newHash = await nodeHash(newHash, sibling);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && same(oldHash, oldRoot) && same(newHash, newRoot);
}

/** The path from the tree's first `oldSize` leaves to all of it, 0 < oldSize ≤ size: SUBPROOF of RFC 9162 §2.1.4.1. */
export function consistencyPath(oldSize, tree) {
  // `known` while the old tree's root is itself the subtree's.
  async function subproof(from, to, known) {
    if (oldSize === to) return known ? [] : [await tree.range(from, to)];
    const middle = from + split(to - from);
    return oldSize <= middle
      ? [...(await subproof(from, middle, known)), await tree.range(middle, to)]
      : [...(await subproof(middle, to, false)), await tree.range(from, middle)];
  }
  return subproof(0, tree.size, true);
}

/**
 * Whether the log only grew between a checkpoint kept from earlier and the proof's, whichever is older: {check, newer: whether the proof's is the
 * one to keep from now on}.
 */
export async function consistencyWith(keptNote, proof, vkey, fetchTile) {
  const name = 'checkpoint consistency';
  const now = proof.checkpoint;
  let kept;
  try {
    kept = await verifiedCheckpoint(keptNote, proof.log ?? (await noteKey(vkey)));
  } catch (e) {
    if (!(e instanceof InvalidNote)) throw e;
    // Signed by a key that the proof tells no hand-over from: somebody shows another log under this one's name. The browser says cannot-tell on
    // every visit, and keeps what it kept.
    return {check: {name, lookedAt: 'checkpoint kept by this browser', outcome: CANNOT_TELL, expected: `signed by ${vkey}`, seen: e.message}, newer: false};
  }
  const [older, newer] = kept.size <= now.size ? [kept, now] : [now, kept];
  const expected = `the tree of ${newer.size} entries begins with that of ${older.size}`;
  const check = await byTiles('checkpoint kept by this browser', name, expected, async () => {
    const path = older.size === 0 || older.size === newer.size ? [] : await consistencyPath(older.size, treeOfTiles(newer.size, fetchTile));
    const grew = await isConsistent(older.size, newer.size, path, older.root, newer.root);
    return grew ? [PASS, 'it does'] : [FAIL, `roots ${hex(older.root)} and ${hex(newer.root)} do not fit`];
  });
  return {check, newer: now.size > kept.size};
}
