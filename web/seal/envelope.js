// The outside of a sealed message: what the server carries, and can see. Opens nothing, and knows
// neither keys nor peers. The layouts stand in `src/seal/mod.rs`.

import { base64url, be64, concat, fromBase64url } from '../bytes.js'
import { MESSAGE_BYTES_MAX } from '../signaling.js'
import { OpenError } from './error.js'

export const VERSION = 1
/** As a kind of message, also in what its text is bound to. */
export const HELLO = 1
export const SIGNAL = 2
export const NONCE_BYTES = 16
export const XNONCE_BYTES = 24
/** The longest payload, in bytes of JSON. */
export const PAYLOAD_BYTES_MAX = MESSAGE_BYTES_MAX - 128

/** Takes a payload apart, which is any JSON value: `{ kind, place, xnonce, text }`. */
export function parseEnvelope(payload) {
  if (typeof payload !== 'string' || payload.length + 2 > PAYLOAD_BYTES_MAX) throw new OpenError('malformed')
  const bytes = fromBase64url(payload)
  if (bytes === null || bytes.length === 0) throw new OpenError('malformed')
  if (bytes[0] !== VERSION) throw new OpenError('version', bytes[0])
  const kind = bytes[1]
  const head = kind === HELLO ? 2 : kind === SIGNAL ? 2 + 2 * NONCE_BYTES + 8 : Infinity
  if (bytes.length < head + XNONCE_BYTES) throw new OpenError('malformed')
  const xnonce = bytes.slice(head, head + XNONCE_BYTES)
  const text = bytes.slice(head + XNONCE_BYTES)
  return { kind, place: kind === SIGNAL ? parsePlace(bytes) : null, xnonce, text }
}

/** Puts a payload together; `null` if it is longer than the server carries. */
export function writeEnvelope({ kind, place, xnonce, text }) {
  const head = kind === SIGNAL ? [place.from, place.to, be64(place.counter)] : []
  const payload = base64url(concat(Uint8Array.of(VERSION, kind), ...head, xnonce, text))
  return payload.length + 2 <= PAYLOAD_BYTES_MAX ? payload : null
}

/** Where a signal belongs. A counter beyond what a number holds is none that was ever reached. */
function parsePlace(bytes) {
  const counter = Number(new DataView(bytes.buffer).getBigUint64(2 + 2 * NONCE_BYTES))
  return { from: bytes.slice(2, 18), to: bytes.slice(18, 34), counter }
}
