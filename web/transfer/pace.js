// How often one transfer's progress is told: at most so often, and the newest in the end.

/** How far apart at least, in milliseconds. */
export const PROGRESS_INTERVAL = 100

export class Pace {
  #toldAt = null
  /** The newest offset, if it came too soon. */
  #held = null

  /** The offset, if it is to be told now; else it is held until it is time, and this is `null`. */
  tell(offset, now) {
    this.#held = offset
    return this.poll(now)
  }

  /** What is held, in any case. */
  hurry(now) {
    const offset = this.#held
    if (offset !== null) this.#toldAt = now
    this.#held = null
    return offset
  }

  /** What is held, if it is time. */
  poll(now) {
    const early = this.#toldAt !== null && now - this.#toldAt < PROGRESS_INTERVAL
    return early ? null : this.hurry(now)
  }

  /** When it is time, if anything is held. */
  pollTimeout() {
    return this.#held === null || this.#toldAt === null ? null : this.#toldAt + PROGRESS_INTERVAL
  }
}
