// Signed messages: the envelope that is signed, the groups that may be disclosed one by one, and what they say. FORMAT.md §4, §5.
import {Malformed, sha256, u8} from './bytes.js';
import {array, bytes, decode, integer, map, orNull, text, unsigned} from './cbor.js';
import {coseSign1} from './key.js';

export const READING = 1;
export const IMAGE_MANIFEST = 2;
export const CUSTODY_STEP = 32;
export const STATEMENT = 33;

const MAX_COSE = 1024;
export const MAX_GROUPS = 16;
const MAX_OBJECTS = 65536;
export const NO_CONTENT = 14;

/** Type → the groups it may have. */
const TYPES = new Map([
  [READING, [7, 8, 9, 10, 12, 13, NO_CONTENT]],
  [IMAGE_MANIFEST, [7, 8, 20, 21, 22, 23, 24, 25]],
  [3, [30, 31, 32, 33]],
  [4, [40, 41]],
  [5, [50, 51]],
  [6, [60, 61, 62]],
  [CUSTODY_STEP, [12, 16, 17, 18, 19]],
  [STATEMENT, [28, NO_CONTENT]],
]);

/** Whether a message of this known type may have such a group. */
export const allows = (type, group) => TYPES.get(type).includes(group);

const notAllowed = what => new Malformed('VALUE_NOT_ALLOWED', what);

/** {head, fieldsRoot, digest, kid, algorithm, verifies(key)} of a COSE_Sign1. Throws Malformed; the signature is not looked at yet. */
export async function envelope(cose) {
  if (cose.length > MAX_COSE) throw new Malformed('TOO_LARGE', `${cose.length} bytes`);
  const {payload, ...signed} = await coseSign1(cose);
  const fields = map(decode(payload), [0, 1, 2, 3, 4, 5, 6, 15], [11]);
  const type = unsigned(fields.get(0));
  if (!TYPES.has(type)) throw new Malformed('UNKNOWN_TYPE', String(type));
  const seq = unsigned(fields.get(3));
  const prev = orNull(bytes, fields.get(4), 32);
  if ((prev === null) !== (seq === 0)) throw notAllowed('prev is null exactly when seq is 0');
  const [clockSource, clockUncertainty] = array(fields.get(6), 2);
  if (unsigned(clockSource) > 4) throw notAllowed('clock source');
  const head = {
    type,
    id: bytes(fields.get(1), 16),
    epoch: unsigned(fields.get(2)),
    seq,
    prev,
    time: unsigned(fields.get(5)),
    clockSource,
    clockUncertainty: orNull(unsigned, clockUncertainty),
    anchor: fields.has(11) ? bytes(fields.get(11), 32) : null,
  };
  return {...signed, head, fieldsRoot: bytes(fields.get(15), 32)};
}

export const leaf = (salt, group) => sha256(u8(2), salt, group);
export const root = leaves => sha256(u8(3), ...leaves);

/**
 * {groups: Map key → content of those shown, withheld: how many are not, root} of a decoded disclosure. The groups are the signed ones exactly when
 * `root` is the envelope's fieldsRoot. Throws Malformed.
 */
export async function disclosure(items, head) {
  array(items, 1, MAX_GROUPS);
  const shown = items.filter(Array.isArray);
  for (const item of shown) bytes(array(item, 2)[0], 16);
  const leaves = items.map(item => (Array.isArray(item) ? leaf(item[0], bytes(item[1])) : bytes(item, 32)));
  return {
    groups: contents(shown.map(([, group]) => group), head),
    withheld: items.length - shown.length,
    root: await root(await Promise.all(leaves)),
  };
}

/** Group key → content, of groups in ascending order. Throws Malformed. */
export function contents(encodedGroups, head) {
  const groups = new Map();
  let before = -1;
  for (const encoded of encodedGroups) {
    const [key, value] = array(decode(bytes(encoded)), 2);
    if (unsigned(key) <= before) throw new Malformed('GROUPS_NOT_ASCENDING', `${key} after ${before}`);
    if (key > 0xffff) throw new Malformed('GROUP_NOT_ALLOWED', String(key));
    before = key;
    // A group of a key that this version does not know passes as it is: its owner signed it.
    groups.set(key, GROUPS.has(key) ? GROUPS.get(key)(value, head) : value);
  }
  return groups;
}

const QUANTITIES = ['', 'temperature', 'humidity', 'shock', 'light', 'door', 'tilt', 'battery', 'tamper', 'pressure', 'co2'];

const optional = (check, value, otherwise = null) => (value === undefined ? otherwise : check(value));
const many = (value, each, most = Infinity) => array(value, 1, most).map(each);
const digest = value => bytes(value, 32);

