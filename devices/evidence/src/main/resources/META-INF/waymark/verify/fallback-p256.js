// The ECDSA equation on P-256 (FIPS 186-5 §6.4.2) in plain JavaScript, loaded only where the browser has none. FORMAT.md §3.2.
import {P, bigEndian} from './p256.js';
import {sha256} from './fallback-sha.js';

const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const G = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  z: 1n,
};

const mod = (a, m = P) => {
  const r = a % m;
  return r < 0n ? r + m : r;
};

function invert(a, m) {
  let [r, s, u, v] = [mod(a, m), m, 1n, 0n];
  while (r > 1n) {
    const q = s / r;
    [s, r] = [r, s - q * r];
    [v, u] = [u, v - q * u];
  }
  return mod(u, m);
}

// Jacobian coordinates: x = x/z², y = y/z³; z = 0 is the identity. Formulas: dbl-2001-b and add-2007-bl of the Explicit-Formulas Database.
function double(p) {
  if (p.z === 0n) return p;
  const delta = mod(p.z * p.z);
  const gamma = mod(p.y * p.y);
  const beta = mod(p.x * gamma);
  const alpha = mod(3n * (p.x - delta) * (p.x + delta));
  const x = mod(alpha * alpha - 8n * beta);
  return {x, y: mod(alpha * (4n * beta - x) - 8n * gamma * gamma), z: mod(2n * p.y * p.z)};
}

function add(p, q) {
  if (p.z === 0n) return q;
  if (q.z === 0n) return p;
  const z1z1 = mod(p.z * p.z);
  const z2z2 = mod(q.z * q.z);
  const u1 = mod(p.x * z2z2);
  const u2 = mod(q.x * z1z1);
  const s1 = mod(p.y * q.z * z2z2);
  const s2 = mod(q.y * p.z * z1z1);
  const h = mod(u2 - u1);
  const r = mod(2n * (s2 - s1));
  if (h === 0n) return r === 0n ? double(p) : {x: 1n, y: 1n, z: 0n};
  const i = mod(4n * h * h);
  const j = mod(h * i);
  const v = mod(u1 * i);
  const x = mod(r * r - j - 2n * v);
  return {x, y: mod(r * (v - x) - 2n * s1 * j), z: mod(2n * p.z * q.z * h)};
}

/** For a point on the curve: (message, signature) → whether the signature is the key's. */
export function equationFor(px, py) {
  const key = {x: px, y: py, z: 1n};
  const both = add(G, key);
  return (message, signature) => {
    const r = bigEndian(signature.subarray(0, 32));
    const s = bigEndian(signature.subarray(32));
    if (r === 0n || s === 0n || r >= N || s >= N) return false;
    const w = invert(s, N);
    const u1 = (bigEndian(sha256(message)) * w) % N;
    const u2 = (r * w) % N;
    let sum = {x: 1n, y: 1n, z: 0n};
    for (let bit = 255n; bit >= 0n; bit--) {
      sum = double(sum);
      const pick = ((u1 >> bit) & 1n) + 2n * ((u2 >> bit) & 1n);
      if (pick) sum = add(sum, pick === 3n ? both : pick === 2n ? key : G);
    }
    if (sum.z === 0n) return false;
    const zi = invert(sum.z, P);
    return mod(sum.x * zi * zi) % N === r;
  };
}
