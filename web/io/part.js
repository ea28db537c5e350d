// One incoming file on its way to where it is kept: pieces become segments, which are written as they
// become whole, and all of them the file in the end.

import { sha256 } from '../vendor/noble.js'

/** How large a segment is at least, in bytes. */
export const SEGMENT_BYTES = 2 * 1024 * 1024
/** Without a disk, this much is held of one file. */
export const MEMORY_BYTES_MAX = 200 * 1024 * 1024
/** How many segments may wait for the disk before the sender is told to wait. */
const WRITING_MAX = 3

export class Part {
  /** What has been taken, in bytes. */
  offset = 0
  key
  #segments
  #parts
  #pieces = []
  #length = 0
  /** Writes under way, in order. */
  #writing = []
  /** Why a segment could not be written, once one could not. */
  #failed = null
  #size

  /** `segments` is where it is kept, under `key`; `null` keeps it in memory. */
  constructor(segments, key, size, before = []) {
    this.#segments = segments
    this.key = key
    this.#size = size
    this.#parts = before
    this.offset = before.reduce((sum, blob) => sum + blob.size, 0)
  }

  /** Under which it lies on disk; `null` if it is in memory alone. */
  get lastingKey() {
    return this.#segments === null ? null : this.key
  }

  /** What the digest is made of so far: read again, so that it is of what lies there. */
  async hasher() {
    const hasher = sha256.create()
    for (const blob of this.#parts) hasher.update(new Uint8Array(await blob.arrayBuffer()))
    return hasher
  }

  /** Takes the next bytes; a promise if the disk does not keep up. It fails with a reason. */
  write(data) {
    this.#pieces.push(data)
    this.#length += data.length
    this.offset += data.length
    if (this.#length >= SEGMENT_BYTES) this.#cut()
    if (this.#failed !== null) return Promise.reject(this.#failed)
    return this.#writing.length > WRITING_MAX ? this.#writing[0] : undefined
  }

  /** The whole file, once everything lies where it is kept. It fails with a reason. */
  async finish(type) {
    this.#cut()
    while (this.#writing.length > 0) await this.#writing[0]
    if (this.#failed !== null) throw this.#failed
    return new Blob(this.#parts, { type })
  }

  /** Throws away what there is. */
  async discard() {
    while (this.#writing.length > 0) await this.#writing[0]
    this.#pieces = []
    this.#parts = []
    await this.#segments?.remove(this.key)
  }

  #cut() {
    if (this.#length === 0) return
    const blob = new Blob(this.#pieces)
    this.#pieces = []
    this.#length = 0
    const index = this.#parts.push(blob) - 1
    if (this.#segments === null) return
    const previous = this.#writing[this.#writing.length - 1]
    const write = Promise.resolve(previous)
      .then(() => this.#segments?.put(this.key, index, blob))
      .then((lying) => {
        if (lying) this.#parts[index] = lying
      })
      .catch(() => {
        // Its disk is full: what fits into memory is held there.
        this.#segments = null
        if (this.#size > MEMORY_BYTES_MAX) this.#failed = 'disk_full'
      })
      .then(() => {
        this.#writing.shift()
      })
    this.#writing.push(write)
  }
}
