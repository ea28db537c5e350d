// Where the bytes of files that go out come from: read in large pieces, ahead of what is asked for.

import { sha256 } from '../vendor/noble.js'
import { hex } from '../bytes.js'
import { markOf, markPieces } from '../transfer/mark.js'

const PIECE_BYTES = 1024 * 1024

export class Source {
  #blob
  /** What was read last, `{ offset, bytes }`, and what is being read behind it. */
  #piece = null
  #ahead = null

  constructor(blob) {
    this.#blob = blob
  }

  /** Some of the bytes that were asked for, at least one: at once if they are there, else as a promise. */
  read(offset, length) {
    const piece = this.#piece
    const at = piece ? offset - piece.offset : -1
    if (at >= 0 && at < piece.bytes.length) return piece.bytes.subarray(at, at + length)
    return this.#turn(offset).then((bytes) => bytes.subarray(0, length))
  }

  /** What tells it from other files; `null` of a small one. */
  async mark() {
    const { size } = this.#blob
    const pieces = markPieces(size).map(({ offset, length }) => this.#load(offset, length))
    return markOf(size, await Promise.all(pieces))
  }

  /** The digest of all of it. */
  async digest() {
    const hasher = sha256.create()
    for (let offset = 0; offset < this.#blob.size; offset += PIECE_BYTES) {
      hasher.update(await this.#load(offset, PIECE_BYTES))
    }
    return hex(hasher.digest())
  }

  async #turn(offset) {
    const ahead = this.#ahead?.offset === offset ? this.#ahead.bytes : this.#load(offset, PIECE_BYTES)
    this.#ahead = null
    const bytes = await ahead
    if (bytes.length === 0) throw new Error('shorter than it was')
    this.#piece = { offset, bytes }
    const next = offset + bytes.length
    if (next < this.#blob.size) {
      const bytes = this.#load(next, PIECE_BYTES)
      // Whoever comes to it hears of it.
      bytes.catch(() => {})
      this.#ahead = { offset: next, bytes }
    }
    return bytes
  }

  async #load(offset, length) {
    return new Uint8Array(await this.#blob.slice(offset, offset + length).arrayBuffer())
  }
}

/** Why a file cannot be read: browsers say the same of one that was changed and of one that is gone. */
export const readFailure = (error) => (error?.name === 'NotReadableError' ? 'changed' : 'storage')
