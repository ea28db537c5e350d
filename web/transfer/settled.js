// How the last incoming transfers ended here, for a sender who may not have heard of it.

export class Settled {
  #ends = new Map()

  /** Keeps what is to be said of one, and lets go of the oldest beyond so many. */
  keep(transfer, message, openMax) {
    this.#ends.set(transfer, message)
    for (const oldest of this.#ends.keys()) {
      if (this.#ends.size <= openMax) return
      this.#ends.delete(oldest)
    }
  }

  /** What is said to a sender that proposes it once more, if it is known. */
  answer(transfer) {
    return this.#ends.get(transfer) ?? null
  }
}
