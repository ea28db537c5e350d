// One tunnel through the signaling server, which is spoken over like a connection. What waits for room waits
// here; whatever comes is handed on, and taken by that.

import { be64, equal, fromUtf8, utf8 } from '../bytes.js'
import { CHUNK_HEADER_BYTES } from '../transfer/message.js'
import { Broken, CHUNK_BYTES_MAX, Session } from '../tunnel/session.js'
import { FLUSH_TIMEOUT } from './connection.js'

export class Tunnel {
  #session
  #on
  /** `open`, `closing` until all that was said is taken, or `over`. */
  #phase = 'open'
  /** What has no room yet: `{ say, data }`. */
  #waiting = []
  #heardCount = 0
  /** The ping that was not answered yet, `{ what, at }`, and who waits for that. */
  #pinged = null
  #pings = 0
  #tellRoute = null
  /** What follows once all that was said is taken, or cannot be any more. */
  #flushed = () => {}
  #closed = null

  /**
   * This end of the tunnel of that attempt. `on` has `carry(frame)`, which says whether the server takes it,
   * `proven()` when the other end answers, `ended()`, `control(text)`, `bulk(bytes)` and `room()`; of these
   * none but `carry` is called after `close`.
   */
  constructor(attempt, keys, on) {
    this.#session = new Session(attempt, keys)
    this.#on = on
  }

  get isOpen() {
    return this.#phase === 'open'
  }

  /** Says a control message, as soon as there is room for it. */
  say(text) {
    if (this.isOpen) this.#push('control', utf8(text))
  }

  /** How many bytes of a file the next chunk may have; 0 while enough is under way. */
  room() {
    const has = this.isOpen && this.#waiting.length === 0 && this.#session.hasRoom
    return has ? CHUNK_BYTES_MAX - CHUNK_HEADER_BYTES : 0
  }

  send(chunk) {
    if (this.isOpen) this.#push('chunk', chunk)
  }

  /** Asks whether the other end is there. */
  ping() {
    this.#pinged = { what: be64(this.#pings++), at: performance.now() }
    this.#session.ping(this.#pinged.what)
    this.#flush()
  }

  /** How the remote peer is reached, as soon as it has answered: `{ server, relayed, roundTrip }`. */
  route() {
    return new Promise((resolve) => {
      this.#tellRoute = resolve
      if (this.isOpen) this.ping()
    })
  }

  /** How much has come in since the beginning; it asks for more, so that a line that lives has more soon. */
  async heardCount() {
    if (this.isOpen) this.ping()
    return this.#heardCount
  }

  /** Takes a frame of the other end. */
  hear(frame) {
    if (this.#phase === 'over') return
    const room = this.room()
    let heard
    try {
      heard = this.#session.handleFrame(frame)
    } catch (error) {
      if (!(error instanceof Broken)) throw error
      return this.#lose(() => this.drop())
    }
    this.#heardCount += 1
    if (this.#heardCount === 1) this.#tell('proven')
    if (heard?.heard === 'bye') return this.#lose(() => this.cut())
    if (heard?.heard === 'pong') this.#handlePong(heard.data)
    else if (heard !== null) this.#handOn(heard)
    this.#flush()
    if (room === 0 && this.room() > 0) this.#tell('room')
  }

  /** Ends it once all that was said is taken, as far as that goes; resolves when it has ended. */
  close() {
    this.#closed ??= new Promise((resolve) => {
      if (!this.isOpen) return resolve()
      this.#phase = 'closing'
      const end = () => {
        clearTimeout(timer)
        this.drop()
        resolve()
      }
      const timer = setTimeout(end, FLUSH_TIMEOUT)
      this.#flushed = end
      this.#flush()
    })
    return this.#closed
  }

  /** Ends it at once, and says so. */
  drop() {
    if (this.#phase === 'over') return
    this.#session.bye()
    this.cut()
    for (let frame = this.#session.pollFrame(); frame !== null; frame = this.#session.pollFrame()) this.#on.carry(frame)
  }

  /** It has ended: the other end, or the server, is gone. */
  cut() {
    this.#phase = 'over'
    this.#waiting = []
    this.#flushed()
  }

  #push(say, data) {
    this.#waiting.push({ say, data })
    this.#flush()
  }

  /** Says what there is room for. Where the server takes no more, it has ended. */
  #flush() {
    while (this.#waiting.length > 0 && this.#session.hasRoom) {
      const { say, data } = this.#waiting.shift()
      this.#session[say](data)
    }
    for (let frame = this.#session.pollFrame(); frame !== null; frame = this.#session.pollFrame()) {
      if (!this.#on.carry(frame)) return this.#lose(() => this.cut())
    }
    if (this.#phase === 'closing' && this.#waiting.length === 0 && this.#session.isFlushed) this.#flushed()
  }

  #handOn({ heard, data }) {
    if (heard === 'control') this.#tell('control', fromUtf8(data))
    else this.#tell('bulk', data)
    if (this.#phase !== 'over') this.#session.take()
  }

  #handlePong(what) {
    if (this.#pinged === null || !equal(what, this.#pinged.what)) return
    const roundTrip = performance.now() - this.#pinged.at
    this.#pinged = null
    this.#tellRoute?.({ server: true, relayed: false, roundTrip })
    this.#tellRoute = null
  }

  /** It has ended in the midst of things, and that is told once those are done. */
  #lose(end) {
    const wasOpen = this.isOpen
    end()
    if (wasOpen) queueMicrotask(() => this.#on.ended())
  }

  #tell(what, value) {
    if (this.isOpen) this.#on[what](value)
  }
}
