// A mirror's page: checks a proof file against a key the reader brings, and against this mirror's copy of the log.
import {consistencyWith} from './verify/consistency.js';
import {noteKey} from './verify/note.js';
import {CANNOT_TELL, FAIL, PASS, readProof, verifyProof} from './verify/proof.js';

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

function show(checks, outcome, text) {
  byId('outcome').textContent = text;
  byId('checks').replaceChildren(...checks.map(check => {
    const item = document.createElement('li');
    item.dataset.outcome = check.outcome;
    item.dataset.check = check.name;
    const details = document.createElement('small');
    details.textContent = `expected ${check.expected}; seen ${check.seen}`;
    item.append(`${check.outcome}: ${check.name}, ${check.lookedAt}`, details);
    return item;
  }));
  document.documentElement.dataset.checked = outcome;
}

async function check() {
  const vkey = byId('key').value.trim();
  delete document.documentElement.dataset.checked;
  if (chosen === null || vkey === '') return show([], '', chosen === null ? '' : "Give the log's key.");
  try {
    await noteKey(vkey);
  } catch (e) {
    return show([], CANNOT_TELL, `That is no log key: ${e.message}`);
  }
  show([], '', 'Checking…');
  delete document.documentElement.dataset.checked;
  try {
    const proof = readProof(new Uint8Array(await chosen.arrayBuffer()));
    const checks = await verifyProof(proof, vkey);
    if (proof.checkpoint) checks.push(await sameTree(proof, vkey));
    const outcome = checks.some(c => c.outcome === FAIL) ? FAIL : checks.every(c => c.outcome === PASS) ? PASS : CANNOT_TELL;
    show(checks, outcome, words[outcome]);
  } catch (e) {
    show([], CANNOT_TELL, `That could not be read: ${e.message}`);
  }
}

function choose(files) {
  chosen = files[0] ?? chosen;
  check();
}

byId('file').addEventListener('change', event => choose(event.target.files));
byId('key').addEventListener('change', check);
for (const name of ['dragover', 'dragleave', 'drop']) {
  byId('drop').addEventListener(name, event => {
    event.preventDefault();
    byId('drop').classList.toggle('over', name === 'dragover');
    if (name === 'drop') choose(event.dataTransfer.files);
  });
}
fetch('health').then(response => response.json()).then(({origin, detail}) => {
  byId('origin').textContent = origin;
  if (detail !== '') byId('outcome').textContent = detail;
});
