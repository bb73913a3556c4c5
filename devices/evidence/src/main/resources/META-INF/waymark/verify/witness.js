// Cosignatures of witnesses and the policy that says which are enough. FORMAT.md §7.1, §12.1; c2sp.org/tlog-cosignature, c2sp.org/tlog-policy.
// ML-DSA-44 is not checked here: such lines are told as unchecked, and never count.
import {Malformed, hex, utf8} from './bytes.js';
import {ed25519Verifier} from './ed25519.js';
import {InvalidNote, noteKey, openNote, verifiedCheckpoint, verifierKey} from './note.js';

const ED25519 = 4;
const ML_DSA_44 = 6;
const MAX_DEFINED = 63;
const MAX_CHARS = 1 << 18;

/** {name, id, vkey, type: 'ED25519' or 'ML_DSA_44', key, verifies} of a witness; verifies is null for ML-DSA-44. Throws Malformed. */
export async function cosignerKey(text) {
  const parsed = await verifierKey(text);
  if (parsed.type === ML_DSA_44 && parsed.key.length === 1312) return {...parsed, type: 'ML_DSA_44', verifies: null};
  if (parsed.type !== ED25519 || parsed.key.length !== 32) throw new Malformed('VALUE_NOT_ALLOWED', "not a witness's key");
  const verifies = ed25519Verifier(parsed.key);
  if (verifies === null) throw new Malformed('KEY_NOT_VALID');
  return {...parsed, type: 'ED25519', verifies};
}

/**
 * {checkpoint, cosignatures: [{key, seconds}], unchecked: [key]} of a note that `log` signed; at most one per witness, its newest. Throws
 * InvalidNote, also when one line of a known witness does not fit.
 */
export async function cosigned(note, log, witnesses) {
  const checkpoint = await verifiedCheckpoint(note, log);
  const {text, lines} = openNote(note);
  const cosignatures = [];
  const unchecked = [];
  for (const key of witnesses) {
    const own = lines.filter(line => line.isOf(key));
    if (own.length === 0) continue;
    if (key.verifies === null) {
      unchecked.push(key);
      continue;
    }
    let newest = 0;
    for (const {signature} of own) newest = Math.max(newest, await cosignatureTime(signature, text, key));
    cosignatures.push({key, seconds: newest});
  }
  return {checkpoint, cosignatures, unchecked};
}

async function cosignatureTime(bytes, text, key) {
  // time(8) ‖ signature(64)
  if (bytes.length !== 72) throw new InvalidNote(`the cosignature of ${key.name} has ${bytes.length} bytes`);
  const seconds = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0));
  if (seconds === 0 || !Number.isSafeInteger(seconds)) throw new InvalidNote(`the cosignature of ${key.name} has no time`);
  const holds = await key.verifies(utf8(`cosignature/v1\ntime ${seconds}\n${text}`), bytes.subarray(8));
  if (!holds) throw new InvalidNote(`the cosignature of ${key.name} does not fit the text`);
  return seconds;
}

