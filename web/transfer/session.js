// All transfers with one remote peer, in both directions, sans-IO: no channel, file, clock or timer.
//
// Whoever drives it feeds it what came in (`handleControl`, `handleChunk`), sends what it has to say
// (`pollControl`) and the bytes it asks for (`pollRead`, answered by `handleRead`), does what it says
// (`pollEvent`, answering a `write` with `written` and a `store` with `stored`, or either with
// `failed`), and wakes it (`pollTimeout`, `handleTimeout`). A remote peer that breaks the protocol
// makes it throw a `Violation`. The rules are those of `src/transfer/session.rs`.

import { Incoming } from './incoming.js'
import {
  CHUNK_DATA_BYTES_MAX, CHUNK_HEADER_BYTES, CONTROL_BYTES_MAX, VERSION, decodeChunk, parseMessage, sameProposal,
  writeMessage,
} from './message.js'
import { Outgoing } from './outgoing.js'
import { Settled } from './settled.js'
import { Violation } from './violation.js'
import { Watch } from './watch.js'

/** How long a remote peer may take to say hello, in milliseconds. */
export const GREETING_TIMEOUT = 10_000

export class Session {
  /** `{ version, session, limits, device }` of this side, and of the other once it has said so. */
  #local
  #remote = null
  /** `apart` without a connection, `greeting` until hellos were said over it, then `open`. */
  #phase = 'apart'
  #greetingDeadline = null
  #outgoing = new Map()
  #incoming = new Map()
  #settled = new Settled()
  /** The next number to give out. */
  #next = 0
  #lastProposed = -1
  /** The transfer that was read last, so that the next one has its turn. */
  #lastRead = -1
  #watch
  #control = []
  #events = []

  /** One that has no connection yet. */
  constructor(session, limits, now, device = null) {
    this.#local = { version: VERSION, session, limits, device }
    this.#watch = new Watch(now)
  }

  /** There is a connection, the first or in place of another: both sides say hello, and all goes on. */
  connect(now) {
    this.#phase = 'greeting'
    this.#greetingDeadline = now + GREETING_TIMEOUT
    this.#control = [this.#greeting()]
  }

  /** The connection is gone, and there is no other yet. */
  disconnect() {
    this.#phase = 'apart'
    this.#control = []
  }

  /** Offers a file; its number. It waits its turn if the remote peer has enough open. */
  propose(proposal, mark) {
    const transfer = this.#next++
    this.#outgoing.set(transfer, new Outgoing(proposal, mark))
    this.#promote()
    return transfer
  }

