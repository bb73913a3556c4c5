// Signed notes, verifier keys and checkpoints. FORMAT.md §7; c2sp.org/signed-note, c2sp.org/tlog-checkpoint.
import {Malformed, base64, concat, hex, same, sha256, u8, unbase64, utf8} from './bytes.js';
import {ed25519Verifier} from './ed25519.js';

const ED25519 = 1;
const MAX_SIGNATURES = 64;
const MAX_NOTE_CHARS = 1 << 20;

/** A note that is not believed. `unknownKey`: well-formed, but without a signature by our key, so nothing can be told from it. */
export class InvalidNote extends Error {
  constructor(message, unknownKey = false) {
    super(message);
    this.name = 'InvalidNote';
    this.unknownKey = unknownKey;
  }
}

/** {name, id: 4 bytes, vkey, type, key} of `name+hex8+base64(type ‖ key)`; the key is not validated. Throws Malformed. */
export async function verifierKey(text) {
  const vkey = text.trim();
  // Base64 contains '+' too: only the first two separate.
  const match = /^([^+\s\u0000-\u001f]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/u.exec(vkey);
  if (match === null) throw new Malformed('VALUE_NOT_ALLOWED', 'not a verifier key: name+keyid+base64 expected');
  const [, name, id, key] = match;
  const material = unbase64(key);
  const expected = (await sha256(utf8(`${name}\n`), material)).subarray(0, 4);
  if (hex(expected) !== id) throw new Malformed('VALUE_NOT_ALLOWED', `the verifier key's id is ${hex(expected)}, not ${id}`);
  return {name, id: expected, vkey, type: material[0], key: material.subarray(1)};
}

/** {name, id: 4 bytes, vkey, key, verifies} of a log's key, `name+hex8+base64`. The key passes the one Ed25519 rule. Throws Malformed. */
export async function noteKey(text) {
  const {name, id, vkey, type, key} = await verifierKey(text);
  if (type !== ED25519 || key.length !== 32) throw new Malformed('VALUE_NOT_ALLOWED', 'not an Ed25519 note key');
  const verifies = ed25519Verifier(key);
  if (verifies === null) throw new Malformed('KEY_NOT_VALID');
  return {name, id, vkey, key, verifies};
}

/** As {@link noteKey}, of a name and the 32 bytes of a key. Throws Malformed. */
export async function noteKeyOf(name, key) {
  const material = concat(u8(ED25519), key);
  const id = (await sha256(utf8(`${name}\n`), material)).subarray(0, 4);
  return noteKey(`${name}+${hex(id)}+${base64(material)}`);
}

/** {text, lines: [{isOf(key), signature}]} of a signed note, nothing verified. Throws InvalidNote. */
export function openNote(note) {
  if (note.length > MAX_NOTE_CHARS || /[\u0000-\u0009\u000b-\u001f]/.test(note)) throw malformed('too long, or a control character');
  const boundary = note.lastIndexOf('\n\n');
  if (boundary < 0) throw malformed('no blank line before the signatures');
  const lines = note.slice(boundary + 2).split('\n');
  if (lines.pop() !== '' || lines.length === 0) throw malformed('the signature lines do not end with a line break');
  if (lines.length > MAX_SIGNATURES) throw malformed(`${lines.length} signatures`);
  return {
    text: note.slice(0, boundary + 1),
    lines: lines.map(line => {
      // — <name> base64(key id(4) ‖ signature)
      const match = /^\u2014 ([^ ]+) (.*)$/u.exec(line);
      const bytes = match === null ? u8(0) : plainBase64(match[2]);
      if (bytes.length < 5) throw malformed('not a signature line');
      return {isOf: key => match[1] === key.name && same(bytes.subarray(0, 4), key.id), signature: bytes.subarray(4)};
    }),
  };
}

/**
 * The text that `key` signed, or one of the keys that handed over to it (`key.earlier`). Signatures of others are not looked at. Throws
 * InvalidNote.
 */
export async function verifiedText(note, key) {
  const {text, lines} = openNote(note);
  let signed = false;
  for (const one of [key, ...(key.earlier ?? []).map(before => before.key)]) {
    for (const line of lines.filter(each => each.isOf(one))) {
      if (!(await one.verifies(utf8(text), line.signature))) throw new InvalidNote(`the signature of ${one.name} does not fit the text`);
      signed = true;
    }
  }
  if (!signed) throw new InvalidNote(`no signature by ${key.name}+${hex(key.id)}`, true);
  return text;
}

/**
 * {origin, size, root} of a note that `key` signed, or at its size the key before it; its origin must be the key's name. Throws
 * InvalidNote.
 */
export async function verifiedCheckpoint(note, key) {
  const checkpoint = checkpointOf(await verifiedText(note, key));
  const {origin, size} = checkpoint;
  if (origin !== key.name) throw new InvalidNote(`the checkpoint is of "${origin}", the key of "${key.name}"`);
  const inForce = [{key, from: key.from ?? 0, to: Infinity}, ...(key.earlier ?? [])].filter(one => one.from <= size && size <= one.to);
  if (!openNote(note).lines.some(line => inForce.some(one => line.isOf(one.key)))) {
    throw new InvalidNote(`no signature by the key of ${origin} that is in force at ${size}`, true);
  }
  return checkpoint;
}

/** What a note says of itself, whoever signed it. Throws InvalidNote. */
export const unverifiedCheckpoint = note => checkpointOf(openNote(note).text);

function checkpointOf(signed) {
  const lines = signed.split('\n').slice(0, -1);
  const [origin, size, root] = lines;
  if (lines.length < 3 || lines.includes('')) throw malformed(`a checkpoint of ${lines.length} lines`);
  // Java reads sizes to 2^63; numbers here are exact to 2^53, see merkle.js.
  if (!/^(0|[1-9][0-9]{0,18})$/.test(size) || !Number.isSafeInteger(Number(size))) throw malformed(`size "${size}"`);
  const hash = plainBase64(root);
  if (hash.length !== 32) throw malformed('the root is not the base64 of 32 bytes');
  return {origin, size: Number(size), root: hash};
}

const malformed = detail => new InvalidNote(`not a signed note: ${detail}`);

function plainBase64(text) {
  try {
    return unbase64(text);
  } catch (e) {
    throw malformed(e.message);
  }
}
