// What the passport page runs: fetch the proof, check it (FORMAT.md §10.2), compare the page with it, show what was checked. Outside strings only
// ever become text, never markup. Read from the page: #proof data-proof-href, data-log-key-href, data-tiles, data-uri, data-policy-href (the operator's list
// of witnesses, when there is one), data-max-age (seconds); per step data-digest, data-index and, inside, data-proven. Written: #checks, #checked-by,
// #witnesses; on <html> data-checked and data-failed.
import {CANNOT_TELL, FAIL, PASS, readProof, verifyProof, verifyTiles} from './proof.js';
import {Malformed, fromUtf8, hex} from './bytes.js';
// proof.js imports these too. A browser sees an import only in what it already has: named here, the second level is the last, and a phone waits for
// two round trips instead of four.
import './cbor.js';
import './ed25519.js';
import './key.js';
import './map.js';
import './merkle.js';
import './message.js';
import './note.js';
import {readPolicy} from './witness.js';

/** Every word this script shows. A translation is another object of this shape under its language tag. */
const MESSAGES = {
  en: {
    checkedHere: 'checked in this browser by code this site sent you',
    progress: 'Checking: {done} of {all}',
    pass: 'Every check made in this browser passed.',
    fail: 'A check failed: {name}. Do not rely on this page.',
    'cannot-tell': 'Some things could not be checked in this browser.',
    counts: '{passed} of {all}',
    mark: {pass: 'passed', fail: 'failed', 'cannot-tell': 'could not be checked'},
    expected: 'Expected',
    seen: 'Seen',
    checks: {
      'proof file': 'The proof can be read',
      'log key hand-over': 'The log’s key changed to the one it had promised',
      'checkpoint signature': 'The log signed this state of itself',
      'witness cosignatures': 'Enough witnesses signed this state of the log too',
      'key binding': 'The signers’ keys are in the log',
      'step signature': 'Each step was signed by its signer',
      'step content': 'Each step says what was signed, and the page shows it',
      'object in step': 'Each step is about this object',
      'label commitment': 'The maker’s first step names this code and its secret',
      'link chain': 'No step is missing before the last one shown',
      'link inclusion': 'Each step is in the log',
      'reading signature': 'Each reading was signed with the key registered for its sensor',
      'reading content': 'Each reading says what was signed',
      'reading inclusion': 'Each reading is in the log',
      'no later step': 'No step was recorded after the last one shown',
      'log tiles': 'The log’s public files agree with the proof',
      'checkpoint consistency': 'The log still holds everything this browser saw before',
    },
    warnings: {
      asOf: 'That no later step was recorded is known as of {time}, by {clock}.',
      stale: 'Whether a later step was recorded cannot be said: what is known of that is of {time}, by {clock}, and older than {age}.',
      policy: 'The operator’s list of witnesses cannot be used: {why}',
      readings: '{included} of {known} sensor readings are in this proof. The others were not checked here.',
      platform: 'Signed by the platform for somebody, who holds no key of their own: {who}.',
      gateway: 'Signed by a gateway for a sensor that cannot sign: {who}.',
      selfDeclared: 'These names were given by their owners and proved by nobody: {who}.',
      revoked: 'A key in this story was later revoked ({reason}): {who}.',
      insecure: 'This page did not come over an encrypted connection.',
      offline: 'The proof could not be fetched: {why}',
      broken: 'The check stopped on an error in this page’s script. Nothing on this page was checked here.',
      storage: 'This browser keeps nothing between visits, so this state of the log cannot be compared with an earlier one.',
    },
    clock: {operator: 'the operator’s own clock', witnesses: 'the witnesses’ clocks'},
    witnesses: {
      nobody: 'No independent witness has signed this state of the log: its operator could still show others another history.',
      some: '{count} independent witnesses have signed this state of the log, by {list}: {who}. {needed} of {all} are asked for.',
      one: 'One independent witness has signed this state of the log, by {list}: {who}. {needed} of {all} is asked for.',
      tooFew: 'Only {count} of the {all} witnesses on {list} have signed this state of the log, {needed} are asked for: its operator could still show others another history.',
      operator: 'the operator’s list of witnesses',
      own: 'your own list of witnesses',
      change: 'Count with a list of your own',
      why: 'Who is independent is the word of whoever wrote the list. Paste a policy (C2SP tlog-policy) of somebody you trust, or choose its file. It is used for this visit and not kept.',
      paste: 'Policy',
      file: 'Policy file',
      count: 'Count again',
    },
    hours: '{n} hours',
    seconds: '{n} seconds',
    page: {
      address: 'the address of this page and the object of the proof',
      object: 'the object this page is about',
      step: 'step shown on this page',
      missing: 'step {n} of the proof',
      proven: 'a step of the proof, digest {digest}, at index {index}',
      none: 'no such step in the proof',
      shown: 'shown on this page',
      hidden: 'not shown on this page',
    },
  },
};

