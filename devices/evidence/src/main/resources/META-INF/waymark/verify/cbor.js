// Strict reader of the deterministic CBOR subset: what is refused here is what the Java reader refuses. FORMAT.md §1.
import {Malformed, concat, fromUtf8} from './bytes.js';

const MAX_DEPTH = 8;

/**
 * The one item that fills `bytes` to the end. Integers are numbers, or BigInts beyond ±(2^53 − 1); byte strings are views of the input;
 * maps are Maps in wire order; null, true and false are themselves. Throws Malformed.
 */
export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.item(0);
  if (reader.at !== bytes.length) reader.refuse('TRAILING_BYTES', reader.at);
  return value;
}

/** The item inside tag 18, the only tag there is, and only around a whole buffer. */
export function decodeTagged(bytes) {
  if (bytes.length === 0) throw new Malformed('TRUNCATED');
  if (bytes[0] >> 5 !== 6) throw new Malformed('WRONG_TYPE', 'tag 18 expected');
  if (bytes[0] !== 0xd2) throw new Malformed('TAG_NOT_ALLOWED');
  return decode(bytes.subarray(1));
}

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
  }

  refuse(reason, offset) {
    throw new Malformed(reason, `at byte ${offset}`);
  }

  // `open` counts the arrays and maps around this item.
  item(open) {
    const start = this.at;
    this.need(1, start);
    const initial = this.bytes[this.at++];
    const major = initial >> 5;
    if (major === 7) {
      if (initial === 0xf4) return false;
      if (initial === 0xf5) return true;
      if (initial === 0xf6) return null;
      this.refuse(initial === 0xff ? 'INDEFINITE_LENGTH' : 'NOT_IN_SUBSET', start);
    }
    if (major === 6) this.refuse('TAG_NOT_ALLOWED', start);
    const argument = this.argument(initial & 31, start);
    switch (major) {
      case 0:
        return argument;
      case 1:
        return narrow(-1n - BigInt(argument));
      case 2:
        return this.string(argument, start);
      case 3:
        return this.text(this.string(argument, start), start);
      default:
        // An item takes a byte at least: a count beyond what is left is refused before anything of that size exists.
        if (argument > Math.floor(this.left() / (major - 3))) this.refuse('TRUNCATED', start);
        if (open === MAX_DEPTH) this.refuse('TOO_DEEP', start);
        return major === 4 ? this.array(argument, open + 1) : this.map(argument, open + 1);
    }
  }

  argument(info, start) {
    if (info < 24) return info;
    if (info > 27) this.refuse(info === 31 ? 'INDEFINITE_LENGTH' : 'NOT_IN_SUBSET', start);
    const width = 1 << (info - 24);
    this.need(width, start);
    let value = 0n;
    for (let i = 0; i < width; i++) value = (value << 8n) | BigInt(this.bytes[this.at++]);
    if (value > 0x7fffffffffffffffn) this.refuse('INTEGER_OUT_OF_RANGE', start);
    if (value < (width === 1 ? 24n : 1n << BigInt(4 * width))) this.refuse('NOT_SHORTEST', start);
    return narrow(value);
  }

  string(length, start) {
    this.need(length, start);
    const slice = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return slice;
  }

  text(bytes, start) {
    try {
      return fromUtf8(bytes);
    } catch {
      return this.refuse('INVALID_UTF8', start);
    }
  }

  array(count, open) {
    const items = [];
    for (let i = 0; i < count; i++) items.push(this.item(open));
    return items;
  }

  map(count, open) {
    const map = new Map();
    let before = null;
    for (let i = 0; i < count; i++) {
      const from = this.at;
      const key = this.item(open);
      const encoded = this.bytes.subarray(from, this.at);
      const order = before === null ? -1 : compare(before, encoded);
      if (order >= 0) this.refuse(order === 0 ? 'DUPLICATE_KEY' : 'KEYS_NOT_ASCENDING', from);
      before = encoded;
      map.set(key, this.item(open));
    }
    return map;
  }

  left() {
    return this.bytes.length - this.at;
  }

  need(count, start) {
    if (count > this.left()) this.refuse('TRUNCATED', start);
  }
}

const narrow = big => (big >= -0x1fffffffffffffn && big <= 0x1fffffffffffffn ? Number(big) : big);

function compare(a, b) {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

// What a format expects of a decoded item: each returns the item or throws.

function typed(right, value, what) {
  if (!right) throw new Malformed('WRONG_TYPE', `${what} expected`);
  return value;
}

export const isInteger = value => typeof value === 'number' || typeof value === 'bigint';

export const integer = value => typed(isInteger(value), value, 'integer');
export const unsigned = value => typed(isInteger(value) && value >= 0, value, 'unsigned integer');
export const text = value => typed(typeof value === 'string', value, 'text');

/** Of exactly `length` bytes, when a length is given. */
export function bytes(value, length) {
  typed(value instanceof Uint8Array, value, 'byte string');
  if (length !== undefined && value.length !== length) throw new Malformed('WRONG_LENGTH', `${value.length} bytes where ${length} belong`);
  return value;
}

/** Of `least` to `most` items; exactly `least` when only one is given; of any number when none is. */
export function array(value, least, most = least) {
  typed(Array.isArray(value), value, 'array');
  if (value.length < least || value.length > most) throw new Malformed('WRONG_LENGTH', `array of ${value.length}`);
  return value;
}

/** With every required key and none but the required and optional ones. */
export function map(value, required, optional = []) {
  typed(value instanceof Map, value, 'map');
  for (const key of value.keys()) if (!required.includes(key) && !optional.includes(key)) throw new Malformed('UNKNOWN_KEY', String(key));
  for (const key of required) if (!value.has(key)) throw new Malformed('MISSING_KEY', String(key));
  return value;
}

export const orNull = (check, value, ...rest) => (value === null ? null : check(value, ...rest));

/** The one thing a verifier writes: a byte string, to hash what was signed. */
export function writeBytes(value) {
  const n = value.length;
  const head = n < 24 ? [0x40 | n] : n < 0x100 ? [0x58, n] : n < 0x10000 ? [0x59, n >> 8, n & 255] : [0x5a, n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
  return concat(Uint8Array.from(head), value);
}
