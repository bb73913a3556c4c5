// The Ed25519 equation in plain JavaScript, loaded only where the browser has none that we can rely on. FORMAT.md §3.1.
import {concat, same} from './bytes.js';
import {sha512} from './fallback-sha.js';
import {IDENTITY, L, add, double, decompress, invert, littleEndian, mod, negate} from './ed25519.js';

const BASE = decompress(Uint8Array.from({length: 32}, (_, i) => (i === 0 ? 0x58 : 0x66)));

// table[w][d] = d · 16^w · point: a multiple is then 64 additions and no doubling. Built once per key (about 5 ms): a proof holds many
// signatures by few keys.
function table(point) {
  const windows = [];
  for (let w = 0, unit = point; w < 64; w++) {
    const row = [IDENTITY];
    for (let d = 1; d < 16; d++) row.push(add(row[d - 1], unit));
    windows.push(row);
    unit = double(row[8]);
  }
  return windows;
}

function multiple(windows, scalar, start) {
  let sum = start;
  for (let w = 0; w < 64; w++) sum = add(sum, windows[w][Number((scalar >> BigInt(4 * w)) & 15n)]);
  return sum;
}

function compress(p) {
  const z = invert(p.Z);
  let number = mod(p.Y * z) | ((mod(p.X * z) & 1n) << 255n);
  return Uint8Array.from({length: 32}, () => {
    const byte = Number(number & 255n);
    number >>= 8n;
    return byte;
  });
}

let baseTable;

/** For a validated key: (message, signature) → whether [S]B − [k]A is spelled exactly R. The caller has checked S < L and R. */
export function equationFor(raw, point) {
  baseTable ??= table(BASE);
  const minusKey = table(negate(point));
  return (message, signature) => {
    const r = signature.subarray(0, 32);
    const k = littleEndian(sha512(concat(r, raw, message))) % L;
    const expected = multiple(minusKey, k, multiple(baseTable, littleEndian(signature.subarray(32)), IDENTITY));
    return same(compress(expected), r);
  };
}
