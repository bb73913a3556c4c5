// COSE_Key and COSE_Sign1. FORMAT.md §2, §3.3.
import {Malformed, concat, same, sha256, u8, utf8} from './bytes.js';
import {array, bytes, decode, decodeTagged, map, writeBytes} from './cbor.js';
import {ed25519Verifier} from './ed25519.js';

/** COSE alg → the kind of key it needs. */
const ALGORITHMS = new Map([[-19, 'ED25519'], [-8, 'ED25519'], [-9, 'P256'], [-7, 'P256']]);

/** {algorithm, kid, verifies(message, signature) → Promise<boolean>}. Throws Malformed, also for a point that the rules refuse. */
export async function verificationKey(coseKey) {
  const value = decode(coseKey);
  const kind = value instanceof Map ? `${value.get(1)}/${value.get(-1)}` : '';
  let algorithm;
  let verifies;
  if (kind === '1/6') {
    map(value, [1, -1, -2]);
    algorithm = 'ED25519';
    verifies = ed25519Verifier(bytes(value.get(-2), 32));
  } else if (kind === '2/1') {
    map(value, [1, -1, -2, -3]);
    algorithm = 'P256';
    // Most stories have no such key: loaded when one comes.
    const {p256Verifier} = await import('./p256.js');
    verifies = p256Verifier(bytes(value.get(-2), 32), bytes(value.get(-3), 32));
  } else {
    throw new Malformed('UNKNOWN_ALGORITHM', 'neither an Ed25519 nor a P-256 COSE_Key');
  }
  if (verifies === null) throw new Malformed('KEY_NOT_VALID');
  return {algorithm, kid: (await sha256(coseKey)).subarray(0, 8), verifies};
}

/** {algorithm, kid, payload, digest, verifies(key) → Promise<boolean>} of a tagged COSE_Sign1. Throws Malformed. */
export async function coseSign1(encoded) {
  const [header, unprotected, payload, signature] = array(decodeTagged(encoded), 4);
  bytes(header);
  if (!(unprotected instanceof Map)) throw new Malformed('WRONG_TYPE', 'map expected');
  if (unprotected.size > 0) throw new Malformed('UNPROTECTED_NOT_EMPTY');
  bytes(payload);
  bytes(signature, 64);
  const labels = map(decode(header), [1, 4]);
  const algorithm = ALGORITHMS.get(labels.get(1));
  if (algorithm === undefined) throw new Malformed('UNKNOWN_ALGORITHM', String(labels.get(1)));
  const kid = bytes(labels.get(4), 8);
  // ["Signature1", header, h'', payload]
  const signedBytes = concat(u8(0x84), u8(0x6a), utf8('Signature1'), writeBytes(header), u8(0x40), writeBytes(payload));
  return {
    algorithm,
    kid,
    payload,
    // Without the signature: a message signed again is the same message.
    digest: await sha256(signedBytes),
    // The algorithm is the key's; a header that names another one is refused, never followed.
    verifies: async key => key.algorithm === algorithm && same(key.kid, kid) && key.verifies(signedBytes, signature),
  };
}
