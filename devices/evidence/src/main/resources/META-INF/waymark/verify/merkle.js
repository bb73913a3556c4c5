// Merkle tree: inclusion and tiles. FORMAT.md §6, §8; RFC 9162 §2.1.3; c2sp.org/tlog-tiles.
import {Malformed, same, sha256, u8} from './bytes.js';

// Indexes and sizes are numbers, exact below 2^53: 95,000 years of 3,000 entries a second. Shifts would cut them to 32 bits.
export const half = n => Math.floor(n / 2);
export const odd = n => n % 2 === 1;

export const leafHash = entry => sha256(u8(0), entry);
export const nodeHash = (left, right) => sha256(u8(1), left, right);

export const all32 = path => path.every(hash => hash.length === 32);

/** The root that leaf, index and path lead to in a tree of `size` leaves; null when they cannot belong to such a tree. */
export async function rootByInclusion(index, size, leaf, path) {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size || !all32([leaf, ...path])) return null;
  let hash = leaf;
  let fn = index;
  let sn = size - 1;
  for (const sibling of path) {
    if (sn === 0) return null;
    if (odd(fn) || fn === sn) {
      hash = await nodeHash(sibling, hash);
      while (!odd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      hash = await nodeHash(hash, sibling);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 ? hash : null;
}

/** The largest power of two below n, where a tree of n leaves divides. */
export function split(n) {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

const TILE = 256;

/** `tile/0/x001/x234/067` for level 0, index 1234067; with `.p/{width}` when the tile is not full. No leading slash. */
export function tilePath(level, index, width) {
  let groups = String(index % 1000).padStart(3, '0');
  for (let n = Math.floor(index / 1000); n > 0; n = Math.floor(n / 1000)) groups = `x${String(n % 1000).padStart(3, '0')}/${groups}`;
  return `tile/${level}/${groups}${width === TILE ? '' : `.p/${width}`}`;
}

/**
 * The tree of `size` leaves as its tiles tell it. `fetchTile(path)` → bytes, or null when there is none; what it throws reaches the caller.
 * A partial tile may be deleted once the full one exists, so the full one is asked for next.
 */
export function treeOfTiles(size, fetchTile) {
  const tiles = new Map();

  async function load(level, index) {
    const entries = Math.floor(size / TILE ** level);
    const width = Math.min(TILE, entries - index * TILE);
    let bytes = await fetchTile(tilePath(level, index, width));
    if (bytes === null && width < TILE) bytes = (await fetchTile(tilePath(level, index, TILE)))?.subarray(0, width * 32) ?? null;
    if (bytes === null) throw new Error(`no ${tilePath(level, index, width)}`);
    if (bytes.length !== width * 32) throw new Malformed('WRONG_LENGTH', `${tilePath(level, index, width)} has ${bytes.length} bytes`);
    return bytes;
  }

  function tile(level, index) {
    const name = `${level}/${index}`;
    if (!tiles.has(name)) tiles.set(name, load(level, index));
    return tiles.get(name);
  }

  // The root of the n-th perfect subtree of 2^height leaves: in a tile, or up to 7 levels above one.
  async function perfect(height, n) {
    const level = Math.floor(height / 8);
    const above = height % 8;
    const first = n * 2 ** above;
    const bytes = await tile(level, Math.floor(first / TILE));
    let row = Array.from({length: 2 ** above}, (_, i) => {
      const at = ((first + i) % TILE) * 32;
      return bytes.subarray(at, at + 32);
    });
    while (row.length > 1) row = await Promise.all(row.filter((_, i) => !odd(i)).map((left, i) => nodeHash(left, row[2 * i + 1])));
    return row[0];
  }

  async function range(from, to) {
    const length = to - from;
    const height = Math.log2(length);
    if (Number.isInteger(height) && from % length === 0) return perfect(height, from / length);
    const middle = from + split(length);
    return nodeHash(await range(from, middle), await range(middle, to));
  }

  async function inclusion(index, from, to) {
    if (to - from === 1) return [];
    const middle = from + split(to - from);
    return index < middle
      ? [...(await inclusion(index, from, middle)), await range(middle, to)]
      : [...(await inclusion(index, middle, to)), await range(from, middle)];
  }

  return {
    size,
    leaf: index => perfect(0, index),
    inclusion: index => inclusion(index, 0, size),
    /** The root over leaves `from` to `to` − 1. */
    range,
  };
}
