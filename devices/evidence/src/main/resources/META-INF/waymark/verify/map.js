// The sorted Merkle map over link tags: what it shows of one tag. FORMAT.md §6.1.
import {ZERO32, same, sha256, u8} from './bytes.js';

export const PRESENT = 'presence';
export const ABSENT = 'absence';

export const MAX_SIBLINGS = 256;

export const tagHash = tag => sha256(u8(6), tag);
export const mapNode = (left, right) => sha256(u8(7), left, right);
export const tagBit = (tag, depth) => (tag[depth >> 3] >> (7 - (depth & 7))) & 1;

/**
 * PRESENT or ABSENT, or null for a proof that does not lead to `root`, is about another place or is not in the one canonical form.
 *
 * @param siblings hashes of 32 bytes from below the root downwards
 * @param terminal the only tag of the subtree reached, or null when that is empty
 */
export async function findTag(tag, root, siblings, terminal) {
  const depth = siblings.length;
  if (depth > MAX_SIBLINGS || [tag, root, ...siblings].some(part => part.length !== 32)) return null;
  // Beside an empty subtree there are at least two tags, or the parent would have been written as its only tag or as empty.
  if (depth > 0 && same(siblings[depth - 1], ZERO32)) return null;
  if (terminal !== null) {
    if (terminal.length !== 32) return null;
    for (let d = 0; d < depth; d++) if (tagBit(terminal, d) !== tagBit(tag, d)) return null;
  }
  let hash = terminal === null ? ZERO32 : await tagHash(terminal);
  for (let d = depth - 1; d >= 0; d--) hash = await (tagBit(tag, d) === 1 ? mapNode(siblings[d], hash) : mapNode(hash, siblings[d]));
  if (!same(hash, root)) return null;
  return terminal !== null && same(terminal, tag) ? PRESENT : ABSENT;
}
