// ECDSA on P-256 with SHA-256, signature r ‖ s: secure elements and older phones that have no Ed25519. FORMAT.md §3.2.
// A second signature with n − s also verifies: no digest covers the signature, so it can only repeat the same message.
import {concat, native} from './bytes.js';

export const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
export const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

export const bigEndian = bytes => bytes.reduce((n, byte) => (n << 8n) | BigInt(byte), 0n);

/**
 * @param x 32 bytes
 * @param y 32 bytes
 * @returns null when they are no point of the curve in their only spelling; otherwise an asynchronous function (message, signature) → boolean
 */
export function p256Verifier(x, y) {
  if (x.length !== 32 || y.length !== 32) return null;
  const px = bigEndian(x);
  const py = bigEndian(y);
  if (px >= P || py >= P || (py * py - px * px * px + 3n * px - B) % P !== 0n) return null;
  let equation;
  return async (message, signature) => {
    if (signature.length !== 64) return false;
    equation ??= native.subtle ? nativeEquation(x, y) : fallbackEquation(px, py);
    return (await equation)(message, signature);
  };
}

async function nativeEquation(x, y) {
  const raw = concat(Uint8Array.of(4), x, y);
  const key = await native.subtle.importKey('raw', raw, {name: 'ECDSA', namedCurve: 'P-256'}, false, ['verify']);
  return (message, signature) => native.subtle.verify({name: 'ECDSA', hash: 'SHA-256'}, key, signature, message);
}

async function fallbackEquation(px, py) {
  const {equationFor} = await import('./fallback-p256.js');
  return equationFor(px, py);
}
