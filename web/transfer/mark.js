// What tells a file from others, and from itself after a change, without reading all of it: a receiver
// that holds a part of a file of this mark goes on from there. The digest of the whole decides in the end.

import { sha256 } from '../vendor/noble.js'
import { be64, concat, hex, utf8 } from '../bytes.js'

/** Of less, nothing is worth keeping. */
export const MARKED_BYTES_MIN = 1024 * 1024
const PIECE_BYTES = 64 * 1024

/** The pieces of a file of so many bytes that its mark is made of: where each begins, and how long it is. */
export function markPieces(size) {
  if (size < MARKED_BYTES_MIN) return []
  return [0, Math.floor(size / 2), size - PIECE_BYTES].map((offset) => ({ offset, length: PIECE_BYTES }))
}

/** The mark of those pieces' bytes; of a file that is sent in one piece in any case, `null`. */
export function markOf(size, pieces) {
  return pieces.length === 0 ? null : hex(sha256(concat(utf8('peersnap mark 1'), be64(size), ...pieces)))
}
