// One transfer to the remote peer: which bytes to read next, and when to stop and wait.

import { sha256 } from '../vendor/noble.js'
import { hex } from '../bytes.js'
import { Pace } from './pace.js'
import { Rest } from './rest.js'
import { Violation } from './violation.js'

export class Outgoing {
  pace = new Pace()
  rest = new Rest()
  proposal
  mark
  /** `waiting` for the remote peer to have room, `proposed`, or `sending` until the receipt comes. */
  phase = 'waiting'
  /** Proposed once more, over another connection: the next accept says what there is by now. */
  #askedAgain = false
  /** The offset of the next byte that is to be sent. */
  #next = 0
  /** The end of what was ever sent. It may still come, over a connection that was given up. */
  #furthest = 0
  /** The read under way: `{ offset, length }`. */
  #reading = null
  /** What the remote peer has written. */
  #acknowledged = 0
  /** Of the chunks as they go out for the first time; `null` where others make the digest. */
  #hasher = null
  #hashed = 0
  #digest = null
  /** Whether the remote peer was told the digest. */
  #told = false

  constructor(proposal, mark) {
    this.proposal = proposal
    this.mark = mark
  }

  /** Whether the remote peer counts it among those it has open. */
  get isOpen() {
    return this.phase !== 'waiting'
  }

  /** How many bytes are under way. */
  get inFlight() {
    return this.phase === 'sending' ? this.#next - this.#acknowledged : 0
  }

  /** It is proposed over another connection; what is under way over others may be lost. */
  askAgain() {
    this.#askedAgain = true
    this.#reading = null
  }

  /**
   * Begins to send, or goes on, behind what the remote peer has already: whether the digest is to be
   * made of all of the file (`hash`), whether it went on (`again`), and the `digest` if it is due.
   */
  accept(offset) {
    const { size } = this.proposal
    const again = this.phase === 'sending' && this.#askedAgain
    if (this.phase !== 'proposed' && !again) throw new Violation('accept')
    this.#askedAgain = false
    if (again) {
      if (!this.#mayHave(offset)) throw new Violation('accept')
    } else {
      if (offset > 0 && (this.mark === null || offset > size)) throw new Violation('accept')
      this.phase = 'sending'
      this.#acknowledged = offset
      this.#furthest = offset
      this.#hasher = offset === 0 ? sha256.create() : null
    }
    // Everything from here on goes out, perhaps again.
    this.#next = offset
    this.#reading = null
    this.#told = false
    return { hash: !again && offset > 0, again, digest: this.#pollDigest() }
  }

  /** The digest of all of the file, made elsewhere; it, if it is to be told now. */
  hashed(digest) {
    if (this.phase !== 'sending') return null
    if (this.#hasher === null && this.#digest === null) this.#digest = digest
    return this.#pollDigest()
  }

  /** The next read, unless one is under way or the window is full. */
  pollRead(lengthMax, window) {
    if (this.phase !== 'sending' || this.#reading !== null || this.rest.isOn || this.#askedAgain) return null
    const length = Math.min(lengthMax, window, this.proposal.size - this.#next)
    if (length <= 0) return null
    this.#reading = { offset: this.#next, length }
    return this.#reading
  }

  /** Takes the bytes of the read under way: the chunk to send, and the digest once all is out. */
  handleRead(data) {
    const reading = this.#reading
    if (reading === null) return null
    this.#reading = null
    const chunk = { offset: reading.offset, data: data.subarray(0, reading.length) }
    if (chunk.data.length === 0) return null
    const end = chunk.offset + chunk.data.length
    if (this.#hasher !== null && end > this.#hashed) {
      this.#hasher.update(chunk.data.subarray(Math.max(0, this.#hashed - chunk.offset)))
      this.#hashed = end
    }
    this.#next = Math.max(this.#next, end)
    this.#furthest = Math.max(this.#furthest, end)
    return { chunk, digest: this.#pollDigest() }
  }

  /**
   * Takes the remote peer's word on how much it has: how much `more` that is than before, and the `digest` if
   * nothing more needs to be sent.
   */
  progress(offset) {
    // Said before it heard that all is asked for again.
    if (this.#askedAgain) return { more: 0, digest: null }
    if (this.phase !== 'sending' || !this.#mayHave(offset)) throw new Violation('progress')
    const more = offset - this.#acknowledged
    this.#acknowledged = offset
    // More than was sent since it went on has come over the connection before.
    this.#next = Math.max(this.#next, offset)
    return { more, digest: this.#pollDigest() }
  }

  /** Whether the remote peer can have so much, and not less than it said before. */
  #mayHave(offset) {
    return offset >= this.#acknowledged && offset <= this.#furthest
  }

  /** Whether the receipt is for what was sent. */
  confirm(digest) {
    if (this.phase !== 'sending' || !this.#told || digest !== this.#digest) throw new Violation('confirm')
  }

  /** The digest, once all is sent and it is known, but not told yet. */
  #pollDigest() {
    const { size } = this.proposal
    if (this.#next < size || this.#told) return null
    if (this.#digest === null && this.#hasher !== null && this.#hashed === size) {
      this.#digest = hex(this.#hasher.digest())
    }
    if (this.#digest === null) return null
    this.#told = true
    return this.#digest
  }
}
