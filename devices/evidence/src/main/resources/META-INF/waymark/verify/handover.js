// How a log's key went from one to the next. Loaded for proofs that tell of it. FORMAT.md §7.2.
import {Malformed, same, sha256, u8} from './bytes.js';
import {isConsistent} from './consistency.js';
import {leafHash, rootByInclusion} from './merkle.js';
import {InvalidNote, noteKeyOf, unverifiedCheckpoint, verifiedCheckpoint} from './note.js';
import {logKey} from './proof.js';

/** What an entry says of a key before it is shown. */
const commitment = key => sha256(u8(8), key);

const opened = entry => {
  try {
    return logKey(entry);
  } catch (e) {
    if (!(e instanceof Malformed)) throw e;
    throw new InvalidNote(`not a log key: ${e.message}`);
  }
};

/** The log's key as `known`, with all keys told here and the sizes at which each counts; `known` itself when it is none of them. Throws InvalidNote. */
export async function follow({first, handOvers}, known, newest) {
  const places = async ({entry, index, path: hashes}, tree) => {
    const root = await rootByInclusion(index, tree.size, await leafHash(entry), hashes);
    return root !== null && same(root, tree.root);
  };
  const begins = (older, newer, hashes) => isConsistent(older.size, newer.size, hashes, older.root, newer.root);

  let before = opened(first.entry);
  let promise = first;
  let chain = await noteKeyOf(known.name, before.key);
  let among = same(before.key, known.key);
  let previous = null;
  let toNext = null;
  for (const {note, taken, toNext: further} of handOvers) {
    const after = opened(taken.entry);
    const which = `hand-over to generation ${after.generation}`;
    if (BigInt(after.generation) !== BigInt(before.generation) + 1n || !same(await commitment(after.key), before.next)) {
      throw new InvalidNote(`${which}: generation ${before.generation} promised another key`);
    }
    const next = await noteKeyOf(known.name, after.key);
    const both = await verifiedCheckpoint(note, next);
    if (previous !== null && !(await begins(previous, both, toNext))) {
      throw new InvalidNote(`${which}: its tree does not begin with that of the one before`);
    }
    // The first promise stands in this tree; every later one is the entry that the hand-over before placed.
    if (previous === null && !(await places(promise, both))) throw new InvalidNote(`${which}: the promise is not in the log`);
    if (!(await places(taken, both)) || taken.index <= promise.index) {
      throw new InvalidNote(`${which}: its entry is not in the log after the promise`);
    }
    await verifiedCheckpoint(note, chain);
    const {earlier = [], from = 0, ...key} = chain;
    chain = {...next, from: both.size, earlier: [...earlier, {key, from, to: both.size}]};
    among ||= same(after.key, known.key);
    before = after;
    promise = taken;
    previous = both;
    toNext = further;
  }
  const checkpoint = unverifiedCheckpoint(newest);
  if (checkpoint.origin !== previous.origin || !(await begins(previous, checkpoint, toNext))) {
    throw new InvalidNote("the checkpoint's tree does not begin with that of the last hand-over");
  }
  return among ? chain : known;
}
