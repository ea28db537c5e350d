// What a remote peer did that the protocol does not allow. Its session is over; the page goes on.

/** `kind` is one of those below. */
export class Violation extends Error {
  constructor(kind) {
    super(SENTENCES[kind])
    this.kind = kind
  }
}

const SENTENCES = {
  malformed: 'a control message that cannot be read',
  hello: 'no proper hello',
  version: 'a version of the protocol that is not spoken here',
  proposal: 'a proposal out of order',
  accept: 'an accept of what was not proposed',
  chunk: 'a chunk that is out of place',
  progress: 'progress that cannot be',
  digest: 'a digest out of order',
  confirm: 'a receipt for what was not sent',
}
