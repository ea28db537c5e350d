// Who a peer is from one day to the next: an Ed25519 key pair, and what people compare of it.

import { ed25519, sha256 } from '../vendor/noble.js'
import { concat, utf8 } from '../bytes.js'

export const KEY_BYTES = 32
export const SIGNATURE_BYTES = 64

/** The identity of 32 random bytes (RFC 8032's private key): always the same for the same. */
export function identityOf(secret) {
  return { secret, key: ed25519.getPublicKey(secret) }
}

export const sign = (identity, message) => ed25519.sign(message, identity.secret)

/** Whether the key signed these bytes. Strict: what is no canonical signature verifies nowhere. */
export function verify(key, message, signature) {
  try {
    return ed25519.verify(signature, message, key, { zip215: false })
  } catch {
    return false
  }
}

/** Whether it is a point of the curve, and none of the eight whose signatures anybody can make. */
export function isKey(bytes) {
  try {
    return !ed25519.Point.fromBytes(bytes).isSmallOrder()
  } catch {
    return false
  }
}

/** What people compare: four groups of four letters and digits. */
export function fingerprint(key) {
  const digest = sha256(concat(utf8('peersnap/1 fingerprint'), key)).subarray(0, 10)
  let bits = digest.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n)
  let text = ''
  for (let digit = 0; digit < 16; digit++, bits >>= 5n) text = BASE32[Number(bits & 31n)] + text
  return text.replace(/(.{4})(?=.)/g, '$1-')
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
