// All connections with one remote peer: the one that is spoken over, and those that are being made.
// Further ones for chunks alone are not taken: a page says so in its limits.

import { Negotiation } from '../negotiation.js'
import { Connection } from './connection.js'
import { randomU32 } from './random.js'

/** How long one may take to open: to a peer with a wrong fingerprint it would never fail. */
const OPEN_TIMEOUT = 15_000
/** One that is spoken over, and others in its place. */
const CONNECTIONS_MAX = 4

export class Connections {
  #way
  #iceServers
  #on
  /** `{ connection, negotiation, deadline, work }`; `deadline` is `null` once it is open. */
  #entries = new Set()
  #main = null

  /**
   * None yet. `on` has `signal(signal)`, `opened(entry)`, `silent()`, `heard()`, `mainLost()`,
   * `failed()`, `control(entry, text)`, `bulk(bytes)` and `room()`.
   */
  constructor(local, remote, iceServers, on) {
    this.#way = [local, remote]
    this.#iceServers = iceServers
    this.#on = on
  }

  set iceServers(iceServers) {
    this.#iceServers = iceServers
  }

  /** The one that is spoken over, or `null`. */
  get main() {
    return this.#main?.connection ?? null
  }

  get isOpening() {
    return this.#opening() !== undefined
  }

  isMain(entry) {
    return this.#main === entry
  }

  /** Whether something is said over one that is open on the other side, and will be in a moment here. */
  isAboutToOpen(entry) {
    return this.#entries.has(entry) && entry.deadline !== null
  }

  /** Begins one, and offers it. */
  offer(now) {
    const entry = this.#begin(Negotiation.offer(randomU32(), ...this.#way), now)
    if (entry === null) return false
    this.#work(entry, () => entry.connection.offer((sdp) => this.#say(entry, { type: 'offer', sdp, beside: false })))
    return true
  }

  /** Takes a signal of the remote peer. */
  handleSignal(signal, now) {
    const entry = this.#of(signal.attempt) ?? this.#answer(signal, now)
    if (!entry) return
    for (const step of entry.negotiation.handle(signal)) {
      this.#work(entry, () => entry.connection.step(step, (sdp) => this.#say(entry, { type: 'answer', sdp })))
    }
  }

  /** Speaks over this one from now on, in place of the one before. */
  promote(entry) {
    const before = this.#main
    this.#main = entry
    entry.deadline = null
    if (before) this.#remove(before)
  }

  /** Gives up an offer that the remote peer will never answer; whether there was one. */
  giveUpOffer() {
    const entry = this.#opening()
    if (!entry?.negotiation.isOfferer) return false
    this.#remove(entry)
    return true
  }

  pollTimeout() {
    const deadlines = Array.from(this.#entries, (entry) => entry.deadline).filter((at) => at !== null)
    return deadlines.length > 0 ? Math.min(...deadlines) : null
  }

  /** Gives up what takes too long to open. */
  handleTimeout(now) {
    for (const entry of this.#entries) {
      if (entry.deadline !== null && entry.deadline <= now) this.#lose(entry)
    }
  }

  /** Ends all of them, once what was said last is out, or at once since the page goes. */
  close(how) {
    for (const { connection } of this.#entries) how === 'at once' ? connection.drop() : connection.close()
    this.#entries.clear()
    this.#main = null
  }

  #begin(negotiation, now) {
    if (this.#entries.size >= CONNECTIONS_MAX) return null
    const entry = { negotiation, deadline: now + OPEN_TIMEOUT, work: Promise.resolve(), connection: null }
    const isMain = () => this.#main === entry
    try {
      entry.connection = new Connection(this.#iceServers, {
        candidate: (init) => this.#say(entry, { type: 'candidate', ...init }),
        state: (state) => {
          if (state === 'failed' || state === 'closed') this.#lose(entry)
          else if (state === 'disconnected' && isMain()) this.#on.silent()
          else if (state === 'connected' && isMain()) this.#on.heard()
        },
        opened: () => {
          if (entry.deadline !== null) this.#on.opened(entry)
        },
        ended: () => this.#lose(entry),
        control: (text) => this.#on.control(entry, text),
        bulk: (bytes) => this.#on.bulk(bytes),
        room: () => this.#on.room(),
      })
    } catch {
      return null
    }
    this.#entries.add(entry)
    return entry
  }

  /** Makes one for an offer that belongs to none there is. */
  #answer({ body }, now) {
    if (body.type !== 'offer' || body.beside) return null
    const other = this.#opening()
    if (other) {
      if (!other.negotiation.yields()) return null
      this.#remove(other)
    }
    return this.#begin(Negotiation.answer(), now)
  }

  /** One thing after the other; one that fails ends the connection. */
  #work(entry, step) {
    const alive = () => (this.#entries.has(entry) ? step() : undefined)
    entry.work = entry.work.then(alive).catch(() => this.#lose(entry))
  }

  #say(entry, body) {
    const signal = this.#entries.has(entry) ? entry.negotiation.signal(body) : null
    if (signal !== null) this.#on.signal(signal)
  }

  #lose(entry) {
    if (!this.#entries.has(entry)) return
    const wasMain = this.#main === entry
    this.#remove(entry)
    if (wasMain) this.#on.mainLost()
    else this.#on.failed()
  }

  #remove(entry) {
    this.#entries.delete(entry)
    if (this.#main === entry) this.#main = null
    entry.connection.close()
  }

  #opening() {
    return Array.from(this.#entries).find((entry) => entry.deadline !== null)
  }

  #of(attempt) {
    return Array.from(this.#entries).find((entry) => entry.negotiation.attempt === attempt)
  }
}
