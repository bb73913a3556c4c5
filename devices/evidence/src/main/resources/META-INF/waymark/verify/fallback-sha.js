// SHA-256 and SHA-512 (FIPS 180-4) in plain JavaScript, loaded only where the browser's own are missing. FORMAT.md, first lines.
import {concat} from './bytes.js';

// Both functions take their constants from one place: the first 64 bits of the fractional parts of cube and square roots of primes;
// SHA-256 uses the upper halves. Computing them is shorter than the table, and a wrong digit in a table is hard to see.
function constants() {
  const primes = [];
  for (let n = 2; primes.length < 80; n++) if (primes.every(p => n % p)) primes.push(n);
  const root = (n, degree) => {
    const target = BigInt(n) << BigInt(64 * degree);
    let low = 0n;
    let high = 1n << 70n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** BigInt(degree) <= target) low = middle;
      else high = middle;
    }
    return BigInt.asUintN(64, low);
  };
  return {rounds: primes.map(p => root(p, 3)), start: primes.slice(0, 8).map(p => root(p, 2))};
}

const {rounds: K64, start: H64} = constants();
const upper = n => Number(n >> 32n);
const K32 = Int32Array.from(K64.slice(0, 64), upper);
const H32 = Int32Array.from(H64, upper);

// message ‖ 0x80 ‖ zeros ‖ bit length (8 or 16 bytes, big-endian)
function padded(input, block) {
  const lengthBytes = block / 8;
  const zeros = (2 * block - ((input.length + 1 + lengthBytes) % block)) % block;
  const tail = new Uint8Array(1 + zeros + lengthBytes);
  tail[0] = 0x80;
  new DataView(tail.buffer).setBigUint64(tail.length - 8, BigInt(input.length) * 8n);
  return concat(input, tail);
}

export function sha256(input) {
  const message = padded(input, 64);
  const view = new DataView(message.buffer);
  const h = H32.slice();
  const w = new Int32Array(64);
  for (let at = 0; at < message.length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      w[i] =
        w[i - 16] +
        (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) +
        w[i - 7] +
        (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10));
    }
    let [a, b, c, d, e, f, g, k] = h;
    for (let i = 0; i < 64; i++) {
      const t1 =
        (k +
          (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) +
          ((e & f) ^ (~e & g)) +
          K32[i] +
          w[i]) |
        0;
      const t2 =
        ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      k = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    [a, b, c, d, e, f, g, k].forEach((v, i) => (h[i] += v));
  }
  const out = new Uint8Array(32);
  h.forEach((word, i) => new DataView(out.buffer).setInt32(4 * i, word));
  return out;
}

export function sha512(input) {
  const message = padded(input, 128);
  const view = new DataView(message.buffer);
  const h = H64.slice();
  const w = [];
  const wrap = n => BigInt.asUintN(64, n);
  const turn = (n, bits) => (n >> bits) | wrap(n << (64n - bits));
  for (let at = 0; at < message.length; at += 128) {
    for (let i = 0; i < 16; i++) w[i] = view.getBigUint64(at + 8 * i);
    for (let i = 16; i < 80; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      w[i] = wrap(
        w[i - 16] + (turn(x, 1n) ^ turn(x, 8n) ^ (x >> 7n)) + w[i - 7] + (turn(y, 19n) ^ turn(y, 61n) ^ (y >> 6n)));
    }
    let [a, b, c, d, e, f, g, k] = h;
    for (let i = 0; i < 80; i++) {
      const t1 = k + (turn(e, 14n) ^ turn(e, 18n) ^ turn(e, 41n)) + ((e & f) ^ (wrap(~e) & g)) + K64[i] + w[i];
      const t2 = (turn(a, 28n) ^ turn(a, 34n) ^ turn(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
      k = g;
      g = f;
      f = e;
      e = wrap(d + t1);
      d = c;
      c = b;
      b = a;
      a = wrap(t1 + t2);
    }
    [a, b, c, d, e, f, g, k].forEach((v, i) => (h[i] = wrap(h[i] + v)));
  }
  const out = new Uint8Array(64);
  h.forEach((word, i) => new DataView(out.buffer).setBigUint64(8 * i, word));
  return out;
}
