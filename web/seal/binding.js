// The inside of a sealed message: signed, encrypted, and bound to the one place it belongs to.
//
// A binding is everything that a text depends on and that is not part of it. It is the cipher's
// associated data and stands at the head of what is signed, so a text that is moved to any other place
// neither opens nor verifies. It is never sent: each side builds it from what it knows itself.

import { xchacha20poly1305 } from '../vendor/noble.js'
import { be64, concat, utf8 } from '../bytes.js'
import { HELLO, SIGNAL } from './envelope.js'
import { OpenError } from './error.js'
import { SIGNATURE_BYTES, sign, verify } from './identity.js'

/** Of a hello: it has no more than a room and a way, `{ from, to }`. */
export const helloBinding = (room, way) => bind(HELLO, room, way)

/** Of a signal: also its place in the session, and the identities at both ends of it. */
export function signalBinding(room, way, place, from, to) {
  return concat(bind(SIGNAL, room, way), place.from, place.to, be64(place.counter), from, to)
}

/** Signs and encrypts a body. */
export function seal(key, identity, binding, xnonce, body) {
  const signature = sign(identity, signed(binding, body))
  return { xnonce, text: xchacha20poly1305(key, xnonce, binding).encrypt(concat(signature, body)) }
}

/** Decrypts a text: a body that opened, and a signature that is still to be verified. */
export function open(key, binding, { xnonce, text }) {
  let plain
  try {
    plain = xchacha20poly1305(key, xnonce, binding).decrypt(text)
  } catch {
    throw new OpenError('wrong_key')
  }
  if (plain.length < SIGNATURE_BYTES) throw new OpenError('malformed')
  return { signature: plain.slice(0, SIGNATURE_BYTES), body: plain.slice(SIGNATURE_BYTES) }
}

/** The body, if this identity signed it for this binding. */
export function verified({ signature, body }, binding, key) {
  if (!verify(key, signed(binding, body), signature)) throw new OpenError('bad_signature')
  return body
}

/** All parts but the room id are of fixed length, and it has its length before it. */
function bind(kind, room, way) {
  const id = utf8(room)
  return concat(utf8('peersnap/1 sealed'), Uint8Array.of(kind, id.length), id, be64(way.from), be64(way.to))
}

const signed = (binding, body) => concat(utf8('peersnap/1 signed'), binding, body)
