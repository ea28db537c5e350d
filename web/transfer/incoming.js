// One transfer from the remote peer: what it may send next, and when the file is whole.

import { sha256 } from '../vendor/noble.js'
import { hex } from '../bytes.js'
import { Pace } from './pace.js'
import { Rest } from './rest.js'
import { Violation } from './violation.js'

/** How much comes to be written before the sender is told, and before it is kept, in bytes. */
export const ACKNOWLEDGE_BYTES = 1024 * 1024

/** Nothing yet: what a transfer is accepted with that has no beginning here. */
export const nothingHeld = () => ({ offset: 0, hasher: sha256.create() })

export class Incoming {
  pace = new Pace()
  rest = new Rest()
  proposal
  /** `proposed`, `receiving` or `storing`. */
  phase = 'proposed'
  /** Whether what has come is kept, should it end early. */
  #isKept
  /** Whether it may be proposed once more: over another connection than before. */
  #again = false
  /** What has come in without a gap. */
  #received = 0
  /** What has come in beyond a gap, by offset. */
  #early = new Map()
  #written = 0
  /** What the remote peer was told is written. */
  #acknowledged = 0
  #telling = new Pace()
  #kept = 0
  #hasher = null
  /** What the remote peer says the digest is. */
  #promised = null

  constructor(proposal, mark) {
    this.proposal = proposal
    this.#isKept = mark !== null
  }

  get digest() {
    return this.#promised
  }

  /** Begins to receive, behind what there is already; false if it was answered before, or cannot be. */
  accept({ offset, hasher }) {
    const possible = offset === 0 || (this.#isKept && offset <= this.proposal.size)
    if (this.phase !== 'proposed' || !possible) return false
    this.phase = 'receiving'
    this.#received = this.#written = this.#acknowledged = this.#kept = offset
    this.#hasher = hasher
    return true
  }

  /** There is another connection, over which it will be proposed once more. */
  expectAgain() {
    this.#again = true
  }

  /** Whether it was to be. */
  takeAgain() {
    const again = this.#again
    this.#again = false
    return again
  }

  /** It is proposed once more: from where it goes on, if it was taken, else `null`. */
  goOn() {
    if (this.phase === 'proposed') return null
    if (this.phase === 'storing') return this.proposal.size
    this.#early.clear()
    this.#promised = null
    return this.#received
  }

  /** How many bytes wait for others before them. */
  earlyBytes() {
    return Array.from(this.#early.values()).reduce((sum, data) => sum + data.length, 0)
  }

  /**
   * Takes a chunk, which must be within the window: what is to be written now, in order, and up to where
   * that is worth keeping, or `null`. `earlyRoom` is how many bytes may wait for others before them.
   */
  handleChunk({ offset, data }, windowBytes, earlyRoom) {
    const end = offset + data.length
    if (end > this.proposal.size) throw new Violation('chunk')
    if (this.phase === 'storing') return { writes: [], kept: null }
    if (this.phase === 'proposed') throw new Violation('chunk')
    if (end > this.#acknowledged + windowBytes) throw new Violation('chunk')
    if (offset > this.#received) {
      this.#keepEarly(offset, data, earlyRoom)
      return { writes: [], kept: null }
    }
    const before = this.#received
    const writes = []
    this.#append(offset, data, writes)
    for (let next = this.#nextEarly(); next !== null; next = this.#nextEarly()) {
      const held = this.#early.get(next)
      this.#early.delete(next)
      this.#append(next, held, writes)
    }
    const due = this.#received - this.#kept >= ACKNOWLEDGE_BYTES || this.#received === this.proposal.size
    if (!this.#isKept || !due || this.#received === before) return { writes, kept: null }
    this.#kept = this.#received
    return { writes, kept: this.#received }
  }

  /** Takes note of what is written; the offset to acknowledge, if it is time, else `null`. */
  written(offset, now) {
    if (this.phase !== 'receiving') return null
    this.#written = Math.max(this.#written, Math.min(offset, this.#received))
    const news = this.#written - this.#acknowledged
    const much = news >= ACKNOWLEDGE_BYTES || this.#written === this.proposal.size
    const told = this.#telling.tell(this.#written, now)
    return this.#acknowledge(told === null && much ? this.#telling.hurry(now) : told)
  }

  /** The offset to acknowledge, now that time has passed, else `null`. */
  pollAcknowledge(now) {
    return this.phase === 'receiving' ? this.#acknowledge(this.#telling.poll(now)) : null
  }

  /** When `pollAcknowledge` is due, or progress is to be told. */
  pollTimeout() {
    const telling = this.phase === 'receiving' ? this.#telling.pollTimeout() : null
    const due = [telling, this.pace.pollTimeout()].filter((at) => at !== null)
    return due.length > 0 ? Math.min(...due) : null
  }

  /** Takes the sender's digest, which comes once. */
  promise(digest) {
    if (this.phase === 'receiving' && this.#promised === null) this.#promised = digest
    // Said again over another connection.
    else if (!(this.phase === 'storing' && this.#promised === digest)) throw new Violation('digest')
  }

  /** `partial`, `whole` (it is being stored from now on) or `corrupt`. */
  check() {
    const waits = this.phase !== 'receiving' || this.#promised === null || this.#written < this.proposal.size
    if (waits) return 'partial'
    if (hex(this.#hasher.digest()) !== this.#promised) return 'corrupt'
    this.phase = 'storing'
    return 'whole'
  }

  #append(offset, data, writes) {
    const known = this.#received - offset
    if (known >= data.length) return
    const fresh = data.subarray(known)
    this.#hasher.update(fresh)
    writes.push({ offset: this.#received, data: fresh })
    this.#received += fresh.length
  }

  #nextEarly() {
    for (const offset of this.#early.keys()) if (offset <= this.#received) return offset
    return null
  }

  #keepEarly(offset, data, room) {
    const known = this.#early.get(offset)?.length ?? 0
    if (data.length <= known) return
    if (data.length - known > room) throw new Violation('chunk')
    this.#early.set(offset, data)
  }

  #acknowledge(told) {
    if (told === null || told <= this.#acknowledged) return null
    this.#acknowledged = told
    return told
  }
}
