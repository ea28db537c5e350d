// Whether one transfer rests: either side may let it, and it goes on when neither does.

export class Rest {
  #wishes = { local: false, remote: false }

  get isOn() {
    return this.#wishes.local || this.#wishes.remote
  }

  /** Whether the person here lets it. */
  get isLocal() {
    return this.#wishes.local
  }

  /**
   * Takes the wish of a side, whether it is to rest; who lets it rest now (`local` before `remote`, or
   * `nobody`), if that is another way than before, else `null`.
   */
  wish(by, resting) {
    const before = this.standing()
    this.#wishes[by] = resting
    return this.standing() === before ? null : this.standing()
  }

  standing() {
    if (this.#wishes.local) return 'local'
    return this.#wishes.remote ? 'remote' : 'nobody'
  }
}
