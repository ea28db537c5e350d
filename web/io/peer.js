// The task of one remote peer: says hello until one comes back, makes connections, and drives the
// session over them. The session outlives its connections: where one is lost, or gets nowhere, another
// is made, and what is under way goes on over that. Bulk bytes go between the session, the store and
// the channels here and never reach the app.

import { hex } from '../bytes.js'
import { Redial } from '../redial.js'
import { Sealed } from '../sealed.js'
import { PAGE_LIMITS, encodeChunk } from '../transfer/message.js'
import { Session } from '../transfer/session.js'
import { Violation } from '../transfer/violation.js'
import { Connections } from './connections.js'
import { device } from './device.js'
import { random, randomU32 } from './random.js'
import { readFailure } from './sources.js'

/** How long one hello is waited for, at first; each time twice as long. */
const HELLO_FIRST = 3_000
const HELLO_MAX = 30_000
/** In which time something comes over any line that lives: both sides ask each other for signs of life. */
const CHECK_MS = 4_000
/** When the round trip has been measured a few times, and how often it is looked at while files go out. */
const ROUTE_FIRST = 1_500
const ROUTE_STEP = 2_000
/** Types that a browser may show of whatever was sent; all else is bytes to be saved. */
const SHOWN = /^image\/(jpeg|png|gif|webp|avif|bmp|heic|heif)$/

export class Peer {
  #setup
  #sealed
  #session
  #connections
  #redial
  /** While no hello has come back: when the next is said, and how long after that another. */
  #hello
  #routeAt = null
  #timer = null
  #toldSilent = false
  #over = false
  /** What goes out, by transfer; what comes in: `{ part, mark, proposal, from, work }`. */
  #sources = new Map()
  #incoming = new Map()
  /** The read under way. */
  #request = null
  #proven = null