  /** Takes a file that was proposed, from its beginning or behind what is held already. */
  accept(transfer, held) {
    if (this.#incoming.get(transfer)?.accept(held)) this.#say({ type: 'accept', transfer, offset: held.offset })
    this.#check(transfer)
  }

  /** The digest of all of a file, which a `hash` asked for. */
  hashed(transfer, digest) {
    const told = this.#outgoing.get(transfer)?.hashed(digest) ?? null
    if (told !== null) this.#say({ type: 'digest', transfer, digest: told })
  }

  /** Does not take a file, or no longer. One that is being stored is too far for that. */
  decline(transfer, reason) {
    const incoming = this.#incoming.get(transfer)
    if (incoming && incoming.phase !== 'storing') this.#refuse(transfer, reason)
  }

  /** Takes a file back that was proposed. */
  cancel(transfer, reason) {
    const outgoing = this.#outgoing.get(transfer)
    if (!outgoing) return
    this.#outgoing.delete(transfer)
    if (outgoing.isOpen) this.#say({ type: 'cancel', transfer, reason })
    this.#end('outgoing', transfer, { how: 'local', reason })
    this.#promote()
  }

  /** Lets a transfer rest, or go on that this side has paused. */
  rest(direction, transfer, resting) {
    this.#wish(direction, transfer, 'local', resting)
  }

  /** Takes a message of the control channel: a text, or its bytes. */
  handleControl(text, now) {
    if (typeof text !== 'string' || text.length > CONTROL_BYTES_MAX) throw new Violation('malformed')
    const message = parseMessage(text)
    if (message === null) throw new Violation('malformed')
    if (this.#phase === 'apart') return
    const isHello = message.type === 'hello'
    if (this.#phase === 'greeting' && isHello) return this.#greet(message, now)
    if (this.#phase === 'open' && !isHello) return this.#handle(message, now)
    // Said again, in answer to ours: since the first, something may have been taken back.
    const isSame = isHello && this.#phase === 'open' && sameHello(message, this.#remote)
    if (!isSame) throw new Violation('hello')
    this.#forgetAllBut(message.sending)
  }

  /** Takes a message of the bulk channel. */
  handleChunk(message) {
    const chunk = decodeChunk(message)
    if (chunk === null) throw new Violation('chunk')
    const { transfer } = chunk
    const { windowBytes } = this.#local.limits
    const incoming = this.#incomingOf(transfer, 'chunk')
    if (!incoming) return
    // Chunks that were cut before a connection was lost may overlap with those cut after.
    const early = Array.from(this.#incoming.values()).reduce((sum, it) => sum + it.earlyBytes(), 0)
    const taken = incoming.handleChunk(chunk, windowBytes, Math.max(0, 2 * windowBytes - early))
    for (const write of taken.writes) this.#events.push({ type: 'write', transfer, ...write })
    if (taken.kept !== null) this.#events.push({ type: 'checkpoint', transfer, offset: taken.kept })
  }

  /** The bytes of an incoming file up to `offset` are written. */
  written(transfer, offset, now) {
    const incoming = this.#incoming.get(transfer)
    if (!incoming) return
    const acknowledge = incoming.written(offset, now)
    const told = incoming.pace.tell(offset, now)
    if (acknowledge !== null) this.#say({ type: 'progress', transfer, offset: acknowledge })
    if (told !== null) this.#events.push({ type: 'progress', direction: 'incoming', transfer, offset: told })
    this.#check(transfer)
  }

  /** An incoming file was put in its place. */
  stored(transfer) {
    const incoming = this.#incoming.get(transfer)
    if (incoming?.phase !== 'storing') return
    const { digest } = incoming
    this.#settle(transfer, { type: 'confirm', transfer, digest })
    this.#end('incoming', transfer, { how: 'done', digest })
  }

  /** An incoming file could not be written, or not be put in its place. */
  failed(transfer, reason) {
    if (this.#incoming.has(transfer)) this.#refuse(transfer, reason)
  }

  /** The bytes that were asked for; the chunk to send, if it is still wanted, else `null`. */
  handleRead(transfer, data, now) {
    const idle = this.inFlight === 0
    const ready = this.#outgoing.get(transfer)?.handleRead(data) ?? null
    if (ready === null) return null
    if (idle) this.#watch.begin(now)
    if (ready.digest !== null) this.#say({ type: 'digest', transfer, digest: ready.digest })
    return { transfer, ...ready.chunk }
  }

  /** The next message for the control channel, as text, or `null`. */
  pollControl() {
    const message = this.#control.shift()
    return message ? writeMessage(message) : null
  }

  /** The next bytes for the bulk channel, at most so many: `{ transfer, offset, length }`, each in turn. */
  pollRead(lengthMax) {
    if (this.#phase !== 'open') return null
    const { chunkBytes, windowBytes } = this.#remote.limits
    const most = Math.min(lengthMax, chunkBytes - CHUNK_HEADER_BYTES, CHUNK_DATA_BYTES_MAX)
    const window = Math.max(0, windowBytes - this.inFlight)
    const ids = Array.from(this.#outgoing.keys())
    const turns = [...ids.filter((id) => id > this.#lastRead), ...ids.filter((id) => id <= this.#lastRead)]
    for (const transfer of turns) {
      const read = this.#outgoing.get(transfer).pollRead(most, window)
      if (read === null) continue
      this.#lastRead = transfer
      return { transfer, ...read }
    }
    return null
  }

  /** The next thing to do or to tell, or `null`. */
  pollEvent() {
    return this.#events.shift() ?? null
  }

  /** When `handleTimeout` is due, or `null`. */
  pollTimeout() {
    const due = []
    if (this.#phase === 'greeting') due.push(this.#greetingDeadline)
    if (this.#phase === 'open' && this.inFlight > 0) due.push(this.#watch.deadline())
    for (const it of this.#outgoing.values()) due.push(it.pace.pollTimeout())
    for (const it of this.#incoming.values()) due.push(it.pollTimeout())
    const known = due.filter((at) => at !== null)
    return known.length > 0 ? Math.min(...known) : null
  }

  /** Time has passed. */
  handleTimeout(now) {
    if (this.#phase === 'greeting' && now >= this.#greetingDeadline) {
      this.#greetingDeadline = now + GREETING_TIMEOUT
      this.#events.push({ type: 'stalled' })
    } else if (this.#phase === 'open' && this.inFlight > 0 && this.#watch.isOver(now)) {
      this.#events.push({ type: 'stalled' })
    }
    for (const [transfer, incoming] of this.#incoming) {
      const offset = incoming.pollAcknowledge(now)
      if (offset !== null) this.#say({ type: 'progress', transfer, offset })
    }
    for (const [direction, all] of [['outgoing', this.#outgoing], ['incoming', this.#incoming]]) {
      for (const [transfer, { pace }] of all) {
        const offset = pace.poll(now)
        if (offset !== null) this.#events.push({ type: 'progress', direction, transfer, offset })
      }
    }
  }

  /** Whether hellos were ever said. */
  get isGreeted() {
    return this.#remote !== null
  }

  /** How many bytes are under way, sent and not acknowledged. */
  get inFlight() {
    let sum = 0
    for (const outgoing of this.#outgoing.values()) sum += outgoing.inFlight
    return sum
  }

  /** Whether bytes are due in either direction. */
  get isMoving() {
    const out = Array.from(this.#outgoing.values()).some((it) => it.phase === 'sending')
    return out || Array.from(this.#incoming.values()).some((it) => it.phase !== 'proposed')
  }

  /** Takes the first hello of a connection, and says its own once more, in case it was not heard. */
  #greet(hello, now) {
    if (hello.version < VERSION) throw new Violation('version')
    const { limits, sending } = hello
    if (limits.chunkBytes <= CHUNK_HEADER_BYTES || limits.windowBytes === 0) throw new Violation('hello')
    const known = this.#remote
    this.#remote = hello
    if (known?.session === hello.session) this.#forgetAllBut(sending)
    else if (known) this.#beginAnew()
    this.#control.push(this.#greeting())
    this.#phase = 'open'
    this.#watch.begin(now)
    for (const incoming of this.#incoming.values()) incoming.expectAgain()
    this.#events.push(known?.session === hello.session ? { type: 'reopened' } : { type: 'open', hello })
    for (const [transfer, outgoing] of this.#outgoing) if (outgoing.isOpen) this.#proposeAgain(transfer, outgoing)
    this.#promote()
  }

  #greeting() {
    const open = Array.from(this.#outgoing).filter(([, outgoing]) => outgoing.isOpen)
    return { type: 'hello', ...this.#local, sending: open.map(([transfer]) => transfer) }
  }

  /** The remote peer is in the same session, and has these open: others were taken back. */
  #forgetAllBut(sending) {
    for (const [transfer, incoming] of this.#incoming) {
      if (sending.includes(transfer) || incoming.phase === 'storing') continue
      this.#incoming.delete(transfer)
      this.#end('incoming', transfer, { how: 'remote', reason: 'person' })
    }
  }

  /** The remote peer knows nothing of what was before. */
  #beginAnew() {
    this.#outgoing.clear()
    this.#incoming.clear()
    this.#settled = new Settled()
    this.#lastProposed = -1
    this.#events.push({ type: 'anew' })
  }

  #proposeAgain(transfer, outgoing) {
    outgoing.askAgain()
    this.#sayProposal(transfer, outgoing)
  }

  #sayProposal(transfer, { proposal, mark, rest }) {
    this.#say({ type: 'propose', transfer, proposal, mark })
    if (rest.isLocal) this.#say({ type: 'rest', transfer, resting: true })
  }

  #handle(message, now) {
    const { transfer } = message
    switch (message.type) {
      case 'propose':
        return this.#handlePropose(message)
      case 'accept': {
        const outgoing = this.#outgoingOf(transfer, 'accept')
        if (!outgoing) return
        const { offset } = message
        const begun = outgoing.accept(offset)
        const type = begun.again ? 'resumed' : 'accepted'
        this.#events.push({ type, direction: 'outgoing', transfer, offset })
        if (begun.hash) this.#events.push({ type: 'hash', transfer })
        if (begun.digest !== null) this.#say({ type: 'digest', transfer, digest: begun.digest })
        return
      }
      case 'decline':
        if (!this.#outgoingOf(transfer, 'accept')) return
        this.#outgoing.delete(transfer)
        this.#end('outgoing', transfer, { how: 'remote', reason: message.reason })
        return this.#promote()
      case 'progress': {
        const outgoing = this.#outgoingOf(transfer, 'progress')
        if (!outgoing) return
        const { more, digest } = outgoing.progress(message.offset)
        if (more > 0) this.#watch.progress(now)
        const told = outgoing.pace.tell(message.offset, now)
        if (told !== null) this.#events.push({ type: 'progress', direction: 'outgoing', transfer, offset: told })
        if (digest !== null) this.#say({ type: 'digest', transfer, digest })
        return
      }
      case 'digest':
        this.#incomingOf(transfer, 'digest')?.promise(message.digest)
        return this.#check(transfer)
      case 'confirm': {
        const outgoing = this.#outgoingOf(transfer, 'confirm')
        if (!outgoing) return
        outgoing.confirm(message.digest)
        this.#outgoing.delete(transfer)
        this.#end('outgoing', transfer, { how: 'done', digest: message.digest })
        return this.#promote()
      }
      case 'rest':
        if (this.#incomingOf(transfer, 'proposal')) this.#wish('incoming', transfer, 'remote', message.resting)
        return
      case 'wait':
        if (this.#outgoingOf(transfer, 'accept')) this.#wish('outgoing', transfer, 'remote', message.waiting)
        return
      case 'cancel': {
        const incoming = this.#incomingOf(transfer, 'proposal')
        // What is whole here already is kept: its sender hears so, and ignores it.
        if (!incoming || incoming.phase === 'storing') return
        this.#incoming.delete(transfer)
        return this.#end('incoming', transfer, { how: 'remote', reason: message.reason })
      }
      case 'tally':
        // A page, which sees no packets, neither asks for one nor has a use for it.
        return
    }
  }

  #handlePropose({ transfer, proposal, mark }) {
    if (transfer <= this.#lastProposed) return this.#handleProposedAgain(transfer, proposal)
    this.#lastProposed = transfer
    if (this.#incoming.size >= this.#local.limits.transfers) {
      return this.#settle(transfer, { type: 'decline', transfer, reason: 'busy' })
    }
    this.#incoming.set(transfer, new Incoming(proposal, mark))
    this.#events.push({ type: 'proposed', transfer, proposal, mark })
  }

  /** A proposal that is known, over a connection in place of the one it came over. */
  #handleProposedAgain(transfer, proposal) {
    const incoming = this.#incoming.get(transfer)
    if (!incoming) {
      const answer = this.#settled.answer(transfer)
      if (answer === null) throw new Violation('proposal')
      return this.#say(answer)
    }
    if (!incoming.takeAgain() || !sameProposal(incoming.proposal, proposal)) throw new Violation('proposal')
    const offset = incoming.goOn()
    if (offset !== null) {
      this.#say({ type: 'accept', transfer, offset })
      this.#events.push({ type: 'resumed', direction: 'incoming', transfer, offset })
    }
    if (incoming.rest.isLocal) this.#say({ type: 'wait', transfer, waiting: true })
  }

  /** The transfer that a message of its receiver speaks of, unless it has ended and the message crossed that. */
  #outgoingOf(transfer, otherwise) {
    const outgoing = this.#outgoing.get(transfer)
    if (outgoing?.isOpen) return outgoing
    if (outgoing || transfer >= this.#next) throw new Violation(otherwise)
    return null
  }

  /** The same for a message of its sender. */
  #incomingOf(transfer, otherwise) {
    if (transfer > this.#lastProposed) throw new Violation(otherwise)
    return this.#incoming.get(transfer) ?? null
  }

  /** A side wants a transfer to rest, or to go on. */
  #wish(direction, transfer, by, resting) {
    const of = direction === 'outgoing' ? this.#outgoing.get(transfer) : this.#incoming.get(transfer)
    if (!of) return
    const wasLocal = of.rest.isLocal
    const standing = of.rest.wish(by, resting)
    if (by === 'local' && wasLocal !== of.rest.isLocal) {
      if (direction === 'incoming') this.#say({ type: 'wait', transfer, waiting: resting })
      else if (of.isOpen) this.#say({ type: 'rest', transfer, resting })
    }
    if (standing === 'nobody') this.#events.push({ type: 'continued', direction, transfer })
    else if (standing !== null) this.#events.push({ type: 'paused', direction, transfer, by: standing })
  }

  /** Stores a file that has become whole, or refuses one that has become another. */
  #check(transfer) {
    const state = this.#incoming.get(transfer)?.check()
    if (state === 'whole') this.#events.push({ type: 'store', transfer })
    if (state === 'corrupt') this.#refuse(transfer, 'digest')
  }

  #refuse(transfer, reason) {
    this.#settle(transfer, { type: 'decline', transfer, reason })
    this.#end('incoming', transfer, { how: 'local', reason })
  }

  /** Tells the sender how a transfer has ended here, now and should it ask again. */
  #settle(transfer, message) {
    this.#incoming.delete(transfer)
    this.#settled.keep(transfer, message, this.#local.limits.transfers)
    this.#say(message)
  }

  /** Where there is no connection, the next begins with how everything stands. */
  #say(message) {
    if (this.#phase === 'open') this.#control.push(message)
  }

  #end(direction, transfer, end) {
    this.#events.push({ type: 'ended', direction, transfer, end })
  }

  /** Proposes what was waiting, as far as the remote peer takes it. */
  #promote() {
    if (this.#phase !== 'open') return
    const all = Array.from(this.#outgoing)
    const room = this.#remote.limits.transfers - all.filter(([, it]) => it.isOpen).length
    for (const [transfer, outgoing] of all.filter(([, it]) => !it.isOpen).slice(0, Math.max(0, room))) {
      outgoing.phase = 'proposed'
      this.#sayProposal(transfer, outgoing)
    }
  }
}

function sameHello(one, other) {
  const text = (hello) => writeMessage({ ...hello, type: 'hello', sending: [] })
  return text(one) === text(other)
}