function small(value) {
  if (unsigned(value) > 0x7fffffff) throw new Malformed('INTEGER_OUT_OF_RANGE', String(value));
  return value;
}

function exponentOf(value) {
  if (integer(value) < -18 || value > 18) throw notAllowed(`exponent ${value}`);
  return value;
}

const quantity = (n, exponent) => ({
  quantity: small(n),
  name: QUANTITIES[n] ?? String(n),
  exponent: optional(exponentOf, exponent, n >= 1 && n <= 3 ? -2 : 0),
});

function position(value) {
  const [lat, lon, accuracy, source, altitude] = array(value, 2, 5);
  // Null stands for an optional value that is not the last.
  const last = value.length - 1;
  const unlessNull = (item, i) => (item === null && i < last ? null : optional(small, item));
  const beyond = (degrees, limit) => integer(degrees) > limit || degrees < -limit;
  if (beyond(lat, 900_000_000) || beyond(lon, 1_800_000_000)) throw notAllowed('position');
  return {
    latE7: lat,
    lonE7: lon,
    accuracyMetres: unlessNull(accuracy, 2),
    source: unlessNull(source, 3),
    altitudeDecimetres: optional(integer, altitude),
  };
}

// 1 SSCC is a number, 7 opaque is bytes, the others are text.
const association = item => {
  const [key, value] = array(item, 2);
  if (small(key) < 1 || key > 7) throw notAllowed('association key');
  return {key, value: (key === 1 ? unsigned : key === 7 ? bytes : text)(value)};
};

const measurement = item => {
  const [n, value, exponent, sensor, flags] = array(item, 2, 5);
  return {...quantity(n, exponent), value: integer(value), sensor: optional(small, sensor, 0), flags: optional(small, flags, 0)};
};

// First value, then differences; the first was taken `offset` seconds before the message's own time.
const series = head => item => {
  const [n, offset, step, deltas, exponent, sensor] = array(item, 4, 6);
  const start = Number(head.time) - 1000 * Number(unsigned(offset));
  const interval = 1000 * small(step);
  if (interval === 0) throw notAllowed('a step of 0 s');
  let sum = 0n;
  const values = many(deltas, (delta, i) => {
    sum += BigInt(integer(delta));
    if (sum !== BigInt.asIntN(64, sum)) throw new Malformed('INTEGER_OUT_OF_RANGE', 'sum of differences');
    return {time: start + i * interval, value: Number(sum)};
  }, 1440);
  return {...quantity(n, exponent), sensor: optional(small, sensor, 0), values};
};

function publicSummary(value) {
  const fields = map(value, [1, 2, 3, 4], [5, 6, 7, 8, 9]);
  const [lat, lon] = fields.has(5) ? array(fields.get(5), 2).map(integer) : [null, null];
  return {
    bizStep: text(fields.get(1)),
    time: unsigned(fields.get(2)),
    actor: text(fields.get(3)),
    place: text(fields.get(4)),
    latE7: lat,
    lonE7: lon,
    quantity: optional(unsigned, fields.get(6)),
    note: optional(text, fields.get(7)),
    disposition: optional(text, fields.get(8)),
    parent: optional(text, fields.get(9)),
  };
}

function objects(value) {
  const [count, treeRoot] = array(value, 2);
  if (unsigned(count) < 1 || count > MAX_OBJECTS) throw notAllowed(`${count} objects`);
  return {count, root: digest(treeRoot)};
}

function chunkDigests(value) {
  if (bytes(value).length === 0 || value.length % 32 !== 0 || value.length > 512 * 32) throw new Malformed('WRONG_LENGTH', 'chunk digests');
  return value;
}

function nothing(value) {
  if (value !== null) throw new Malformed('WRONG_TYPE', 'null expected');
  return null;
}

/** Group key → what makes its content of a decoded value. wire.js adds the groups that no proof carries. */
export const GROUPS = new Map([
  [7, position],
  [8, value => many(value, association)],
  [9, value => many(value, measurement)],
  [10, (value, head) => many(value, series(head))],
  [12, value => many(value, digest)],
  [13, digest],
  [NO_CONTENT, nothing],
  [16, value => bytes(value)],
  [17, objects],
  [18, publicSummary],
  [20, digest],
  [21, unsigned],
  [22, text],
  [23, unsigned],
  [24, chunkDigests],
  [25, value => array(value, 2).map(unsigned)],
  [28, value => ({subject: text(array(value, 2, 3)[0]), digest: digest(value[1]), uri: optional(text, value[2])})],
]);
