// When a connection to a peer is tried again. Times are in milliseconds.

const FIRST = 500
const LAST = 8_000
/** The same where there is another way meanwhile. */
const LAST_AT_LEISURE = 60_000
const GRACE = 1_500

export class Redial {
  #offers
  /** When the next one is due. */
  #at
  /** How long after that the one behind it. */
  #pause = FIRST
  /** When the last one began. */
  #begun
  /** Whether the next one is in no hurry. */
  #isAtLeisure = false

  /** The side that offers tries at once; the other waits for that. */
  constructor(offers, now) {
    this.#offers = offers
    this.#at = offers ? now : null
    this.#begun = now
  }

  /** Another is wanted: at once by the side that offered first, a moment later by the other. */
  want(now) {
    this.#hurry()
    this.#at ??= now + (this.#offers ? 0 : GRACE)
  }

  /** The same, though one has failed a moment ago. */
  now(now) {
    this.#at = null
    this.want(now)
  }

  /** Whether a try is due by now; the next one then waits. */
  isDue(now) {
    const due = this.#at !== null && this.#at <= now
    if (due) {
      this.#at = null
      this.#begun = now
    }
    return due
  }

  /** One is of no use any more, since the remote peer has begun anew. */
  anew(now) {
    this.#at = Math.max(now, this.#begun + this.#pause)
    this.#pause = Math.min(2 * this.#pause, LAST)
  }

  failed(now) {
    this.#hurry()
    this.#fail(now, LAST)
  }

  /** One has failed, and there is a way that is worse: a better one is looked for ever more seldom. */
  failedAtLeisure(now) {
    this.#isAtLeisure = true
    this.#fail(now, LAST_AT_LEISURE)
  }

  opened() {
    this.#at = null
    this.#pause = FIRST
    this.#isAtLeisure = false
  }

  pollTimeout() {
    return this.#at
  }

  #hurry() {
    if (!this.#isAtLeisure) return
    this.#isAtLeisure = false
    this.#at = null
    this.#pause = Math.min(this.#pause, LAST)
  }

  #fail(now, last) {
    this.#at = now + this.#pause
    this.#pause = Math.min(2 * this.#pause, last)
  }
}
