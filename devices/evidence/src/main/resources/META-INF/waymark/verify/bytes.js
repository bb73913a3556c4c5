// Bytes in and out of text, SHA-256 and HMAC. FORMAT.md, first lines.

/** Bytes that are not what the format says. `reason` is the rule they break, in the words of Java's MalformedException.Reason. */
export class Malformed extends Error {
  constructor(reason, detail = '') {
    super(detail === '' ? reason : `${reason}: ${detail}`);
    this.name = 'Malformed';
    this.reason = reason;
  }
}

export const hex = bytes => Array.from(bytes, b => b.toString(16).padStart(2, '0')).join('');

export function unhex(text) {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new Malformed('VALUE_NOT_ALLOWED', 'not lower-case hexadecimal');
  return Uint8Array.from(text.match(/../g) ?? [], pair => parseInt(pair, 16));
}

const toLatin1 = bytes => Array.from(bytes, b => String.fromCharCode(b)).join('');

export const base64 = bytes => btoa(toLatin1(bytes));

/** Strict: atob forgives white space, missing padding and stray bits, which would give one signature many spellings. */
export function unbase64(text) {
  let latin1;
  try {
    latin1 = atob(text);
  } catch {
    throw new Malformed('VALUE_NOT_ALLOWED', 'not base64');
  }
  if (btoa(latin1) !== text) throw new Malformed('VALUE_NOT_ALLOWED', 'not canonical base64');
  return Uint8Array.from(latin1, c => c.charCodeAt(0));
}

export const utf8 = text => new TextEncoder().encode(text);

/** ignoreBOM keeps a leading U+FEFF: a decoder that drops it shows a text that nobody signed. */
export const fromUtf8 = bytes => new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Not constant-time: nothing compared here is secret from whoever runs it. */
export const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

export const u8 = n => Uint8Array.of(n);

/** Every integer in a hash input is u64 big-endian. */
export function u64(n) {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(n));
  return bytes;
}

export const ZERO32 = new Uint8Array(32);

/** The browser's own cryptography: only in a secure context (https or localhost). Without it fallback-*.js do the same. */
export const native = {subtle: globalThis.crypto?.subtle};

let fallback;

/** SHA-256 of the concatenation of `parts`, 32 bytes. */
export async function sha256(...parts) {
  const input = parts.length === 1 ? parts[0] : concat(...parts);
  if (native.subtle) return new Uint8Array(await native.subtle.digest('SHA-256', input));
  fallback ??= await import('./fallback-sha.js');
  return fallback.sha256(input);
}

/** HMAC-SHA256 of the concatenation of `parts`. Keys here are 16 or 32 bytes, never longer than a block. */
export async function hmac(key, ...parts) {
  const inner = new Uint8Array(64).fill(0x36);
  const outer = new Uint8Array(64).fill(0x5c);
  key.forEach((byte, i) => {
    inner[i] ^= byte;
    outer[i] ^= byte;
  });
  return sha256(outer, await sha256(inner, ...parts));
}