/** {logs, witnesses: [{name, key}], entities: [name], needed: k, survives: f, time(name, times)}. Throws Malformed. */
export async function readPolicy(text) {
  if (text.length > MAX_CHARS) throw refused('too long');
  const logs = [];
  const witnesses = new Map();
  const groups = new Map();
  const members = new Set();
  let quorum;
  let survives;

  const known = name => {
    if (!witnesses.has(name) && !groups.has(name)) throw refused(`${name} is not defined above`);
    return name;
  };
  const define = (map, name, value) => {
    if (name === 'none' || witnesses.has(name) || groups.has(name) || map.size === MAX_DEFINED) throw refused(`${name} is taken, or too many`);
    map.set(name, value);
  };
  const number = (word, least) => {
    if (!/^(0|[1-9][0-9]{0,3})$/.test(word) || Number(word) < least) throw refused(`${word} is no number from ${least}`);
    return Number(word);
  };
  const kinds = {
    log: [2, 3, async ([vkey]) => {
      const key = await noteKey(vkey);
      if (logs.length === MAX_DEFINED || logs.some(other => keyText(other) === keyText(key))) throw refused('the same log key again, or too many');
      logs.push(key);
    }],
    witness: [3, 4, async ([name, vkey]) => {
      const key = await cosignerKey(vkey);
      if ([...witnesses.values()].some(other => keyText(other) === keyText(key))) throw refused('the same witness key again');
      define(witnesses, name, key);
    }],
    group: [4, Infinity, ([name, rule, ...named]) => {
      for (const member of named) {
        if (members.has(known(member))) throw refused(`${member} is a member twice`);
        members.add(member);
      }
      const needed = rule === 'all' ? named.length : rule === 'any' ? 1 : number(rule, 1);
      if (needed > named.length) throw refused(`${needed} of ${named.length}`);
      define(groups, name, {needed, named});
    }],
    quorum: [2, 2, ([name]) => {
      if (quorum !== undefined) throw refused('a second quorum');
      quorum = name === 'none' ? name : known(name);
    }],
    'waymark-survives': [2, 2, ([word]) => {
      if (survives !== undefined) throw refused('a second waymark-survives');
      survives = number(word, 0);
    }],
  };
  for (const line of text.split('\n')) {
    if (/[\u0000-\u0008\u000a-\u001f\u007f\ufffd]/.test(line)) throw refused('a character that is not allowed');
    const words = line.split(/[ \t]+/).filter(word => word !== '');
    if (words.length === 0 || words[0].startsWith('#')) continue;
    if (!Object.hasOwn(kinds, words[0])) throw refused('an unknown line');
    const [least, most, take] = kinds[words[0]];
    if (words.length < least || words.length > most) throw refused(`${words.length} words`);
    await take(words.slice(1));
  }
  if (quorum === undefined) throw refused('no quorum');

  const entities = quorum === 'none' ? [] : groups.get(quorum)?.named ?? [quorum];
  const n = entities.length;
  const k = quorum === 'none' ? 0 : groups.get(quorum)?.needed ?? 1;
  const f = survives ?? 0;
  // The dishonest cannot stop the log by silence, and two quorums have an honest entity in common.
  if (n === 0 ? f > 0 : k > n - f || 2 * k - n <= f) throw refused(`${k} of ${n} entities do not survive ${f} dishonest`);
  const hosts = new Set(logs.map(host));
  const hostsOf = name => (witnesses.has(name) ? [host(witnesses.get(name))] : groups.get(name).named.flatMap(hostsOf));
  for (const entity of entities) {
    for (const one of new Set(hostsOf(entity))) {
      if (hosts.has(one)) throw refused(`${entity} is not independent: ${one}`);
      hosts.add(one);
    }
  }
  /** When this witness, or enough of this group, had cosigned; 0: not. `times`: seconds by vkey. */
  const time = (name, times) => (witnesses.has(name)
    ? times.get(witnesses.get(name).vkey) ?? 0
    : kthNewest(groups.get(name).needed, groups.get(name).named.map(member => time(member, times))));
  return {logs, witnesses: [...witnesses].map(([name, key]) => ({name, key})), entities, needed: k, survives: f, time};
}

const kthNewest = (k, times) => (k === 0 ? 0 : times.sort((a, b) => b - a)[k - 1] ?? 0);

/**
 * {satisfied, witnessed: [entity], missing: [entity], seconds}. seconds: of the entities' times the k-th newest, by the witnesses' own clocks; 0 when
 * not satisfied or nobody is asked for.
 */
export function judge(policy, cosignatures) {
  const times = new Map(cosignatures.map(one => [one.key.vkey, one.seconds]));
  const witnessed = policy.entities.filter(entity => policy.time(entity, times) > 0);
  const missing = policy.entities.filter(entity => !witnessed.includes(entity));
  const seconds = kthNewest(policy.needed, policy.entities.map(entity => policy.time(entity, times)));
  return {satisfied: witnessed.length >= policy.needed, witnessed, missing, seconds};
}

const host = key => key.name.replace(/\/.*/su, '').toLowerCase();
// Without name and type: one key under two names is one witness.
const keyText = key => hex(key.key);
const refused = detail => new Malformed('VALUE_NOT_ALLOWED', `policy: ${detail}`);