const words = MESSAGES[document.documentElement.lang.slice(0, 2)] ?? MESSAGES.en;

// A story whose end is older than this is not told as the present, unless the page says otherwise.
const MAX_AGE_SECONDS = 24 * 60 * 60;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

function element(name, text, ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

/** Not a judgement: nothing was seen to judge. */
class Unreachable extends Error {}

/** The bytes, or null when there are none at this address. */
async function fetched(url, cache = 'default') {
  let response;
  try {
    response = await fetch(url, {cache});
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
  } catch (e) {
    throw new Unreachable(`${url}: ${e.message}`);
  }
  if (response.status === 404) return null;
  throw new Unreachable(`${url}: ${response.status}`);
}

async function required(url) {
  const bytes = await fetched(url);
  if (bytes === null) throw new Unreachable(`${url}: 404`);
  return bytes;
}

/** @param own the visitor's own list of witnesses in place of the operator's: {text, policy} */
async function run(own = null) {
  const place = document.getElementById('proof');
  if (!place?.dataset.proofHref) return;
  const {proofHref, logKeyHref = '/ledger/key', tiles = '/ledger/tile', policyHref, maxAge = MAX_AGE_SECONDS} = place.dataset;
  const root = document.documentElement;
  delete root.dataset.checked;
  delete root.dataset.failed;
  const view = new View(document.getElementById('checks'));
  const checks = [];
  const warnings = [];
  const onCheck = check => {
    checks.push(check);
    return view.progress(checks.length);
  };
  try {
    const listed = own === null && policyHref ? fetched(policyHref) : null;
    const [file, key] = await Promise.all([required(proofHref), required(logKeyHref)]);
    const vkey = fromUtf8(key);
    const proof = readProof(file);
    view.expect(proof);
    const policy = own?.policy ?? (await operatorsPolicy(listed, warnings));
    const age = 1000 * Number(maxAge);
    await verifyProof(proof, vkey, onCheck, {now: Date.now(), maxAge: age}, policy);
    for (const check of pageChecks(proof, place.dataset.uri)) await onCheck(check);
    // path = tile/<level>/<index…>; the page's address of tiles already ends in the log's own "tile".
    // Asked for anew each time (the answer is 304): tiles never change, so a damaged one would be kept for a year after it was mended.
    const fetchTile = path => fetched(tiles + path.slice('tile'.length), 'no-cache');
    await verifyTiles(proof, fetchTile, onCheck);
    await remember(proof, vkey, fetchTile, onCheck, warnings);
    witnesses(proof, policy, own !== null, warnings);
    warn(proof, age, warnings);
  } catch (e) {
    if (e instanceof Malformed) checks.push({name: 'proof file', lookedAt: proofHref, outcome: CANNOT_TELL, expected: 'waymark-proof/1', seen: e.message});
    else if (e instanceof Unreachable) warnings.push(fill(words.warnings.offline, {why: e.message}));
    else {
      // Our own mistake: nothing may be believed, and it must reach the console.
      conclude([], [words.warnings.broken], view);
      throw e;
    }
  }
  view.own = ownList(own?.text ?? '');
  conclude(checks, warnings, view);
}

/** The operator's list of witnesses; null when there is none, or none that can be used. */
async function operatorsPolicy(listed, warnings) {
  try {
    const bytes = await listed;
    return bytes === null ? null : await readPolicy(fromUtf8(bytes));
  } catch (e) {
    if (!(e instanceof Malformed || e instanceof Unreachable)) throw e;
    warnings.push(fill(words.warnings.policy, {why: e.message}));
    return null;
  }
}

/** How many independent witnesses have signed, counted here from the lines of the note with the keys of the list. */
function witnesses(proof, policy, own, warnings) {
  const said = words.witnesses;
  const count = proof.witnessed?.witnessed.length ?? 0;
  const values = {
    count,
    all: policy?.entities.length,
    needed: policy?.needed,
    list: own ? said.own : said.operator,
    who: (proof.witnessed?.witnessed ?? []).join(', '),
  };
  const enough = count > 0 && proof.witnessed.satisfied;
  const told = enough ? fill(count === 1 ? said.one : said.some, values) : count > 0 ? fill(said.tooFew, values) : said.nobody;
  const place = document.getElementById('witnesses');
  if (place !== null) place.textContent = told;
  // The server's words on its list: the count above says whose list it is.
  document.getElementById('witness-list')?.remove();
  // Beside what cannot be said, unless it can.
  if (!enough || place === null) warnings.push(told);
}

/** Where a visitor who does not trust the operator's choice brings another. */
function ownList(text) {
  const said = words.witnesses;
  const pasted = Object.assign(element('textarea'), {rows: 6, spellcheck: false, value: text, id: 'own-policy'});
  const chosen = Object.assign(element('input'), {type: 'file', id: 'own-policy-file'});
  const button = Object.assign(element('button', said.count), {type: 'button', className: 'btn'});
  const problem = Object.assign(element('p'), {className: 'err'});
  problem.setAttribute('role', 'alert');
  const label = (told, input) => Object.assign(element('label', told), {htmlFor: input.id});
  chosen.addEventListener('change', async () => {
    if (chosen.files.length > 0) pasted.value = await chosen.files[0].text();
  });
  button.addEventListener('click', async () => {
    let policy;
    try {
      policy = await readPolicy(pasted.value);
    } catch (e) {
      if (!(e instanceof Malformed)) throw e;
      problem.textContent = e.message;
      return;
    }
    await run({text: pasted.value, policy});
  });
  const made = element(
    'details', '', element('summary', said.change), element('p', said.why), label(said.paste, pasted), pasted, label(said.file, chosen), chosen, button, problem);
  made.className = 'own';
  made.open = text !== '';
  return made;
}

/** What the page shows against what the proof says. A page may show less of a step than the proof has, not something else. */
function* pageChecks(proof, uri) {
  const address = objectOf(location) ?? objectOf(uri);
  if (address !== undefined) {
    const proven = objectOf(proof.uri);
    yield check('object in step', words.page.address, address === proven, address, proven ?? proof.uri);
  }
  const shown = [...document.querySelectorAll('[data-digest]')];
  for (const one of shown) {
    const step = proof.steps.find(s => s.digest && hex(s.digest) === one.dataset.digest.toLowerCase());
    const expected = fill(words.page.proven, {digest: one.dataset.digest, index: one.dataset.index ?? '—'});
    const matches = step !== undefined && (one.dataset.index === undefined || one.dataset.index === String(step.index));
    yield check('step content', words.page.step, matches, expected, step === undefined ? words.page.none : `${hex(step.digest)}, ${step.index}`);
    // Marked words without a summary in the proof are words that nobody signed.
    if (step) yield* fieldChecks(one, {...step.summary, signer: step.signer?.organisation, keeper: step.signer?.keeper});
  }
  for (const step of shown.length > 0 ? proof.steps : []) {
    const digest = step.digest && hex(step.digest);
    if (shown.some(one => one.dataset.digest.toLowerCase() === digest)) continue;
    // Leaving a signed step out is the easiest lie a page can tell.
    yield {name: 'step content', lookedAt: fill(words.page.missing, {n: step.n}), outcome: CANNOT_TELL, expected: words.page.shown, seen: words.page.hidden};
  }
}

/** Inside a step, data-proven="actor" (place, note, time …; signer, keeper) marks words that must be those that were signed. */
function* fieldChecks(one, facts) {
  for (const field of one.querySelectorAll('[data-proven]')) {
    const name = field.dataset.proven;
    const signed = String(facts[name] ?? '').trim();
    // Words that the page translates carry the signed one in data-value.
    const shown = name === 'time' ? field.dateTime : (field.dataset.value ?? field.textContent.trim());
    yield check('step content', `${words.page.step}: ${name}`, name === 'time' ? isTime(shown, signed) : shown === signed, signed, shown);
  }
}

/** Whether an ISO 8601 time is these milliseconds, cut to the precision it shows. */
function isTime(shown, signed) {
  const unit = /:\d\d\./.test(shown) ? 1 : /:\d\d:/.test(shown) ? 1000 : shown.includes('T') ? 60_000 : 86_400_000;
  const rest = Number(signed) - Date.parse(shown);
  return rest >= 0 && rest < unit;
}

const check = (name, lookedAt, holds, expected, seen) => ({name, lookedAt, outcome: holds ? PASS : FAIL, expected, seen});

/** '01/{14 digits}/21/{serial}', '01/…/10/{lot}' or '00/{sscc}' of a Digital Link, decoded; undefined for everything else. */
function objectOf(address) {
  let parts;
  try {
    parts = new URL(address).pathname.split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
  const at = parts.findIndex((part, i) => (part === '01' || part === '00') && /^\d{8,18}$/.test(parts[i + 1] ?? ''));
  if (at < 0) return undefined;
  const keys = new Map();
  for (let i = at; i + 1 < parts.length; i += 2) keys.set(parts[i], parts[i + 1]);
  if (keys.has('00')) return `00/${keys.get('00')}`;
  const gtin = keys.get('01').padStart(14, '0');
  const qualifier = ['21', '10'].find(key => keys.has(key));
  return qualifier === undefined ? `01/${gtin}` : `01/${gtin}/${qualifier}/${keys.get(qualifier)}`;
}

/**
 * Compares with the newest checkpoint this browser has seen of this log, and keeps the newer: the smallest witness there is. Storage that is full,
 * blocked or wiped costs that comparison and nothing else.
 */
async function remember(proof, vkey, fetchTile, onCheck, warnings) {
  if (!proof.checkpoint) return;
  const name = `waymark.checkpoint.${proof.checkpoint.origin}`;
  let before;
  try {
    before = localStorage.getItem(name);
  } catch {
    warnings.push(words.warnings.storage);
    return;
  }
  let newest = proof.note;
  if (before !== null) {
    const {consistencyWith} = await import('./consistency.js');
    const {check: consistent, newer} = await consistencyWith(before, proof, vkey, fetchTile);
    await onCheck(consistent);
    // After a contradiction the earlier state stays: it is the evidence.
    if (consistent.outcome !== PASS || !newer) newest = before;
  }
  try {
    if (newest !== before) localStorage.setItem(name, newest);
  } catch {
    warnings.push(words.warnings.storage);
  }
}

function warn(proof, maxAge, warnings) {
  const signers = [...new Set([...proof.steps, ...proof.messages].map(part => part.signer).filter(Boolean))];
  const who = list => [...new Set(list.map(signer => signer.label === '' ? signer.organisation : `${signer.organisation}, ${signer.label}`))].join('; ');
  const about = (message, list, values = {}) => {
    if (list.length > 0) warnings.push(fill(words.warnings[message], {...values, who: who(list)}));
  };
  const head = proof.mapHead ?? proof.staleHead;
  if (head) {
    const clock = head.witnessed ? words.clock.witnesses : words.clock.operator;
    const age = maxAge < 7_200_000 ? fill(words.seconds, {n: maxAge / 1000}) : fill(words.hours, {n: Math.round(maxAge / 3_600_000)});
    warnings.push(fill(proof.mapHead ? words.warnings.asOf : words.warnings.stale, {time: new Date(head.time).toLocaleString(), clock, age}));
  }
  if (proof.readings.included < proof.readings.known) warnings.push(fill(words.warnings.readings, proof.readings));
  about('platform', signers.filter(signer => signer.keeper === 'platform'));
  about('gateway', signers.filter(signer => signer.keeper === 'gateway'));
  about('selfDeclared', signers.filter(signer => signer.identityProof === 'self-declared'));
  for (const signer of signers) if (signer.revoked) about('revoked', [signer], {reason: signer.revoked.reason});
  if (!globalThis.isSecureContext) warnings.push(words.warnings.insecure);
}

function conclude(checks, warnings, view) {
  const failed = checks.find(one => one.outcome === FAIL);
  const complete = checks.length > 0 && checks.every(one => one.outcome === PASS);
  const outcome = failed ? FAIL : complete ? PASS : CANNOT_TELL;
  view.show(checks, warnings, outcome === FAIL ? fill(words.fail, {name: words.checks[failed.name] ?? failed.name}) : words[outcome]);
  const root = document.documentElement;
  if (failed) root.dataset.failed = failed.name;
  if (checks.length > 0) {
    const by = document.getElementById('checked-by');
    if (by !== null) by.textContent = words.checkedHere;
  }
  // Last: whoever waits for this attribute finds everything else in place.
  root.dataset.checked = outcome;
}

class View {
  constructor(place) {
    this.place = place;
    this.status = element('p');
    this.status.setAttribute('role', 'status');
    this.bar = element('progress');
    this.all = 0;
    this.own = null;
    this.drawn = performance.now();
    place?.replaceChildren(this.status, this.bar);
  }

  expect(proof) {
    this.all = 2 + proof.entries.length + 6 * proof.steps.length + 3 * proof.messages.length;
    this.bar.max = this.all;
  }

  /** Gives the page a turn after 50 ms of work: a finger on the screen must not wait for a proof. */
  progress(done) {
    if (performance.now() - this.drawn < 50) return undefined;
    this.bar.max = Math.max(this.all, done);
    this.bar.value = done;
    this.status.textContent = fill(words.progress, {done, all: this.bar.max});
    return new Promise(resolve => setTimeout(() => {
      this.drawn = performance.now();
      resolve();
    }));
  }

  show(checks, warnings, summary) {
    if (this.place === null) return;
    this.status.textContent = summary;
    const told = element('ul', '', ...warnings.map(text => element('li', text)));
    told.className = 'warnings';
    const groups = element('ul');
    groups.className = 'checks';
    for (const name of new Set(checks.map(one => one.name))) groups.append(group(name, checks.filter(one => one.name === name)));
    this.place.replaceChildren(this.status, ...(warnings.length > 0 ? [told] : []), groups, ...(this.own ? [this.own] : []));
  }
}

function group(name, checks) {
  const worst = [FAIL, CANNOT_TELL, PASS].find(outcome => checks.some(one => one.outcome === outcome));
  const passed = checks.filter(one => one.outcome === PASS).length;
  const count = element('span', `${words.mark[worst]}, ${fill(words.counts, {passed, all: checks.length})}`);
  count.className = 'count';
  const details = element('details', '', element('summary', '', element('span', words.checks[name] ?? name), ' ', count));
  // Hundreds of readings have three checks each: drawn when somebody opens the group, not before.
  details.addEventListener('toggle', () => details.append(element('ul', '', ...checks.map(one))), {once: true});
  const item = element('li', '', details);
  item.dataset.check = name;
  item.dataset.outcome = worst;
  return item;
}

function one({lookedAt, outcome, expected, seen}) {
  const item = element('li', '', element('p', `${lookedAt}: ${words.mark[outcome]}`));
  item.dataset.outcome = outcome;
  const facts = [[words.expected, expected], [words.seen, seen]].flatMap(([term, text]) => [element('dt', term), element('dd', text)]);
  item.append(element('dl', '', ...facts));
  return item;
}

run();
