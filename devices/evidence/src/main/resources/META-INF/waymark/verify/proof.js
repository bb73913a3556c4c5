// A proof file and the checks that decide it: names, order and words as ProofVerification in Java. FORMAT.md §10.
import {Malformed, ZERO32, concat, hex, hmac, same, sha256, u64, u8, utf8} from './bytes.js';
import {array, bytes, decode, map, orNull, text, unsigned} from './cbor.js';
import {ed25519Verifier} from './ed25519.js';
import {verificationKey} from './key.js';
import {MAX_SIBLINGS, PRESENT, findTag} from './map.js';
import {leafHash, rootByInclusion, treeOfTiles} from './merkle.js';
import {CUSTODY_STEP, IMAGE_MANIFEST, READING, STATEMENT, allows, disclosure, envelope} from './message.js';
import {InvalidNote, noteKey, verifiedCheckpoint} from './note.js';
import {cosigned, judge} from './witness.js';

export const PASS = 'pass';
export const FAIL = 'fail';
export const CANNOT_TELL = 'cannot-tell';

const DEVICE = 'device';
const ORGANISATION = 'organisation';

const FORMAT_NAME = 'waymark-proof/1';
const KIND_STATEMENT = 1;
const KIND_PUBLIC = 2;
const KIND_LINK = 3;
const MAX_ENTRY = 65535;

const GROUP_OBJECTS = 17;
const GROUP_SUMMARY = 18;

const MAX_BYTES = 32 << 20;
const MAX_PATH = 63;

export function path(value, most = MAX_PATH) {
  if (array(value).length > most) throw new Malformed('TOO_LARGE', `a path of ${value.length}`);
  return value.map(hash => bytes(hash, 32));
}

/** The parts of a proof file, nothing checked but their shape. Throws Malformed. */
export function readProof(file) {
  if (file.length > MAX_BYTES) throw new Malformed('TOO_LARGE', `${file.length} bytes`);
  const fields = map(decode(file), [0, 1, 2, 3, 4, 5, 6], [7, 8]);
  if (text(fields.get(0)) !== FORMAT_NAME) throw new Malformed('UNKNOWN_TYPE', `not ${FORMAT_NAME}`);
  const [uri, secret] = array(fields.get(2), 2);
  const [known, included] = array(fields.get(6), 2).map(unsigned);
  const proof = {
    note: text(fields.get(1)),
    uri: text(uri),
    secret: bytes(secret, 32),
    entries: array(fields.get(3)).map(item => {
      const [entry, at, hashes] = array(item, 3);
      return {entry: bytes(entry), index: unsigned(at), path: path(hashes)};
    }),
    steps: array(fields.get(4), 1, Infinity).map(item => {
      const [n, cose, disclosed, place, linkIndex, hashes] = array(item, 6);
      const [objectIndex, salt, binding, objectPath] = array(place, 4);
      return {
        n: unsigned(n),
        cose: bytes(cose),
        disclosed,
        objectIndex: unsigned(objectIndex),
        salt: bytes(salt, 16),
        binding: bytes(binding, 32),
        objectPath: path(objectPath),
        index: unsigned(linkIndex),
        path: path(hashes),
      };
    }),
    messages: array(fields.get(5)).map(item => {
      const [cose, disclosed, tag, at, hashes] = array(item, 5);
      return {cose: bytes(cose), disclosed, tag: bytes(tag, 32), index: unsigned(at), path: path(hashes)};
    }),
    readings: {known, included},
    noLaterStep: fields.has(7) ? noLaterStep(array(fields.get(7), 5)) : null,
    handOvers: fields.has(8) ? handOvers(array(fields.get(8), 2)) : null,
  };
  if (included !== proof.messages.length || known < included) throw new Malformed('VALUE_NOT_ALLOWED', 'the counts do not fit the messages');
  return proof;
}

