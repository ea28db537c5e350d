// Whether what is under way gets anywhere.

/** Long for any line that carries anything: what has arrived is acknowledged ten times a second. */
const PATIENCE_FIRST = 3_000
const PATIENCE_MAX = 30_000

export class Watch {
  #since
  #patience = PATIENCE_FIRST

  constructor(now) {
    this.#since = now
  }

  /** Something has begun: from now on it is waited for. */
  begin(now) {
    this.#since = now
  }

  /** Something has arrived. */
  progress(now) {
    this.#since = now
    this.#patience = PATIENCE_FIRST
  }

  deadline() {
    return this.#since + this.#patience
  }

  /** Whether patience is over by now. If so, it is longer the next time. */
  isOver(now) {
    const over = now >= this.deadline()
    if (over) {
      this.#since = now
      this.#patience = Math.min(2 * this.#patience, PATIENCE_MAX)
    }
    return over
  }
}
