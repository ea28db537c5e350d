// What can be wrong with a sealed message. Nothing has changed by it: the session that stands goes on.

/** `kind` is one of `malformed`, `version`, `wrong_key`, `bad_signature`, `replayed`, `missing`, `other_identity`. */
export class OpenError extends Error {
  constructor(kind, version) {
    super(kind === 'version' ? SENTENCES.version(version) : SENTENCES[kind])
    this.kind = kind
  }
}

const SENTENCES = {
  malformed: 'a sealed message could not be opened: it is damaged',
  version: (version) =>
    `a sealed message could not be opened: it is of version ${version}, this page knows version 1; update whichever is older`,
  wrong_key:
    'a sealed message could not be opened: it was sealed with other words, or changed on its way; is the server one you know?',
  bad_signature: 'a sealed message could not be opened: its sender poses as someone else',
  replayed: 'a sealed message could not be opened: it came a second time',
  missing: 'a sealed message could not be opened: one before it is missing',
  other_identity: 'someone else says hello in place of the one who is here',
}