  /**
   * `setup` has `local`, `remote`, `offers` (whether this side offers first), `member`, `server` (what it
   * helps with: `{ iceServers, frames }`), `store`, `relay(payload)`, `carry(frame)` and `tell(event)`.
   */
  constructor(setup) {
    this.#setup = setup
    const now = performance.now()
    this.#sealed = new Sealed(setup.member, setup.local, setup.remote, random)
    this.#session = new Session(randomU32(), PAGE_LIMITS, now, device())
    this.#redial = new Redial(setup.offers, now)
    this.#hello = { at: now + HELLO_FIRST, pause: HELLO_FIRST }
    this.#connections = new Connections(setup.local, setup.remote, setup.server, {
      signal: (signal) => {
        this.#sealed.push(signal)
        this.#send()
      },
      opened: (entry) => this.#do(() => this.#speakOver(entry)),
      silent: () => this.#do(() => this.#silent()),
      heard: () => this.#do(() => this.#heard()),
      mainLost: () => this.#do(() => this.#mainLost()),
      tunnelLost: () => this.#do(() => this.#mainLost('tunnel')),
      failed: () => this.#do(() => {
        const now = performance.now()
        if (this.#connections.isTunnelled) this.#redial.failedAtLeisure(now)
        else this.#redial.failed(now)
        // Perhaps no hello was heard on either side: one is said again.
        if (!this.#connections.main) this.#renew()
      }),
      control: (entry, text) => this.#do(() => this.#control(entry, text)),
      bulk: (bytes) => this.#do(() => this.#session.handleChunk(bytes)),
      proven: () => this.#do(() => {}),
      room: () => this.#do(() => {}),
      carry: setup.carry,
    })
    this.#send()
    this.#settle()
  }

  /** A payload of that peer, through the server. */
  deliver(payload) {
    this.#do(() => {
      const heard = this.#sealed.open(payload)
      const now = performance.now()
      let anew = heard.heard === 'anew'
      if (heard.heard === 'proven' || anew) {
        this.#proven = hex(heard.key)
        this.#tell('proven', { name: heard.name, key: this.#proven })
      }
      if (heard.heard === 'unopened') {
        this.#tell('unopened', { error: heard.error })
        const renews = ['missing', 'other_identity'].includes(heard.error.kind)
        if (renews && !this.#connections.main) {
          this.#sealed.renew()
          anew = true
        }
      }
      this.#send()
      if (['greeted', 'proven', 'anew'].includes(heard.heard)) this.#hello = null
      if (heard.heard === 'signal') this.#connections.handleSignal(heard.signal, now)
      else if (anew && this.#connections.giveUpOffer()) this.#redial.anew(now)
    })
  }

  /** A frame of that peer, through the server. */
  hear(frame) {
    this.#connections.hear(frame)
  }

  /** The server carries nothing to that peer any more. */
  cutOff() {
    this.#connections.cutOff()
  }

  /** Makes another connection: what was signalled for one may be lost. */
  reconnect() {
    this.#do(() => {
      this.#connections.giveUpOffer()
      this.#redial.now(performance.now())
    })
  }

  /** The page has slept, or the network is another: sees whether anything still comes. */
  async check() {
    const { main } = this.#connections
    if (!main) return this.#do(() => this.#redial.want(performance.now()))
    const before = await main.heardCount().catch(() => 0)
    await new Promise((resolve) => setTimeout(resolve, CHECK_MS))
    if (this.#over || this.#connections.main !== main) return
    const after = await main.heardCount().catch(() => 0)
    if (after === before && this.#connections.main === main) this.#do(() => this.#silent())
  }

  /** This side has another name from now on. */
  rename(member) {
    this.#do(() => {
      this.#sealed.renew(member)
      this.#send()
    })
  }

  set server(server) {
    this.#connections.server = server
  }

  /** Offers a file; its number. */
  propose(proposal, mark, source) {
    const transfer = this.#session.propose(proposal, mark)
    this.#sources.set(transfer, source)
    this.#do(() => {})
    return transfer
  }

  /** Takes what it offers, behind what is here from another time. */
  async accept(transfer) {
    const incoming = this.#incoming.get(transfer)
    if (!incoming || incoming.part) return
    const { mark, proposal, from } = incoming
    let hasher
    try {
      incoming.part = await this.#setup.store.create(mark, proposal.size, from)
      hasher = await incoming.part.hasher()
    } catch {
      this.#do(() => this.#session.failed(transfer, 'storage'))
      return
    }
    if (this.#incoming.get(transfer) !== incoming) return this.#release(incoming, 'kept')
    const { offset } = incoming.part
    this.#do(() => {
      this.#session.accept(transfer, { offset, hasher })
      if (offset > 0) this.#tell('progress', { direction: 'incoming', transfer, offset })
    })
  }

  decline(transfer, reason) {
    this.#do(() => this.#session.decline(transfer, reason))
  }

  cancel(transfer, reason) {
    this.#do(() => this.#session.cancel(transfer, reason))
  }

  rest(direction, transfer, resting) {
    this.#do(() => this.#session.rest(direction, transfer, resting))
  }

  /**
   * Ends the task. `at once` where the page goes: nothing more is said then. Resolves once the server is of no
   * more use to it.
   */
  async end(how) {
    if (this.#over) return
    this.#sayAll()
    this.#over = true
    clearTimeout(this.#timer)
    const closed = this.#connections.close(how)
    for (const incoming of this.#incoming.values()) this.#release(incoming, 'kept')
    this.#incoming.clear()
    this.#sources.clear()
    await closed
  }

  /** Does something, then what follows of it; a violation ends this peer alone. */
  #do(what) {
    if (this.#over) return
    try {
      what()
      this.#settle()
    } catch (error) {
      if (!(error instanceof Violation)) throw error
      this.end()
      this.#setup.tell({ type: 'violated', error })
    }
  }

  #tell(type, event) {
    this.#setup.tell({ type, ...event })
  }

  #send() {
    for (let payload = this.#sealed.poll(); payload !== null; payload = this.#sealed.poll()) this.#setup.relay(payload)
  }

  #renew() {
    this.#sealed.renew()
    this.#send()
  }

  #control(entry, text) {
    if (this.#connections.isAboutToOpen(entry)) this.#speakOver(entry)
    if (!this.#connections.isMain(entry)) return
    this.#session.handleControl(text, performance.now())
  }

  /** From now on, everything is said over this connection. */
  #speakOver(entry) {
    this.#connections.promote(entry)
    // While the server is spoken through, a connection is still wanted.
    if (!this.#connections.isTunnelled) this.#redial.opened()
    this.#request = null
    const now = performance.now()
    this.#session.connect(now)
    this.#routeAt = now + ROUTE_FIRST
  }

  #mainLost(what = 'connection') {
    this.#session.disconnect()
    this.#request = null
    this.#silent(what)
  }

  #silent(what = 'connection') {
    this.#connections.isSilent = true
    this.#redial.want(performance.now())
    if (this.#toldSilent || !this.#session.isGreeted) return
    this.#toldSilent = true
    this.#tell('unreachable', { what })
  }

  #heard() {
    if (this.#session.inFlight > 0 && this.#toldSilent) this.#redial.want(performance.now())
    else this.#reachable()
  }

  #reachable() {
    this.#connections.isSilent = false
    if (this.#toldSilent) this.#tell('reachable')
    this.#toldSilent = false
  }

  /** Does what the session says until it has nothing more to say, then sleeps until something is due. */
  #settle() {
    for (let event = this.#session.pollEvent(); event !== null; event = this.#session.pollEvent()) this.#perform(event)
    this.#sayAll()
    this.#pump()
    this.#sleep()
  }

  #sayAll() {
    const { main } = this.#connections
    if (!main?.isOpen) return
    for (let text = this.#session.pollControl(); text !== null; text = this.#session.pollControl()) main.say(text)
  }

  #sleep() {
    clearTimeout(this.#timer)
    const due = [this.#hello?.at ?? null, this.#session.pollTimeout(), this.#connections.pollTimeout(), this.#routeAt]
    if (this.#hello === null) due.push(this.#redial.pollTimeout())
    const known = due.filter((at) => at !== null)
    if (known.length === 0) return
    const wait = Math.max(0, Math.min(...known) - performance.now())
    this.#timer = setTimeout(() => this.#do(() => this.#timeout()), Math.ceil(wait))
  }

  #timeout() {
    const now = performance.now()
    if (this.#hello !== null && this.#hello.at <= now) {
      // What was said may have been lost on its way.
      this.#renew()
      const pause = Math.min(2 * this.#hello.pause, HELLO_MAX)
      this.#hello = { at: now + pause, pause }
    }
    this.#connections.handleTimeout(now)
    if (this.#hello === null && this.#redial.isDue(now) && !this.#connections.isOpening) {
      if (!this.#connections.offer(now)) this.#redial.failed(now)
    }
    if (this.#routeAt !== null && this.#routeAt <= now) {
      this.#routeAt = this.#session.inFlight > 0 ? now + ROUTE_STEP : null
      const { main } = this.#connections
      const isIts = () => !this.#over && this.#connections.main === main
      main?.route().then((route) => route && isIts() && this.#tell('route', { route }), () => {})
    }
    this.#session.handleTimeout(now)
  }

  /** Sends what there is room for: a read at a time, so that what is asked for is what is sent. */
  #pump() {
    while (this.#request === null) {
      const { main } = this.#connections
      const room = main?.room() ?? 0
      const request = room > 0 ? this.#session.pollRead(room) : null
      if (request === null) return
      const source = this.#sources.get(request.transfer)
      this.#request = request
      let bytes
      try {
        bytes = source.read(request.offset, request.length)
      } catch (error) {
        bytes = Promise.reject(error)
      }
      if (bytes instanceof Uint8Array) {
        this.#handleRead(request, bytes)
        continue
      }
      const isCurrent = () => this.#request === request
      bytes.then(
        (read) => isCurrent() && this.#do(() => this.#handleRead(request, read)),
        (error) => isCurrent() && this.#do(() => {
          this.#request = null
          this.#session.cancel(request.transfer, readFailure(error))
        }),
      )
    }
  }

  #handleRead(request, bytes) {
    this.#request = null
    const chunk = this.#session.handleRead(request.transfer, bytes, performance.now())
    if (chunk !== null) this.#connections.main?.send(encodeChunk(chunk))
    this.#sayAll()
  }

  #perform(event) {
    const { type, transfer, direction } = event
    switch (type) {
      case 'open':
        this.#toldSilent = false
        return this.#tell('open')
      case 'reopened':
        return this.#reachable()
      case 'anew':
        this.#forgetAll()
        return this.#tell('lost')
      case 'stalled':
        return this.#silent()
      case 'proposed':
        return this.#proposed(event)
      case 'hash':
        return this.#hash(transfer)
      case 'checkpoint':
        // Segments are kept as they become whole.
        return
      case 'write':
        return this.#write(event)
      case 'store':
        return this.#place(transfer)
      case 'progress':
        // It may be told late: of what was acknowledged before the connection was lost.
        if (direction === 'outgoing' && this.#connections.main) this.#reachable()
        return this.#tell('progress', { direction, transfer, offset: event.offset })
      case 'accepted':
      case 'resumed':
        return this.#tell('progress', { direction, transfer, offset: event.offset })
      case 'paused':
        return this.#tell('paused', { direction, transfer, by: event.by })
      case 'continued':
        return this.#tell('continued', { direction, transfer })
      case 'ended':
        return this.#ended(event)
    }
  }

  #proposed({ transfer, proposal, mark }) {
    const incoming = { part: null, mark, proposal, from: this.#proven, placed: null }
    this.#incoming.set(transfer, incoming)
    this.#setup.store.held(mark, proposal.size).then(
      ({ bytes, from }) => bytes > 0 && from === incoming.from,
      () => false,
    ).then((awaited) => {
      if (!this.#over && this.#incoming.get(transfer) === incoming) this.#tell('proposed', { transfer, proposal, awaited })
    })
  }

  #write({ transfer, data }) {
    const incoming = this.#incoming.get(transfer)
    if (!incoming?.part) return
    const { part } = incoming
    const waits = part.write(data)
    const { offset } = part
    if (!waits) return this.#session.written(transfer, offset, performance.now())
    const is = () => this.#incoming.get(transfer) === incoming
    waits.then(
      () => is() && this.#do(() => this.#session.written(transfer, offset, performance.now())),
      (reason) => is() && this.#do(() => this.#session.failed(transfer, reason)),
    )
  }

  /** Puts a whole file in its place, and only then says so. */
  #place(transfer) {
    const incoming = this.#incoming.get(transfer)
    const { part, proposal } = incoming
    const type = SHOWN.test(proposal.mediaType) ? proposal.mediaType : 'application/octet-stream'
    const place = async () => {
      const blob = await part.finish(type)
      await this.#setup.place({ transfer, proposal, blob, blobType: type, key: part.lastingKey })
      incoming.placed = true
    }
    place().then(
      () => this.#do(() => this.#session.stored(transfer)),
      (reason) => this.#do(() => this.#session.failed(transfer, typeof reason === 'string' ? reason : 'storage')),
    )
  }

  #hash(transfer) {
    const source = this.#sources.get(transfer)
    source?.digest().then(
      (digest) => this.#do(() => this.#session.hashed(transfer, digest)),
      (error) => this.#do(() => this.#session.cancel(transfer, readFailure(error))),
    )
  }

  #ended({ direction, transfer, end }) {
    if (direction === 'outgoing') this.#sources.delete(transfer)
    const incoming = direction === 'incoming' ? this.#incoming.get(transfer) : null
    this.#incoming.delete(incoming ? transfer : -1)
    if (incoming) this.#release(incoming, incoming.placed ? 'stored' : fate(end))
    this.#tell('ended', { direction, transfer, end })
  }

  /** The remote peer knows of nothing any more. What has come of large files is kept. */
  #forgetAll() {
    this.#sources.clear()
    this.#request = null
    for (const incoming of this.#incoming.values()) this.#release(incoming, 'kept')
    this.#incoming.clear()
  }

  #release({ part, mark }, how) {
    if (part) this.#setup.store.release(part, mark, how).catch(() => {})
  }
}

/** A person who stops it wants none of it, and what is damaged, or of another file by now, is of no use. */
const fate = ({ reason }) => (['person', 'digest', 'changed'].includes(reason) ? 'gone' : 'kept')