const noLaterStep = ([entry, at, hashes, siblings, terminal]) => ({
  entry: bytes(entry),
  index: unsigned(at),
  path: path(hashes),
  siblings: path(siblings, MAX_SIBLINGS),
  terminal: orNull(bytes, terminal, 32),
});

const MAX_HAND_OVERS = 1000;

const placed = ([entry, at, hashes]) => ({entry: bytes(entry), index: unsigned(at), path: path(hashes)});

function handOvers([first, list]) {
  return {
    first: placed(array(first, 3)),
    handOvers: array(list, 1, MAX_HAND_OVERS).map(item => {
      const [note, entry, at, hashes, toNext] = array(item, 5);
      // A consistency path may have one hash more than an inclusion path: the old tree's own.
      return {note: text(note), taken: placed([entry, at, hashes]), toNext: path(toNext, MAX_PATH + 1)};
    }),
  };
}

const ROLES = [DEVICE, ORGANISATION, 'receipt'];
const KEEPERS = ['device', 'gateway', 'platform', 'browser', 'file', 'hsm'];
const IDENTITY_PROOFS = ['self-declared', 'domain', 'gs1-licence'];

function oneOf(allowed, value) {
  if (!allowed.includes(text(value))) throw new Malformed('VALUE_NOT_ALLOWED', value.slice(0, 40));
  return value;
}

function publicFields(entry, what, required, optional) {
  if (entry.length < 2 || entry.length > MAX_ENTRY || entry[0] !== KIND_PUBLIC) throw new Malformed('WRONG_TYPE', 'not a public entry');
  const fields = map(decode(entry.subarray(1)), required, optional);
  if (fields.get(0) !== what) throw new Malformed('UNKNOWN_TYPE');
  return fields;
}

