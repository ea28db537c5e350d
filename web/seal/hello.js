// What a peer says first: which half of the session it brings, who it is, what it is called; and a
// question, by whose answer it tells a peer that is there from an old hello.

import { sha256 } from '../vendor/noble.js'
import { concat, fromUtf8, utf8 } from '../bytes.js'
import { safeText } from '../text.js'
import { OpenError } from './error.js'
import { KEY_BYTES, isKey } from './identity.js'

/** What a question of this identity is answered with: made for who asks, so of no use to others. */
export function answerTo(question, asker) {
  return sha256(concat(utf8('peersnap/1 answer'), question, asker)).slice(0, HALF)
}

/** As it is sealed. */
export function writeHello({ nonce, key, question, answer, name }) {
  return concat(nonce, question, answer ?? NO_ANSWER, key, utf8(name))
}

/** From a body that opened. */
export function parseHello(body) {
  if (body.length < 3 * HALF + KEY_BYTES) throw new OpenError('malformed')
  const part = (at, length) => body.slice(at, at + length)
  const [nonce, question, answer] = [0, HALF, 2 * HALF].map((at) => part(at, HALF))
  const key = part(3 * HALF, KEY_BYTES)
  const name = fromUtf8(body.slice(3 * HALF + KEY_BYTES))
  if (name === null || !isKey(key)) throw new OpenError('malformed')
  const answered = answer.some((byte) => byte !== 0)
  return { nonce, key, question, answer: answered ? answer : null, name: safeText(name) }
}

const HALF = 16
/** Stands where there is nothing to answer yet; no digest is like it. */
const NO_ANSWER = new Uint8Array(HALF)
