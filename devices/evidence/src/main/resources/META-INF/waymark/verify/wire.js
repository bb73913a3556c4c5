// Whole messages, receipts, and readings as text, for pages of those who may see all. The passport page does not load it. FORMAT.md §4, §5, §9.
import {Malformed, hmac, same, u8} from './bytes.js';
import {array, bytes, decode, map, unsigned} from './cbor.js';
import {coseSign1} from './key.js';
import {CUSTODY_STEP, GROUPS, IMAGE_MANIFEST, MAX_GROUPS, NO_CONTENT, allows, contents, envelope, leaf, root} from './message.js';

const MAX_DEVICE_MESSAGE = 65536;
const MAX_STEP = 4 << 20;

/** Type → groups it must have. */
const REQUIRED = new Map([
  [IMAGE_MANIFEST, [20, 21, 22, 23, 24]],
  [3, [30, 31]],
  [4, [40, 41]],
  [5, [50, 51]],
  [6, [60, 61]],
  [CUSTODY_STEP, [17]],
]);

for (const [key, content] of [
  [30, unsigned],
  [31, value => bytes(value, 32)],
  [32, value => bytes(value)],
  [33, value => array(value, 2).map(unsigned)],
  [40, value => bytes(value)],
  [41, value => bytes(value, 64)],
  [50, value => array(value, 1, Infinity).map(gap)],
  [51, unsigned],
  [60, value => bytes(value, 16)],
  [61, unsigned],
]) GROUPS.set(key, content);

function gap(value) {
  const [from, to, ...epoch] = array(value, 2, 3).map(unsigned);
  if (from > to) throw new Malformed('VALUE_NOT_ALLOWED', 'a gap that ends before it begins');
  return [from, to, ...epoch];
}

/**
 * {envelope, secret, groups: Map key → content} of a whole message, as its owner holds it. Throws Malformed, also when the groups are not the ones
 * that were signed.
 */
export async function openMessage(wire) {
  if (wire.length > MAX_STEP) throw new Malformed('TOO_LARGE', `${wire.length} bytes`);
  const [cose, secret, encodedGroups] = array(decode(wire), 3);
  bytes(cose);
  bytes(secret, 16);
  array(encodedGroups, 1, MAX_GROUPS);
  const parsed = await envelope(cose);
  const {type} = parsed.head;
  if (wire.length > MAX_DEVICE_MESSAGE && type !== CUSTODY_STEP) throw new Malformed('TOO_LARGE', `${wire.length} bytes for type ${type}`);
  const groups = contents(encodedGroups, parsed.head);
  for (const key of groups.keys()) {
    if (!allows(type, key)) throw new Malformed('GROUP_NOT_ALLOWED', `${key} in a message of type ${type}`);
    if (key === NO_CONTENT && groups.size > 1) throw new Malformed('GROUP_NOT_ALLOWED', '14 beside others');
  }
  for (const key of REQUIRED.get(type) ?? []) if (!groups.has(key)) throw new Malformed('GROUP_MISSING', String(key));
  const leaves = await Promise.all(
    encodedGroups.map(async (group, i) => leaf((await hmac(secret, u8(i))).subarray(0, 16), group)));
  if (!same(await root(leaves), parsed.fieldsRoot)) throw new Malformed('FIELDS_ROOT_MISMATCH');
  return {envelope: parsed, secret, groups};
}

/** {deviceId, ranges: [{epoch, from, to, digest, index}], treeSize, root, receiptClass, time, kid, verifies(key)}. Throws Malformed. */
export async function openReceipt(cose) {
  if (cose.length > 65536) throw new Malformed('TOO_LARGE', `${cose.length} bytes`);
  const {payload, kid, verifies} = await coseSign1(cose);
  const fields = map(decode(payload), [0, 1, 2, 3, 4, 5, 6]);
  if (fields.get(0) !== 64) throw new Malformed('UNKNOWN_TYPE');
  if (unsigned(fields.get(5)) > 2) throw new Malformed('VALUE_NOT_ALLOWED', 'receipt class');
  return {
    deviceId: bytes(fields.get(1), 16),
    ranges: array(fields.get(2), 1, 256).map(range => {
      const [epoch, from, to, digest, index] = array(range, 5);
      gap([from, to]);
      return {epoch: unsigned(epoch), from, to, digest: bytes(digest, 32), index: unsigned(index)};
    }),
    treeSize: unsigned(fields.get(3)),
    root: bytes(fields.get(4), 32),
    receiptClass: fields.get(5),
    time: unsigned(fields.get(6)),
    kid,
    verifies,
  };
}

/** The exact decimal of value · 10^exponent, without floating point: Java and browser then show the same digits. */
export function decimal(value, exponent) {
  const sign = value < 0 ? '-' : '';
  const digits = String(value).replace('-', '');
  if (exponent >= 0) return sign + (digits === '0' ? digits : digits + '0'.repeat(exponent));
  const padded = digits.padStart(1 - exponent, '0');
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}
