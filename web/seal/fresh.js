// Values that are never used twice, drawn from one seed that the caller brings: nonces, questions, and
// the nonces of the cipher, for which a second use would give texts away.

import { expand, sha256 } from '../vendor/noble.js'
import { be64, concat, utf8 } from '../bytes.js'

/** Draws from 32 random bytes, which are for one seal and no other. */
export class Fresh {
  #seed
  #pair
  #drawn = 0

  constructor(seed, local, remote) {
    this.#seed = seed
    this.#pair = concat(be64(local), be64(remote))
  }

  draw(length) {
    const info = concat(utf8('peersnap/1 fresh'), this.#pair, be64(this.#drawn++))
    return expand(sha256, this.#seed, info, length)
  }
}
