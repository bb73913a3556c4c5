// Ed25519 signatures by one rule. Libraries differ on a quarter of the known edge cases; what they differ on is decided here. FORMAT.md §3.1.
import {native, unhex} from './bytes.js';

/**
 * @param raw 32 bytes
 * @returns null when the rule refuses the key; otherwise an asynchronous function (message, signature) → boolean
 */
export function ed25519Verifier(raw) {
  const point = raw.length === 32 ? validated(raw) : null;
  if (point === null) return null;
  let equation;
  return async (message, signature) => {
    if (signature.length !== 64) return false;
    const y = BigInt.asUintN(255, littleEndian(signature.subarray(0, 32)));
    // y = 1 is the identity. No computed R is spelled with y ≥ P: refused before a provider that reduces it sees it.
    if (y === 1n || y >= P || littleEndian(signature.subarray(32)) >= L) return false;
    equation ??= (await nativeIsCofactorless()) ? nativeEquation(raw) : fallbackEquation(raw, point);
    return (await equation)(message, signature);
  };
}

async function nativeEquation(raw) {
  const key = await native.subtle.importKey('raw', raw, {name: 'Ed25519'}, false, ['verify']);
  return (message, signature) => native.subtle.verify({name: 'Ed25519'}, key, signature, message);
}

async function fallbackEquation(raw, point) {
  const {equationFor} = await import('./fallback-ed25519.js');
  return equationFor(raw, point);
}

// A canary of our own making: a valid key, and a signature whose R carries an extra point of order 8, which the cofactored equation accepts and
// ours does not. A browser that accepts it, or refuses the honest signature, or has no Ed25519, gets the JavaScript equation.
const CANARY_KEY = 'd8826523331683a2203fcd741c6ceeb191c667602d90b26ece877769d735c3f4';
const CANARY_HONEST = '4c73592ec31beecf866e9af2de8838d68b9a20beacf0250531ee9ce85639f8461c3bb7fced421c138c9d6c6af1ea5f8e0eab98316ae1a978edaddf72799c3104';
const CANARY_COFACTORED = '9f04e387496a621328a75279e5f5a027248c33ade12d4b73a62a3d59bfdd371b1f4dd2e289ec1bf295d03068acb77c00b9dcf9b66378ef77771f723cec4f790c';
let canary;

function nativeIsCofactorless() {
  if (!native.subtle) return Promise.resolve(false);
  canary ??= (async () => {
    try {
      const holds = await nativeEquation(unhex(CANARY_KEY));
      const nothing = new Uint8Array(0);
      return (await holds(nothing, unhex(CANARY_HONEST))) && !(await holds(nothing, unhex(CANARY_COFACTORED)));
    } catch {
      // An older browser. Nothing is lost, the fallback decides.
      return false;
    }
  })();
  return canary;
}

// The curve (RFC 8032 §5.1) in BigInt, to validate public keys. Not constant-time, and never given a secret.

export const P = 2n ** 255n - 19n;
/** The order of the base point. */
export const L = 2n ** 252n + 27742317777372353535851937790883648493n;

export const mod = (a, m = P) => {
  const r = a % m;
  return r < 0n ? r + m : r;
};

export function power(base, exponent) {
  let result = 1n;
  for (let square = base; exponent > 0n; exponent >>= 1n, square = mod(square * square)) if (exponent & 1n) result = mod(result * square);
  return result;
}

export const invert = a => power(a, P - 2n);

const D = mod(-121665n * invert(121666n));
const D2 = mod(2n * D);
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);

export const littleEndian = bytes => bytes.reduceRight((n, byte) => (n << 8n) | BigInt(byte), 0n);

// Extended coordinates: x = X/Z, y = Y/Z, T = XY/Z.
export const IDENTITY = {X: 0n, Y: 1n, Z: 1n, T: 0n};

/** Complete addition (RFC 8032 §5.1.4): no case apart for equal points or the identity. */
export function add(p, q) {
  const a = mod((p.Y - p.X) * (q.Y - q.X));
  const b = mod((p.Y + p.X) * (q.Y + q.X));
  const c = mod(p.T * D2 * q.T);
  const d = mod(2n * p.Z * q.Z);
  const e = b - a;
  const f = d - c;
  const g = d + c;
  const h = b + a;
  return {X: mod(e * f), Y: mod(g * h), Z: mod(f * g), T: mod(e * h)};
}

export function double(p) {
  const a = mod(p.X * p.X);
  const b = mod(p.Y * p.Y);
  const c = mod(2n * p.Z * p.Z);
  const h = a + b;
  const xy = p.X + p.Y;
  const e = h - mod(xy * xy);
  const g = a - b;
  const f = c + g;
  return {X: mod(e * f), Y: mod(g * h), Z: mod(f * g), T: mod(e * h)};
}

export const negate = p => ({X: mod(-p.X), Y: p.Y, Z: p.Z, T: mod(-p.T)});

const isIdentity = p => p.X === 0n && p.Y === p.Z;

/** The point that 32 bytes spell, or null: y not below P, no x for this y, or the sign of x = 0 set. */
export function decompress(bytes) {
  const number = littleEndian(bytes);
  const odd = number >> 255n;
  const y = BigInt.asUintN(255, number);
  if (y >= P) return null;
  // x² = u/v; x = u v³ (u v⁷)^((P−5)/8), times √−1 where that gives −u/v.
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  const v3 = mod(v * v * v);
  let x = mod(u * v3 * power(mod(u * v3 * v3 * v), (P - 5n) / 8n));
  const vx2 = mod(v * x * x);
  if (vx2 === mod(-u)) x = mod(x * ROOT_OF_MINUS_ONE);
  else if (vx2 !== u) return null;
  if (x === 0n && odd) return null;
  if ((x & 1n) !== odd) x = P - x;
  return {X: x, Y: y, Z: 1n, T: mod(x * y)};
}

/** The point, when it generates the prime-order group: canonical, [L]A = identity, A ≠ identity. Otherwise null. */
export function validated(bytes) {
  const point = decompress(bytes);
  if (point === null || isIdentity(point)) return null;
  let multiple = IDENTITY;
  for (let bit = 252n; bit >= 0n; bit--) {
    multiple = double(multiple);
    if ((L >> bit) & 1n) multiple = add(multiple, point);
  }
  return isIdentity(multiple) ? point : null;
}
