// All connections with one remote peer: the one that is spoken over, and those that are being made. Further
// ones for chunks alone are not taken: a page says so in its limits. With each that it offers, it offers a
// tunnel through the server too, if that carries frames: it is spoken through until a connection is open.

import { Negotiation } from '../negotiation.js'
import { Connection } from './connection.js'
import { randomU32 } from './random.js'

/** How long one may take to open: to a peer with a wrong fingerprint it would never fail. */
const OPEN_TIMEOUT = 15_000
/** One that is spoken over, and others in its place. */
const CONNECTIONS_MAX = 4

export class Connections {
  #way
  #server
  #on
  /** `{ connection, negotiation, deadline, work }`; `deadline` is `null` once it is open. */
  #entries = new Set()
  /** Of the former, or a tunnel. */
  #main = null
  /** Whether nothing is heard over that. */
  #isSilent = false
  #tunnels = null
  #loading = null

  /**
   * None yet. `on` has `signal(signal)`, `opened(entry)`, `silent()`, `heard()`, `mainLost()`, `tunnelLost()`,
   * `failed()`, `proven()`, `control(entry, text)`, `bulk(bytes)`, `room()` and `carry(frame)`.
   */
  constructor(local, remote, server, on) {
    this.#way = [local, remote]
    this.#on = on
    this.server = server
  }

  /** What the server helps with: `{ iceServers, frames }`. */
  set server(server) {
    this.#server = server
    if (server.frames) this.#loading ??= this.#load()
  }

  /** The one that is spoken over, or `null`. */
  get main() {
    return this.#main?.connection ?? null
  }

  get isOpening() {
    return this.#opening() !== undefined
  }

  /** Whether it is a tunnel that is spoken through, and something is heard. */
  get isTunnelled() {
    return this.#main !== null && this.#main === this.#tunnels?.main && !this.#isSilent
  }

  isMain(entry) {
    return this.#main === entry
  }

  /** Whether something is said over one that is open on the other side, and will be in a moment here. */
  isAboutToOpen(entry) {
    return (this.#entries.has(entry) && entry.deadline !== null) || entry === this.#tunnels?.spare
  }

  /** Whether nothing is heard over the one that is spoken over. */
  set isSilent(isSilent) {
    this.#isSilent = isSilent
  }

  /** Begins one, and offers it. */
  offer(now) {
    const attempt = randomU32()
    const entry = this.#begin(Negotiation.offer(attempt, ...this.#way), now)
    if (entry === null) return false
    this.#work(entry, async () => {
      const tunnels = this.isTunnelled ? null : await this.#tunnelsFor(entry)
      const tunnel = tunnels?.offer(attempt, now)
      await entry.connection.offer((sdp) => this.#say(entry, { type: 'offer', sdp, tunnel }))
    })
    return true
  }

  /** Takes a signal of the remote peer. */
  handleSignal(signal, now) {
    const entry = this.#of(signal.attempt) ?? this.#answer(signal, now)
    if (!entry) return
    for (const step of entry.negotiation.handle(signal)) {
      this.#work(entry, async () => {
        const tunnels = step.tunnel ? await this.#tunnelsFor(entry) : null
        const tunnel = tunnels?.agree(signal.attempt, step.tunnel)
        await entry.connection.step(step, (sdp) => this.#say(entry, { type: 'answer', sdp, tunnel }))
      })
    }
  }

  /** Takes a frame of the remote peer. */
  hear(frame) {
    this.#tunnels?.hear(frame)
  }

  /** The server carries nothing to the remote peer any more. */
  cutOff() {
    this.#tunnels?.cutOff()
  }

  /** Speaks over this one from now on, in place of the one before. */
  promote(entry) {
    const before = this.#main
    this.#main = entry
    this.#isSilent = false
    entry.deadline = null
    this.#tunnels?.keep(entry)
    if (this.#entries.has(before)) this.#remove(before)
  }

  /** Gives up an offer that the remote peer will never answer; whether there was one. */
  giveUpOffer() {
    const entry = this.#opening()
    if (!entry?.negotiation.isOfferer) return false
    this.#remove(entry)
    return true
  }

  pollTimeout() {
    const due = Array.from(this.#entries, (entry) => entry.deadline)
    if (this.#wantsTunnel) due.push(this.#tunnels.pollTimeout())
    const known = due.filter((at) => at !== null)
    return known.length > 0 ? Math.min(...known) : null
  }

  /** Speaks through a tunnel where nothing else is open by now, and gives up what takes too long to open. */
  handleTimeout(now) {
    for (const entry of this.#entries) {
      if (entry.deadline !== null && entry.deadline <= now) this.#lose(entry)
    }
    const tunnel = this.#wantsTunnel ? this.#tunnels.ready(now) : null
    if (tunnel) this.#on.opened(tunnel)
  }

  /**
   * Ends all of them, once what was said last is out, or at once since the page goes; resolves once the server
   * is of no more use.
   */
  async close(how) {
    for (const { connection } of this.#entries) how === 'at once' ? connection.drop() : connection.close()
    this.#entries.clear()
    this.#main = null
    await this.#tunnels?.close(how)
  }

  get #wantsTunnel() {
    return this.#tunnels !== null && (this.#main === null || this.#isSilent)
  }

  /** What tunnels need, which few do: it comes while hellos are said. Without it, there are none. */
  async #load() {
    const Tunnels = await loadTunnels().catch(() => null)
    const ended = (entry) => {
      if (this.#main !== entry) return
      this.#main = null
      this.#on.tunnelLost()
    }
    if (Tunnels) this.#tunnels = new Tunnels({ ...this.#on, ended })
    else this.#loading = null
    return this.#tunnels
  }

  /** The tunnels, if the server carries frames, and this one is still wanted by then. */
  async #tunnelsFor(entry) {
    const tunnels = this.#server.frames ? await this.#loading : null
    return this.#entries.has(entry) ? tunnels : null
  }

  #begin(negotiation, now) {
    if (this.#entries.size >= CONNECTIONS_MAX) return null
    const entry = { negotiation, deadline: now + OPEN_TIMEOUT, work: Promise.resolve(), connection: null }
    const isMain = () => this.#main === entry
    try {
      entry.connection = new Connection(this.#server.iceServers, {
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

/** All its modules at once, so that none is waited for before another. */
async function loadTunnels() {
  const modules = [import('./tunnels.js'), import('./tunnel.js'), import('../tunnel/keys.js'), import('../tunnel/session.js')]
  const [{ Tunnels }] = await Promise.all(modules)
  return Tunnels
}
