// Judges the shared test vectors (FORMAT.md §11) with the browser verifier. Runs in any engine with ES modules; BrowserVectorsTest loads it into
// Chromium. `verify` is the folder of the verifier's modules, as a URL that ends in a slash.

export async function judgeOf(verify) {
  const load = name => import(verify + name);
  const [b, cbor, key, message, wire, note, merkle, consistency, proof, map, witness, {ed25519Verifier}] = await Promise.all(
    ['bytes.js', 'cbor.js', 'key.js', 'message.js', 'wire.js', 'note.js', 'merkle.js', 'consistency.js', 'proof.js', 'map.js', 'witness.js', 'ed25519.js'].map(load));

  const bytes = (fields, name, length) => cbor.bytes(b.unhex(fields.one(name)), length);
  const number = (fields, name) => Number(fields.one(name));
  const list = (fields, name) => fields.all(name).map(b.unhex);
  const note8 = (fields, name) => b.fromUtf8(b.unhex(fields.one(name)));

  const JAVA_ONLY = {};

  // Each returns null when it refuses, otherwise what the good vectors state about it.
  const kinds = {
    async cbor(f) {
      cbor.decode(bytes(f, 'bytes'));
      return {};
    },
    async key(f) {
      const opened = await key.verificationKey(bytes(f, 'cose-key'));
      return {kid: b.hex(opened.kid), algorithm: opened.algorithm};
    },
    async ed25519(f) {
      const verifies = ed25519Verifier(bytes(f, 'key'));
      return verifies !== null && (await verifies(bytes(f, 'message'), bytes(f, 'signature'))) ? {} : null;
    },
    async p256(f) {
      const {verifies} = await key.verificationKey(bytes(f, 'cose-key'));
      return (await verifies(bytes(f, 'message'), bytes(f, 'signature'))) ? {} : null;
    },
    async 'signed-message'(f) {
      const {envelope, groups} = await wire.openMessage(bytes(f, 'wire'));
      if (!(await envelope.verifies(await key.verificationKey(bytes(f, 'key'))))) return null;
      return {
        digest: b.hex(envelope.digest),
        kid: b.hex(envelope.kid),
        'fields-root': b.hex(envelope.fieldsRoot),
        type: envelope.head.type,
        epoch: envelope.head.epoch,
        seq: envelope.head.seq,
        group: [...groups.keys()],
      };
    },
    async disclosure(f) {
      const {groups, root} = await message.disclosure(cbor.decode(bytes(f, 'disclosure')), {time: 0});
      return b.same(root, bytes(f, 'fields-root')) ? {group: [...groups.keys()]} : null;
    },
    async receipt(f) {
      const receipt = await wire.openReceipt(bytes(f, 'receipt'));
      if (!(await receipt.verifies(await key.verificationKey(bytes(f, 'key'))))) return null;
      return {'tree-size': receipt.treeSize, class: receipt.receiptClass};
    },
    async note(f) {
      const text = await note.verifiedText(note8(f, 'note'), await note.noteKey(f.one('vkey')));
      return {text: b.hex(b.utf8(text))};
    },
    async checkpoint(f) {
      const {origin, size, root} = await note.verifiedCheckpoint(note8(f, 'note'), await note.noteKey(f.one('vkey')));
      return {origin, size, root: b.hex(root)};
    },
    async cosignature(f) {
      const keys = await Promise.all(f.all('witness').map(witness.cosignerKey));
      const {cosignatures, unchecked} = await witness.cosigned(note8(f, 'note'), await note.noteKey(f.one('vkey')), keys);
      // Only Java checks ML-DSA-44: told apart from a refusal, and from a cosignature.
      if (unchecked.length > 0) return JAVA_ONLY;
      return {cosigned: cosignatures.map(c => `${c.key.name} ${c.seconds} ${c.key.type}`)};
    },
    async policy(f) {
      const policy = await witness.readPolicy(note8(f, 'policy'));
      const {cosignatures, unchecked} = await witness.cosigned(note8(f, 'note'), policy.logs[0], policy.witnesses.map(w => w.key));
      if (unchecked.length > 0) return JAVA_ONLY;
      const {satisfied, missing} = witness.judge(policy, cosignatures);
      return {needed: policy.needed, survives: policy.survives, judgement: satisfied ? 'satisfied' : 'not-satisfied', missing};
    },
    async fraud() {
      return JAVA_ONLY;
    },
    async inclusion(f) {
      const root = await merkle.rootByInclusion(number(f, 'index'), number(f, 'size'), bytes(f, 'leaf-hash'), list(f, 'path'));
      return root !== null && b.same(root, bytes(f, 'root')) ? {} : null;
    },
    async consistency(f) {
      const grew = await consistency.isConsistent(
        number(f, 'old-size'), number(f, 'size'), list(f, 'path'), bytes(f, 'old-root'), bytes(f, 'root'));
      return grew ? {} : null;
    },
    async tile(f) {
      const size = number(f, 'size');
      const tile = bytes(f, 'tile');
      const entries = unbundled(bytes(f, 'bundle'));
      if (entries.length !== size || tile.length !== 32 * size) return null;
      const tree = merkle.treeOfTiles(size, async () => tile);
      for (const [i, entry] of entries.entries()) {
        const leaf = await merkle.leafHash(entry);
        if (!b.same(leaf, await tree.leaf(i))) return null;
        const root = await merkle.rootByInclusion(i, size, leaf, await tree.inclusion(i));
        if (root === null || !b.same(root, bytes(f, 'root'))) return null;
      }
      return {};
    },
    async 'tile-path'(f) {
      return {path: merkle.tilePath(f.has('level') ? f.one('level') : 'entries', number(f, 'index'), number(f, 'width'))};
    },
    async link(f) {
      const previous = f.has('previous') ? bytes(f, 'previous', 32) : b.ZERO32;
      const {entry, digest} = await proof.link(bytes(f, 'object-secret', 32), number(f, 'n'), bytes(f, 'step-digest', 32), previous);
      return b.same(entry, bytes(f, 'entry')) ? {'link-digest': b.hex(digest)} : null;
    },
    async object(f) {
      const binding = bytes(f, 'binding', 32);
      const leaf = await proof.objectLeaf(bytes(f, 'salt', 16), binding, f.one('uri'));
      const root = await merkle.rootByInclusion(number(f, 'index'), number(f, 'count'), leaf, list(f, 'path'));
      const commitment = f.has('secret') ? await proof.labelCommitment(f.one('uri'), bytes(f, 'secret', 32)) : b.ZERO32;
      return root !== null && b.same(root, bytes(f, 'root')) && b.same(binding, commitment) ? {} : null;
    },
    async 'key-binding'(f) {
      await proof.keyBinding(bytes(f, 'entry'));
      return {};
    },
    async 'log-key'(f) {
      proof.logKey(bytes(f, 'entry'));
      return {};
    },
    async 'map-head'(f) {
      proof.mapHead(bytes(f, 'entry'));
      return {};
    },
    async map(f) {
      return b.same(await mapRoot(list(f, 'tag'), 0), bytes(f, 'root')) ? {} : null;
    },
    async 'map-proof'(f) {
      const terminal = f.has('terminal') ? bytes(f, 'terminal') : null;
      const shows = await map.findTag(bytes(f, 'tag'), bytes(f, 'root'), list(f, 'sibling'), terminal);
      return shows === f.one('shows') ? {} : null;
    },
    async revocation(f) {
      proof.revocation(bytes(f, 'entry'));
      return {};
    },
  };

  /** The definition of FORMAT.md §6.1; no page needs a root. */
  async function mapRoot(tags, depth) {
    if (tags.length === 0) return b.ZERO32;
    if (tags.length === 1) return map.tagHash(tags[0]);
    const side = bit => mapRoot(tags.filter(tag => map.tagBit(tag, depth) === bit), depth + 1);
    return map.mapNode(await side(0), await side(1));
  }

  function unbundled(bundle) {
    const entries = [];
    for (let at = 0; at < bundle.length; ) {
      const length = (bundle[at] << 8) | bundle[at + 1];
      if (!(at + 2 + length <= bundle.length)) throw new b.Malformed('TRUNCATED');
      entries.push(bundle.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    return entries;
  }

  /** A refusal, as against a mistake of the verifier, which must fail the test. */
  const refusal = e => e instanceof b.Malformed || e instanceof note.InvalidNote;

  async function proofVerdict(f) {
    let checks;
    try {
      const freshness = f.has('now') ? {now: number(f, 'now'), maxAge: number(f, 'max-age')} : null;
      const policy = f.has('policy') ? await witness.readPolicy(note8(f, 'policy')) : null;
      checks = await proof.verifyProof(bytes(f, 'file'), f.one('log-key'), undefined, freshness, policy);
    } catch (e) {
      if (!refusal(e)) throw e;
      return {outcome: 'cannot-tell', expect: 'unreadable', checks: []};
    }
    const open = checks.find(check => check.outcome !== proof.PASS);
    const outcome = checks.some(check => check.outcome === proof.FAIL) ? 'invalid' : open ? 'cannot-tell' : 'valid';
    return {outcome, expect: open?.name, checks};
  }

  /** What is wrong with the verifier's judgement of one vector file; '' when nothing is. `checks` receives the checks of a proof. */
  return async function judge(name, text, checks = []) {
    const fields = parsed(text);
    const kind = fields.one('kind');
    if (kind === 'proof') {
      const verdict = await proofVerdict(fields);
      checks.push(...verdict.checks);
      const right = verdict.outcome === fields.one('outcome') && (verdict.outcome === 'valid' || verdict.expect === fields.one('expect'));
      return right ? '' : `${verdict.outcome}, first ${verdict.expect}`;
    }
    if (!(kind in kinds)) return `unknown kind ${kind}`;
    let seen;
    let reason = '';
    try {
      seen = await kinds[kind](fields);
    } catch (e) {
      if (!refusal(e)) throw e;
      seen = null;
      reason = e.message;
    }
    if (seen === JAVA_ONLY) return '';
    if (name.startsWith('broken-')) return seen === null ? '' : 'accepted';
    if (seen === null) return `refused ${reason}`;
    return Object.entries(seen)
      .filter(([what, value]) => fields.has(what) && String(value) !== fields.all(what).join(','))
      .map(([what, value]) => `${what} is ${value}, not ${fields.all(what)}`)
      .join('; ');
  };
}

function parsed(text) {
  const fields = new Map();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const at = line.indexOf(':');
    const name = line.slice(0, at);
    fields.set(name, [...(fields.get(name) ?? []), line.slice(at + 2)]);
  }
  return {
    has: name => fields.has(name),
    all: name => fields.get(name) ?? [],
    one(name) {
      if (!fields.has(name)) throw new Error(`the vector has no ${name}`);
      return fields.get(name)[0];
    },
  };
}

/** The verdicts on C2SP/CCTV's Ed25519 vectors, '1' accepted and '0' refused, in their order. */
export async function ed25519Verdicts(verify, vectors) {
  const {ed25519Verifier} = await import(verify + 'ed25519.js');
  const {unhex, utf8} = await import(verify + 'bytes.js');
  let verdicts = '';
  for (const {key, sig, msg} of vectors) {
    const verifies = ed25519Verifier(unhex(key));
    verdicts += verifies !== null && (await verifies(utf8(msg), unhex(sig))) ? '1' : '0';
  }
  return verdicts;
}
