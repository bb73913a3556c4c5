// A mirror's page: checks a proof file against a key and a witness policy that the reader brings, and against this mirror's copy of the log.
import {consistencyWith} from './verify/consistency.js';
import {InvalidNote, noteKey} from './verify/note.js';
import {CANNOT_TELL, FAIL, PASS, readProof, verifyProof} from './verify/proof.js';
import {cosigned, judge, readPolicy} from './verify/witness.js';

const byId = id => document.getElementById(id);
const words = {
  [PASS]: 'valid: signed by the keys named, and in the log.',
  [FAIL]: 'invalid: something here was altered or never recorded.',
  [CANNOT_TELL]: 'cannot tell: what is needed to judge is not here.',
};

let chosen = null;

async function fetched(path) {
  const response = await fetch(path);
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Whether the log shows the proof's reader and this mirror one tree. */
async function sameTree(proof, vkey) {
  const response = await fetch('checkpoint');
  if (!response.ok) return {name: 'same log at this mirror', lookedAt: 'checkpoint', outcome: CANNOT_TELL, expected: 'a copy', seen: 'none yet'};
  const {check} = await consistencyWith(await response.text(), proof, vkey, fetched);
  return {...check, name: 'same log at this mirror', lookedAt: "this mirror's checkpoint"};
}

/** How many of the policy's entities cosigned the proof's checkpoint: {told, check}; check is null when the policy asks for none. */
async function witnesses(proof, vkey, policy) {
  if (policy === null) return {told: 'Witnesses: no policy given, so 0 independent witnesses are counted: the operator could rewrite this.', check: null};
  const n = policy.entities.length;
  const expected = `${policy.needed} of ${n} independent witnesses`;
  const check = (outcome, seen) => ({name: 'witnesses', lookedAt: 'cosignatures on the checkpoint', outcome, expected, seen});
  const log = await noteKey(vkey);
  if (policy.logs.length > 0 && !policy.logs.some(other => other.vkey === log.vkey)) {
    return {told: 'Witnesses: that policy is about other logs.', check: check(CANNOT_TELL, 'a policy that does not name this log key')};
  }
  let found;
  try {
    found = await cosigned(proof.note, log, policy.witnesses.map(witness => witness.key));
  } catch (e) {
    if (!(e instanceof InvalidNote)) throw e;
    return {told: 'Witnesses: a cosignature is wrong.', check: check(FAIL, e.message)};
  }
  const {satisfied, witnessed, missing} = judge(policy, found.cosignatures);
  const unchecked = found.unchecked.map(key => key.name);
  const told = [
    `Witnesses: ${witnessed.length} of ${n} cosigned, ${policy.needed} are needed.`,
    ...(witnessed.length > 0 ? [`Cosigned: ${witnessed.join(', ')}.`] : []),
    ...(missing.length > 0 ? [`Not counted: ${missing.join(', ')}.`] : []),
    ...(unchecked.length > 0 ? [`Unchecked, because this page has no ML-DSA-44: ${unchecked.join(', ')}.`] : []),
    ...(n === 0 ? ['This policy trusts the operator alone: the operator could rewrite this.'] : []),
  ].join(' ');
  const seen = [`${witnessed.length}: ${witnessed.join(', ') || 'nobody'}`, ...(unchecked.length > 0 ? [`unchecked: ${unchecked.join(', ')}`] : [])].join('; ');
  return {told, check: n === 0 ? null : check(satisfied ? PASS : CANNOT_TELL, seen)};
}

function show(checks, outcome, text, witnessed = '') {
  byId('result').hidden = text === '';
  byId('outcome').textContent = text;
  byId('witnesses').textContent = witnessed;
  // What did not pass is what the reader looks for.
  const order = [FAIL, CANNOT_TELL, PASS];
  const sorted = [...checks].sort((a, b) => order.indexOf(a.outcome) - order.indexOf(b.outcome));
  byId('checks').replaceChildren(...sorted.map(check => {
    const item = document.createElement('li');
    item.dataset.outcome = check.outcome;
    item.dataset.check = check.name;
    const details = document.createElement('small');
    details.textContent = `expected ${check.expected}; seen ${check.seen}`;
    item.append(`${check.outcome}: ${check.name}, ${check.lookedAt}`, details);
    return item;
  }));
  if (outcome === '') delete document.documentElement.dataset.checked;
  else document.documentElement.dataset.checked = outcome;
}

// The newest question wins: an answer to one before it, which took longer, is not shown.
let asked = 0;

async function check() {
  const mine = ++asked;
  const answer = (...what) => {
    if (mine === asked) show(...what);
  };
  const vkey = byId('key').value.trim();
  if (chosen === null || vkey === '') return show([], '', chosen === null ? '' : "Give the log's key.");
  show([], '', 'Checking…');
  try {
    await noteKey(vkey);
  } catch (e) {
    return answer([], CANNOT_TELL, `That is no log key: ${e.message}`);
  }
  const text = byId('policy').value;
  let policy = null;
  try {
    if (text.trim() !== '') policy = await readPolicy(text);
  } catch (e) {
    return answer([], CANNOT_TELL, `That is no witness policy: ${e.message}`);
  }
  try {
    const proof = readProof(new Uint8Array(await chosen.arrayBuffer()));
    const checks = await verifyProof(proof, vkey);
    let told = '';
    if (proof.checkpoint) {
      checks.push(await sameTree(proof, vkey));
      const witnessed = await witnesses(proof, vkey, policy);
      if (witnessed.check !== null) checks.push(witnessed.check);
      told = witnessed.told;
    }
    const outcome = checks.some(c => c.outcome === FAIL) ? FAIL : checks.every(c => c.outcome === PASS) ? PASS : CANNOT_TELL;
    answer(checks, outcome, words[outcome], told);
  } catch (e) {
    answer([], CANNOT_TELL, `That could not be read: ${e.message}`);
  }
}

function choose(files) {
  chosen = files[0] ?? chosen;
  check();
}

byId('file').addEventListener('change', event => choose(event.target.files));
byId('key').addEventListener('change', check);
byId('policy').addEventListener('change', check);
byId('policy-file').addEventListener('change', async event => {
  const [file] = event.target.files;
  if (file === undefined) return;
  // readPolicy refuses more; nothing larger is read.
  byId('policy').value = file.size > 1 << 20 ? 'too long' : await file.text();
  check();
});
for (const name of ['dragover', 'dragleave', 'drop']) {
  byId('drop').addEventListener(name, event => {
    event.preventDefault();
    byId('drop').classList.toggle('over', name === 'dragover');
    if (name === 'drop') choose(event.dataTransfer.files);
  });
}
// 503 too has an answer: it says what is wrong with the log.
fetch('health').then(response => response.json()).then(({origin, status, detail}) => {
  byId('origin').textContent = origin;
  if (status === 'current' || status === 'copying') return;
  byId('warning').hidden = false;
  byId('warning').textContent = `This mirror says of the log: ${status.replace('_', ' ')}. ${detail}`;
}).catch(e => {
  byId('warning').hidden = false;
  byId('warning').textContent = `This mirror does not say how it stands to the log: ${e.message}`;
});
