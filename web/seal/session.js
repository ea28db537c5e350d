// The seal between this peer and one remote peer: who says hello when, what opens, what counts.
//
// Sans-IO: holds no socket, clock or source of randomness. Whoever drives it sends what `pollHello`
// gives, at the start and whenever something was opened, seals its signals, opens the remote peer's,
// and does what it is told. The rules are those of the page of `src/seal/mod.rs`.

import { equal, fromUtf8, utf8 } from '../bytes.js'
import * as binding from './binding.js'
import { HELLO, NONCE_BYTES, SIGNAL, XNONCE_BYTES, parseEnvelope, writeEnvelope } from './envelope.js'
import { OpenError } from './error.js'
import { Fresh } from './fresh.js'
import { answerTo, parseHello, writeHello } from './hello.js'

export class Seal {
  /** This peer as a member of the room: `{ keys, identity, name }`. */
  #member
  #local
  #remote
  #fresh
  #nonce
  #question
  /** A hello that is to be said, and what it answers: `{ answer }`. */
  #owed = { answer: null }
  /** The question answered last. */
  #answered = null
  /** `alone`, `claimed` or `standing`; the latter two with a session `{ nonce, key, sealed, opened }`. */
  #phase = 'alone'
  #session = null
  /** Whose sessions are over, so that none begins twice. */
  #retired = []

  /** Between these two peers, from its beginning. The 32 random bytes are for this value alone. */
  constructor(member, local, remote, seed) {
    this.#member = member
    this.#local = local
    this.#remote = remote
    this.#fresh = new Fresh(seed, local, remote)
    this.#nonce = this.#fresh.draw(NONCE_BYTES)
    this.#question = this.#fresh.draw(NONCE_BYTES)
  }

  /** In the midst of things, for vectors. */
  static resumed(member, local, remote, { nonce, question, session }) {
    const seal = new Seal(member, local, remote, new Uint8Array(32))
    seal.#nonce = nonce
    seal.#question = question
    if (session) {
      seal.#phase = session.proven ? 'standing' : 'claimed'
      seal.#session = { nonce: session.nonce, key: session.key, sealed: 0, opened: session.opened }
    }
    return seal
  }

  /** The hello to send now, if one is owed, else `null`. */
  pollHello() {
    if (this.#owed === null) return null
    const { answer } = this.#owed
    this.#owed = null
    const { keys, identity, name } = this.#member
    const body = writeHello({ nonce: this.#nonce, key: identity.key, question: this.#question, answer, name })
    const bound = binding.helloBinding(keys.room, this.#wayOut())
    const sealed = binding.seal(keys.signal, identity, bound, this.#fresh.draw(XNONCE_BYTES), body)
    return writeEnvelope({ kind: HELLO, ...sealed })
  }

  /** Seals a signal; `null` if no hello was heard yet, or one is owed, or it is too long. */
  seal(signal) {
    if (this.#session === null || this.#owed !== null) return null
    const { keys, identity } = this.#member
    const session = this.#session
    const place = { from: this.#nonce, to: session.nonce, counter: session.sealed }
    const bound = binding.signalBinding(keys.room, this.#wayOut(), place, identity.key, session.key)
    const sealed = binding.seal(keys.signal, identity, bound, this.#fresh.draw(XNONCE_BYTES), utf8(signal))
    const payload = writeEnvelope({ kind: SIGNAL, place, ...sealed })
    if (payload !== null) session.sealed += 1
    return payload
  }

  /** Whether a signal could be sealed now. */
  get isReady() {
    return this.#session !== null && this.#owed === null
  }

  /**
   * Opens what came from the remote peer: `{ opened }`, which is `claimed`, `proven` or `begun` with
   * its `name` and `key`, `signal` with its text, or `ignored`. Throws an `OpenError`, after which
   * everything is as it was before.
   */
  open(payload) {
    const envelope = parseEnvelope(payload)
    return envelope.kind === HELLO ? this.#openHello(envelope) : this.#openSignal(envelope)
  }

  #openHello(sealed) {
    const { keys } = this.#member
    const bound = binding.helloBinding(keys.room, this.#wayIn())
    const opened = binding.open(keys.signal, bound, sealed)
    const hello = parseHello(opened.body)
    binding.verified(opened, bound, hello.key)
    return this.#hear(hello)
  }

  #openSignal({ place, ...sealed }) {
    const session = this.#session
    if (this.#phase !== 'standing') return IGNORED
    if (!equal(place.from, session.nonce) || !equal(place.to, this.#nonce)) return IGNORED
    if (!Number.isSafeInteger(place.counter)) throw new OpenError('wrong_key')
    const { keys, identity } = this.#member
    const bound = binding.signalBinding(keys.room, this.#wayIn(), place, session.key, identity.key)
    const body = binding.verified(binding.open(keys.signal, bound, sealed), bound, session.key)
    if (place.counter < session.opened) throw new OpenError('replayed')
    if (place.counter > session.opened) throw new OpenError('missing')
    const signal = fromUtf8(body)
    if (signal === null) throw new OpenError('malformed')
    session.opened += 1
    return { opened: 'signal', signal }
  }

  /** A hello that is signed by the identity it names: now, or some time ago. */
  #hear(hello) {
    const is = (it) => equal(it.nonce, hello.nonce) && equal(it.key, hello.key)
    if (equal(hello.nonce, this.#nonce) || this.#retired.some(is)) return IGNORED
    if (this.#phase === 'standing') {
      if (is(this.#session)) return IGNORED
      if (!equal(this.#session.key, hello.key)) throw new OpenError('other_identity')
    }
    if (this.#retired.length >= SESSIONS_MAX) return IGNORED
    const remote = { name: hello.name, key: hello.key }
    const expected = answerTo(this.#question, this.#member.identity.key)
    if (hello.answer !== null && equal(hello.answer, expected)) {
      const isAnswered = this.#answered !== null && equal(this.#answered, hello.question)
      if (!isAnswered) this.#owe(hello)
      return { opened: this.#stand(hello, is), ...remote }
    }
    this.#owe(hello)
    if (this.#phase !== 'alone') return IGNORED
    this.#phase = 'claimed'
    this.#session = begun(hello)
    return { opened: 'claimed', ...remote }
  }

  #owe({ question, key }) {
    this.#answered = question
    this.#owed = { answer: answerTo(question, key) }
  }

  /** The remote peer is here, now: its session stands. */
  #stand(hello, is) {
    this.#question = this.#fresh.draw(NONCE_BYTES)
    const [phase, former] = [this.#phase, this.#session]
    this.#phase = 'standing'
    if (phase === 'claimed' && is(former)) return 'proven'
    this.#session = begun(hello)
    if (phase === 'alone') return 'proven'
    this.#retired.push({ nonce: former.nonce, key: former.key })
    return 'begun'
  }

  #wayOut() {
    return { from: this.#local, to: this.#remote }
  }

  #wayIn() {
    return { from: this.#remote, to: this.#local }
  }
}

const begun = ({ nonce, key }) => ({ nonce, key, sealed: 0, opened: 0 })
const IGNORED = Object.freeze({ opened: 'ignored' })
/** How many sessions there may be with one remote peer in the life of a seal. */
const SESSIONS_MAX = 32
