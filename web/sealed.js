// Signals on their way through the server: sealed when they go, opened when they come.
//
// Drives the seal of one remote peer. A signal waits here until the remote peer has said hello, since it
// is sealed for that peer alone. Randomness comes in as a function.

import { parseSignal, writeSignal } from './negotiation.js'
import { OpenError } from './seal/error.js'
import { Seal } from './seal/session.js'

export class Sealed {
  #member
  #way
  #random
  #seal
  #waiting = []

  /** A way that begins with a hello. `random(length)` gives fresh bytes. */
  constructor(member, local, remote, random) {
    this.#member = member
    this.#way = [local, remote]
    this.#random = random
    this.#begin()
  }

  /** Takes a signal to be sent. */
  push(signal) {
    if (this.#waiting.length < WAITING_MAX) this.#waiting.push(signal)
  }

  /** The next message for the server to carry, if one can be sent now, else `null`. */
  poll() {
    const hello = this.#seal.pollHello()
    if (hello !== null) return hello
    while (this.#seal.isReady && this.#waiting.length > 0) {
      const payload = this.#seal.seal(writeSignal(this.#waiting.shift()))
      // One that is too long is dropped.
      if (payload !== null) return payload
    }
    return null
  }

  /**
   * Opens what came; then `poll` may have more to send. What was heard: `nothing`, `greeted` (someone
   * who knows the words said hello, perhaps some time ago), `proven` or `anew` with `name` and `key`,
   * `signal` with it, or `unopened` with its error.
   */
  open(payload) {
    let opened
    try {
      opened = this.#seal.open(payload)
    } catch (error) {
      if (!(error instanceof OpenError)) throw error
      return { heard: 'unopened', error }
    }
    const { name, key } = opened
    switch (opened.opened) {
      case 'signal': {
        const signal = parseSignal(opened.signal)
        return signal === null ? { heard: 'nothing' } : { heard: 'signal', signal }
      }
      case 'begun':
        this.#waiting = []
        return { heard: 'anew', name, key }
      case 'proven':
        return { heard: 'proven', name, key }
      case 'claimed':
        return { heard: 'greeted' }
      default:
        return { heard: 'nothing' }
    }
  }

  /** Begins the seal anew, where it cannot go on, or this side has another name: it says hello again. */
  renew(member = this.#member) {
    this.#member = member
    this.#waiting = []
    this.#begin()
  }

  #begin() {
    this.#seal = new Seal(this.#member, ...this.#way, this.#random(32))
  }
}

/** An offer, and more candidates than a machine has addresses. */
const WAITING_MAX = 64
