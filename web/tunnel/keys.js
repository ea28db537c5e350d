// Two shares make the keys of a tunnel: X25519 (RFC 7748), of secrets that are for one attempt alone. The
// page of `src/tunnel/mod.rs` says why.

import { hkdf, sha256, x25519 } from '../vendor/noble.js'
import { be32, concat, utf8 } from '../bytes.js'

/** What the other side is told of 32 random bytes. */
export const shareOf = (secret) => x25519.getPublicKey(secret)

/**
 * What frames are sealed and opened with, `{ sealing, opening }`, by the `offerer` or the `answerer` of this
 * attempt; `null` if theirs is a share that leads to a secret of zeros.
 */
export function agree(secret, side, attempt, theirs) {
  let shared
  try {
    shared = x25519.getSharedSecret(secret, theirs)
  } catch {
    return null
  }
  const shares = [shareOf(secret), theirs]
  if (side === 'answerer') shares.reverse()
  const info = concat(utf8('peersnap/1 tunnel'), be32(attempt), ...shares)
  const keys = hkdf(sha256, shared, undefined, info, 64)
  const [offered, answered] = [keys.slice(0, 32), keys.slice(32)]
  return side === 'offerer' ? { sealing: offered, opening: answered } : { sealing: answered, opening: offered }
}
