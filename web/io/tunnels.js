// The tunnels to one remote peer: at most one that is spoken through, and another that may take its place.
// Of most no use is made, since a connection comes about.

import { agree, shareOf } from '../tunnel/keys.js'
import { attemptOf } from '../tunnel/session.js'
import { random } from './random.js'
import { Tunnel } from './tunnel.js'

/** How long a connection is waited for before the server is spoken through. */
const SPEAK_AFTER = 1_000

export class Tunnels {
  #on
  /** The share that waits for its answer: `{ attempt, secret, speakAt }`. */
  #offered = null
  /** `{ connection, attempt, speakAt, isProven }`; the side that answers never begins: `speakAt` is `null`. */
  #main = null
  #spare = null

  /**
   * None yet. `on` has `carry(frame)`, `proven()`, `ended(entry)`, `control(entry, text)`, `bulk(bytes)` and
   * `room()`.
   */
  constructor(on) {
    this.#on = on
  }

  /** The one that is spoken through. */
  get main() {
    return this.#main
  }

  /** The one that may be. */
  get spare() {
    return this.#spare
  }

  /** A share to be told with an offer. */
  offer(attempt, now) {
    const secret = random(32)
    this.#offered = { attempt, secret, speakAt: now + SPEAK_AFTER }
    return shareOf(secret)
  }

  /** Takes their share, of an offer or of the answer to one, and opens this end; the share to answer with. */
  agree(attempt, theirs) {
    const offered = this.#offered?.attempt === attempt ? this.#offered : null
    const secret = offered?.secret ?? random(32)
    const keys = agree(secret, offered ? 'offerer' : 'answerer', attempt, theirs)
    if (offered) this.#offered = null
    if (keys === null) return null
    this.#open(attempt, keys, offered?.speakAt ?? null)
    return offered ? null : shareOf(secret)
  }

  /** Takes a frame of the remote peer; one of no tunnel there is, is passed over. */
  hear(frame) {
    const attempt = attemptOf(frame)
    const entry = this.#all().find((it) => it.attempt === attempt)
    entry?.connection.hear(frame)
  }

  /** The spare one, if it is to be spoken through from now on. */
  ready(now) {
    const at = this.pollTimeout()
    return at !== null && at <= now ? this.#spare : null
  }

  /** When the spare one is to be spoken through, or `null`. */
  pollTimeout() {
    return this.#spare?.isProven ? this.#spare.speakAt : null
  }

  /** This is spoken over from now on: one of them, or a connection. The others end. */
  keep(main) {
    for (const entry of this.#all()) if (entry !== main) entry.connection.drop()
    this.#main = this.#spare === main ? main : null
    this.#spare = null
  }

  /** The server carries nothing to the remote peer any more, or forgot this one: all of them have ended. */
  cutOff() {
    this.#offered = null
    for (const entry of this.#all()) {
      entry.connection.cut()
      this.#lose(entry)
    }
  }

  /** Ends all of them; resolves once what was said last is taken, as far as that goes. */
  async close(how) {
    this.#offered = null
    this.#spare?.connection.drop()
    if (how === 'at once') this.#main?.connection.drop()
    await this.#main?.connection.close()
  }

  #open(attempt, keys, speakAt) {
    const on = this.#on
    const entry = { attempt, speakAt, isProven: false }
    entry.connection = new Tunnel(attempt, keys, {
      carry: on.carry,
      proven: () => {
        entry.isProven = true
        on.proven()
      },
      ended: () => this.#lose(entry),
      control: (text) => on.control(entry, text),
      bulk: (bytes) => this.#main === entry && on.bulk(bytes),
      room: () => on.room(),
    })
    this.#spare?.connection.drop()
    this.#spare = entry
    if (speakAt !== null) entry.connection.ping()
  }

  #lose(entry) {
    if (this.#spare === entry) this.#spare = null
    if (this.#main === entry) this.#main = null
    this.#on.ended(entry)
  }

  #all() {
    return [this.#main, this.#spare].filter((entry) => entry !== null)
  }
}