/** From this entry on a key speaks for a stream. Throws Malformed. */
export async function keyBinding(entry) {
  const fields = publicFields(entry, 1, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  return {
    streamId: bytes(fields.get(1), 16),
    key: await verificationKey(bytes(fields.get(2))),
    role: oneOf(ROLES, fields.get(3)),
    keeper: oneOf(KEEPERS, fields.get(4)),
    commitment: bytes(fields.get(5), 32),
    organisation: text(fields.get(6)),
    identityProof: oneOf(IDENTITY_PROOFS, fields.get(7)),
    firstEpoch: unsigned(fields.get(8)),
    label: text(fields.get(9)),
  };
}

const WITHOUT_SUSPICION = ['superseded', 'lost'];

/** From this entry on it no longer does. Throws Malformed. */
export function revocation(entry) {
  const fields = publicFields(entry, 2, [0, 1, 2, 3], [4]);
  const reason = text(fields.get(3));
  const suspectFrom = fields.has(4) ? unsigned(fields.get(4)) : null;
  if (suspectFrom !== null && WITHOUT_SUSPICION.includes(reason)) {
    throw new Malformed('VALUE_NOT_ALLOWED', `nothing is suspect of a key that is ${reason}`);
  }
  return {streamId: bytes(fields.get(1), 16), kid: bytes(fields.get(2), 8), reason, suspectFrom};
}

/** {generation, key: 32 bytes, next: hash of the next one} of the key that signs the log from here on. Throws Malformed. */
export function logKey(entry) {
  const fields = publicFields(entry, 4, [0, 1, 2, 3]);
  const key = bytes(fields.get(2), 32);
  if (ed25519Verifier(key) === null) throw new Malformed('KEY_NOT_VALID');
  return {generation: unsigned(fields.get(1)), key, next: bytes(fields.get(3), 32)};
}

// The first millisecond of the year 10000: times before it are written the same everywhere.
const TIME_END = 253402300800000;

/** {size, count, root, time} of the map over the tags of all links at indexes below `size`; `time` is the operator's word. Throws Malformed. */
export function mapHead(entry) {
  const fields = publicFields(entry, 3, [0, 1, 2, 3, 4]);
  const [size, count, time] = [1, 2, 4].map(key => unsigned(fields.get(key)));
  if (count > size || time >= TIME_END) throw new Malformed('VALUE_NOT_ALLOWED', `${count} tags in ${size} entries at ${time}`);
  return {size, count, root: bytes(fields.get(3), 32), time};
}

// The entry calls itself a revocation: 0x02 ‖ map, key 0, value 2.
const isRevocation = entry => entry.length > 3 && entry[0] === KIND_PUBLIC && entry[1] >> 5 === 5 && entry[2] === 0 && entry[3] === 2;

/** What the map of link tags is asked for. */
export const linkTag = (objectSecret, n) => hmac(objectSecret, u8(2), u64(n));

/** {entry, digest} of an object's n-th link. `previous` is the link digest before, ZERO32 at n = 0. */
export async function link(objectSecret, n, stepDigest, previous) {
  const digest = await sha256(u8(4), stepDigest, u64(n), previous);
  return {entry: concat(u8(KIND_LINK), await linkTag(objectSecret, n), digest), digest};
}

/** What the commissioning step says of a label. */
export const labelCommitment = (uri, objectSecret) => sha256(u8(5), utf8(uri), objectSecret);

/** Leaf hash of one object in a step's tree. */
export const objectLeaf = (salt, binding, uri) => leafHash(concat(salt, binding, utf8(uri)));

/**
 * The checks of FORMAT.md §10.2 in their order: [{name, lookedAt, outcome, expected, seen}]. A malformed file throws Malformed.
 *
 * @param proof   the file's bytes, or what readProof made of them. The latter is filled with what was found: checkpoint; digest, summary and
 *                linkEntry of each step; envelope, groups and signer of steps and messages; mapHead, when no later step was recorded before its time (witnessed: by the
 *                witnesses' clocks, else the operator's), or staleHead, likewise, when that is too long ago;
 *                log, the log's keys as far as the file tells them
 * @param vkey    the log's verifier key, from somewhere the reader trusts
 * @param onCheck called with each check as it is decided; a promise it returns is awaited, so that a page can draw
 * @param freshness {now, maxAge} in ms: how far the time of the map head may be from now, earlier or later; null for any
 * @param policy    the witnesses the reader trusts, from readPolicy; null: cosignatures are not looked at. The file then is filled with witnessed,
 *                  what judge says of the checkpoint, null when it could not be judged
 */
export async function verifyProof(proof, vkey, onCheck = () => {}, freshness = null, policy = null) {
  const checks = [];
  const add = async (name, lookedAt, outcome, expected, seen) => {
    const check = {name, lookedAt, outcome, expected, seen};
    checks.push(check);
    await onCheck(check);
  };
  await new Verification(proof instanceof Uint8Array ? readProof(proof) : proof, add, freshness, policy).run(await noteKey(vkey));
  return checks;
}

const told = holds => (holds ? PASS : FAIL);

class Verification {
  constructor(proof, add, freshness, policy) {
    this.proof = proof;
    this.add = add;
    this.freshness = freshness;
    this.policy = policy;
    // Milliseconds; 0 when no quorum of the reader's witnesses has cosigned the checkpoint.
    this.witnessedAt = 0;
    this.bindings = [];
    this.revocations = [];
  }

  async run(log) {
    log = await this.handOvers(log);
    if (log === null) return;
    this.proof.log = log;
    // All that follows is about places in the checkpoint's tree.
    if (!(await this.checkpoint(log))) return;
    if (this.policy !== null) await this.witnesses(log, this.policy);
    for (const [i, entry] of this.proof.entries.entries()) await this.key(i, entry);
    await this.steps();
    await this.messages();
    await this.noLaterStep();
  }

  /** The log's keys as far as the file tells how they took over from `known`; null when what it tells is not so. */
  async handOvers(known) {
    if (this.proof.handOvers === null) return known;
    const {follow} = await import('./handover.js');
    const {handOvers} = this.proof;
    const tell = (outcome, seen) => this.add(
      'log key hand-over', `${handOvers.handOvers.length} hand-overs`, outcome, `keys of ${known.name} that handed over to each other as promised`, seen);
    try {
      const log = await follow(handOvers, known, this.proof.note);
      await (log === known ? tell(CANNOT_TELL, 'the known key is none of them') : tell(PASS, `up to key ${log.vkey}`));
      return log;
    } catch (e) {
      if (!(e instanceof InvalidNote)) throw e;
      await tell(FAIL, e.message);
      return null;
    }
  }

  async checkpoint(log) {
    const expected = `a checkpoint signed by ${log.name}`;
    try {
      const checkpoint = await verifiedCheckpoint(this.proof.note, log);
      this.proof.checkpoint = checkpoint;
      await this.add('checkpoint signature', 'checkpoint', PASS, expected, `${checkpoint.size} entries, root ${hex(checkpoint.root)}`);
      return true;
    } catch (e) {
      if (!(e instanceof InvalidNote)) throw e;
      await this.add('checkpoint signature', 'checkpoint', e.unknownKey ? CANNOT_TELL : FAIL, expected, e.message);
      return false;
    }
  }

  async witnesses(log, policy) {
    const n = policy.entities.length;
    const tell = (outcome, seen) => this.add('witness cosignatures', 'checkpoint', outcome, `cosignatures by ${policy.needed} of ${n} witnesses`, seen);
    this.proof.witnessed = null;
    const keys = [log, ...(log.earlier ?? []).map(before => before.key)].map(key => key.vkey);
    if (policy.logs.length > 0 && !policy.logs.some(one => keys.includes(one.vkey))) return tell(CANNOT_TELL, `the policy does not list ${log.vkey}`);
    let judgement;
    try {
      const {cosignatures} = await cosigned(this.proof.note, log, policy.witnesses.map(one => one.key));
      judgement = judge(policy, cosignatures);
    } catch (e) {
      if (!(e instanceof InvalidNote)) throw e;
      return tell(FAIL, 'a line of one of them does not fit');
    }
    this.proof.witnessed = judgement;
    const {satisfied, witnessed, seconds} = judgement;
    if (seconds < TIME_END / 1000) this.witnessedAt = 1000 * seconds;
    return tell(satisfied ? PASS : CANNOT_TELL, `${witnessed.length} of ${n}${witnessed.length > 0 ? `: ${witnessed.join(', ')}` : ''}`);
  }

  async places(entry, index, path) {
    const {size, root} = this.proof.checkpoint;
    const seen = await rootByInclusion(index, size, await leafHash(entry), path);
    return seen !== null && same(seen, root);
  }

  async key(number, {entry, index, path}) {
    const where = `key entry ${number}`;
    const expected = `a key binding or revocation at index ${index}`;
    try {
      const revoked = isRevocation(entry) ? revocation(entry) : null;
      const bound = revoked === null ? await keyBinding(entry) : null;
      const what = revoked !== null
        ? `revocation of key ${hex(revoked.kid)}`
        : `key ${hex(bound.key.kid)}: ${bound.organisation}, ${bound.role}, kept by ${bound.keeper}, identity ${bound.identityProof}`;
      if (!(await this.places(entry, index, path))) {
        await this.add('key binding', where, FAIL, expected, `${what}, not in the log at that index`);
        return;
      }
      if (revoked !== null) this.revocations.push({...revoked, index});
      else this.bindings.push({...bound, index});
      await this.add('key binding', where, PASS, expected, what);
    } catch (e) {
      if (!(e instanceof Malformed)) throw e;
      await this.add('key binding', where, FAIL, expected, e.message);
    }
  }

  async steps() {
    let previousLink = ZERO32;
    let previousIndex = -1;
    let chainKnown = true;
    const numbers = new Map();
    for (const [i, step] of this.proof.steps.entries()) {
      const where = `step ${step.n}`;
      const role = type => (type === CUSTODY_STEP ? ORGANISATION : null);
      const signed = await this.signature('step signature', where, step, 'signed by an organisation whose key was bound before', role);
      if (signed !== null) await this.content('step content', where, step, signed);
      await this.object(where, step);
      if (step.n === 0) {
        const commitment = await labelCommitment(this.proof.uri, this.proof.secret);
        const expected = `commitment to this label ${hex(commitment)}`;
        await this.add('label commitment', where, told(same(commitment, step.binding)), expected, hex(step.binding));
      }
      // The link's n is the operator's; the signer's own numbers show a step that is told twice or out of turn.
      let inOrder = true;
      if (signed !== null) {
        const stream = `${hex(signed.head.id)}/${signed.head.epoch}`;
        inOrder = signed.head.seq > (numbers.get(stream) ?? -1);
        if (inOrder) numbers.set(stream, signed.head.seq);
      }
      await this.add(
        'link chain', where, told(step.n === i && step.index > previousIndex && inOrder),
        `step ${i}, recorded after index ${previousIndex}`,
        `step ${step.n} at index ${step.index}${inOrder ? '' : ', but signed earlier, or told twice'}`);
      previousIndex = step.index;
      if (signed === null || !chainKnown) {
        chainKnown = false;
        await this.add('link inclusion', where, CANNOT_TELL, `the link at index ${step.index}`, 'a step before could not be read');
        continue;
      }
      step.digest = signed.digest;
      step.summary = step.groups?.get(GROUP_SUMMARY);
      const {entry, digest} = await link(this.proof.secret, step.n, signed.digest, previousLink);
      step.linkEntry = entry;
      await this.inclusion('link inclusion', where, `link ${hex(digest)}`, entry, step);
      previousLink = digest;
    }
  }

  async object(where, step) {
    const {uri} = this.proof;
    const expected = `${uri} under the step's object root`;
    const objects = step.groups?.get(GROUP_OBJECTS);
    if (objects === undefined) {
      await this.add('object in step', where, CANNOT_TELL, expected, "the step's object root is not disclosed");
      return;
    }
    const leaf = await objectLeaf(step.salt, step.binding, uri);
    const root = await rootByInclusion(step.objectIndex, objects.count, leaf, step.objectPath);
    const seen = `object ${step.objectIndex} of ${objects.count}`;
    if (root === null || !same(root, objects.root)) {
      await this.add('object in step', where, FAIL, expected, `${seen}, another root`);
    } else if (step.n > 0 && !same(step.binding, ZERO32)) {
      await this.add('object in step', where, FAIL, `${expected}, not commissioned again`, `${seen}, commissioned in this step`);
    } else {
      await this.add('object in step', where, PASS, expected, seen);
    }
  }

  async messages() {
    const indexes = new Set();
    const numbers = new Set();
    const role = type => (type === READING || type === IMAGE_MANIFEST ? DEVICE : type === STATEMENT ? ORGANISATION : null);
    for (const [number, message] of this.proof.messages.entries()) {
      const where = `message ${number}`;
      const signed = await this.signature('reading signature', where, message, 'signed by a key that was bound before', role);
      if (signed === null) continue;
      await this.content('reading content', where, message, signed);
      const {id, epoch, seq} = signed.head;
      // The tag is the operator's word: the same message may stand in the log under two.
      const own = `${hex(id)}/${epoch}/${seq}`;
      const ownIndex = !indexes.has(message.index);
      const ownNumber = !numbers.has(own);
      indexes.add(message.index);
      numbers.add(own);
      if (!ownIndex || !ownNumber) {
        await this.add(
          'reading inclusion', where, FAIL, ownIndex ? 'a number of its own' : 'an index of its own',
          ownIndex ? `epoch ${epoch}, number ${seq} of its stream again` : `index ${message.index} again`);
        continue;
      }
      const entry = concat(u8(KIND_STATEMENT), message.tag, signed.digest);
      await this.inclusion('reading inclusion', where, `message ${hex(signed.digest)}`, entry, message);
    }
  }

  async noLaterStep() {
    const n = this.proof.steps.length;
    const expected = `no step ${n} in the map of all links`;
    const claim = this.proof.noLaterStep;
    const tell = (outcome, seen, where = 'map head') => this.add('no later step', where, outcome, expected, seen);
    if (claim === null) return tell(CANNOT_TELL, 'no map head in this file');
    let head;
    try {
      head = mapHead(claim.entry);
    } catch (e) {
      if (!(e instanceof Malformed)) throw e;
      return tell(FAIL, e.message);
    }
    const {index, siblings, terminal} = claim;
    const {now, maxAge} = this.freshness ?? {};
    const lastLink = this.proof.steps.map(step => step.index).reduce((a, b) => (a > b ? a : b));
    const of = `the map of the first ${head.size} entries`;
    // Only of the tree that ends with the head: what came after it the map does not know.
    const witnessed = this.witnessedAt > 0 && index === this.proof.checkpoint.size - 1;
    const time = witnessed ? this.witnessedAt : head.time;
    const asOf = `, as of ${new Date(time).toISOString().slice(0, 19)}Z by the ${witnessed ? "witnesses' clocks" : "operator's own clock"}`;
    const found = await findTag(await linkTag(this.proof.secret, n), head.root, siblings, terminal);
    const judged = (outcome, seen) => tell(outcome, seen, `map head at index ${index}`);
    if (!(await this.places(claim.entry, index, claim.path))) return judged(FAIL, `${of}, not in the log at index ${index}`);
    if (index < head.size) return judged(FAIL, `${of}, though it stands at index ${index}`);
    if (found === null) return judged(FAIL, `${of}, whose root the proof does not lead to`);
    if (found === PRESENT) return judged(FAIL, `${of} has a step ${n}${asOf}`);
    if (head.size <= lastLink) return judged(CANNOT_TELL, `${of}, older than the last step at index ${lastLink}`);
    if (maxAge !== undefined && !(Math.abs(now - time) <= maxAge)) {
      this.proof.staleHead = {time, witnessed};
      return judged(CANNOT_TELL, `none${asOf}, which is more than ${Math.floor(maxAge / 1000)} s from now`);
    }
    this.proof.mapHead = {...head, time, witnessed};
    return judged(PASS, `none${asOf}`);
  }

  /** The envelope, or null when it cannot be read; the check is added either way. */
  async signature(name, where, part, expected, roleOf) {
    let signed;
    try {
      signed = await envelope(part.cose);
    } catch (e) {
      if (!(e instanceof Malformed)) throw e;
      await this.add(name, where, FAIL, expected, e.message);
      return null;
    }
    part.envelope = signed;
    const role = roleOf(signed.head.type);
    if (role === null) {
      await this.add(name, where, FAIL, expected, `a message of type ${signed.head.type}, which has no place here`);
    } else {
      const {outcome, seen, signer} = await this.judge(signed, role, part.index);
      part.signer = signer;
      await this.add(name, where, outcome, expected, seen);
    }
    return signed;
  }

  /** Whose word a message is. Validity is judged by `index`, where its entry stands in the log, never by clocks. */
  async judge(signed, role, index) {
    let first = null;
    for (const binding of this.bindings) {
      if (!same(binding.streamId, signed.head.id) || !same(binding.key.kid, signed.kid)) continue;
      const judgement = {...(await this.judgeBy(binding, signed, role, index)), signer: binding};
      if (judgement.outcome === PASS) return judgement;
      first ??= judgement;
    }
    return first ?? {outcome: CANNOT_TELL, seen: `no key binding for key ${hex(signed.kid)} of stream ${hex(signed.head.id)}`};
  }

  async judgeBy(binding, signed, role, index) {
    const who = `${binding.organisation}, ${binding.role} key kept by ${binding.keeper}`;
    const fails = seen => ({outcome: FAIL, seen});
    if (binding.index >= index) return fails(`${who}, bound at index ${binding.index}, not before index ${index}`);
    if (binding.role !== role) return fails(`${who}, but a key of role ${role} is needed`);
    if (signed.head.epoch < binding.firstEpoch) {
      return fails(`${who}, bound from epoch ${binding.firstEpoch}, message of epoch ${signed.head.epoch}`);
    }
    const revoked = this.revocations.filter(one => same(one.streamId, binding.streamId) && same(one.kid, binding.key.kid));
    binding.revoked = revoked[0];
    const before = revoked.find(one => one.index < index);
    if (before) return fails(`${who}, revoked at index ${before.index}: ${before.reason}`);
    if (!(await signed.verifies(binding.key))) return fails(`${who}: the signature does not fit`);
    // A later revocation may reach further back.
    const suspect = revoked.map(one => one.suspectFrom ?? Infinity).reduce((a, b) => (a < b ? a : b), Infinity);
    if (suspect <= index) {
      const after = signed.head.anchor ? 'what it was signed after is not here' : 'it names nothing that it was signed after';
      return {outcome: CANNOT_TELL, seen: `${who}, signature fits, but the key is suspect from index ${suspect}; ${after}`};
    }
    return {outcome: PASS, seen: `${who}, bound at index ${binding.index}`};
  }

  async content(name, where, part, signed) {
    const expected = `content with the signed root ${hex(signed.fieldsRoot)}`;
    try {
      const disclosed = await disclosure(part.disclosed, signed.head);
      part.groups = disclosed.groups;
      for (const key of disclosed.groups.keys()) {
        if (allows(signed.head.type, key)) continue;
        await this.add(name, where, FAIL, expected, `group ${key} in a message of type ${signed.head.type}`);
        return;
      }
      const seen = `${disclosed.groups.size} parts shown, ${disclosed.withheld} withheld`;
      const matches = same(disclosed.root, signed.fieldsRoot);
      await this.add(name, where, told(matches), expected, matches ? seen : `${seen}, another root`);
    } catch (e) {
      if (!(e instanceof Malformed)) throw e;
      await this.add(name, where, FAIL, expected, e.message);
    }
  }

  async inclusion(name, where, what, entry, {index, path}) {
    const placed = await this.places(entry, index, path);
    await this.add(name, where, told(placed), `${what} at index ${index} of ${this.proof.checkpoint.size}`, placed ? 'there' : 'not there');
  }
}

/**
 * Whether the files that the log serves to everybody hold the object's links: one check "log tiles" per step of a proof that verifyProof has been
 * through.
 *
 * @param fetchTile (path like "tile/0/x001/234.p/5") → Promise of bytes, or of null when there is no such file; if it throws: cannot-tell
 */
export async function verifyTiles(proof, fetchTile, onCheck = () => {}) {
  const checks = [];
  if (!proof.checkpoint) return checks;
  const {size, root} = proof.checkpoint;
  const tree = treeOfTiles(size, fetchTile);
  for (const step of proof.steps) {
    if (!step.linkEntry) continue;
    const leaf = await leafHash(step.linkEntry);
    const expected = `link ${hex(leaf)} at index ${step.index} of ${size}`;
    const decided = await byTiles(`step ${step.n}`, 'log tiles', expected, async () => {
      if (!(Number.isSafeInteger(step.index) && step.index < size)) return [FAIL, 'no such index'];
      const served = await tree.leaf(step.index);
      if (!same(served, leaf)) return [FAIL, hex(served)];
      const seen = await rootByInclusion(step.index, size, leaf, await tree.inclusion(step.index));
      return seen !== null && same(seen, root) ? [PASS, 'there'] : [FAIL, 'the tiles lead to another root'];
    });
    checks.push(decided);
    await onCheck(decided);
  }
  return checks;
}

// A tile of the wrong length or content is a failure; one that does not come is a question left open.
export async function byTiles(lookedAt, name, expected, decide) {
  try {
    const [outcome, seen] = await decide();
    return {name, lookedAt, outcome, expected, seen};
  } catch (e) {
    return {name, lookedAt, outcome: e instanceof Malformed ? FAIL : CANNOT_TELL, expected, seen: e.message};
  }
}
