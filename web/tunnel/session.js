// What is said through a tunnel, and how much of it may be under way: sans-IO, no socket, clock or timer.
//
// Takes frames and what is to be said, gives what was heard and frames. The protocol stands in
// `src/tunnel/mod.rs`, the rules are those of `src/tunnel/session.rs`.

import { xchacha20poly1305 } from '../vendor/noble.js'
import { be32, be64, concat } from '../bytes.js'
import { FRAME_DATA_BYTES_MAX } from '../signaling.js'
import { CONTROL_BYTES_MAX } from '../transfer/message.js'

/** The longest frame, in bytes. */
export const FRAME_BYTES_MAX = FRAME_DATA_BYTES_MAX
const ATTEMPT_BYTES = 4
const TAG_BYTES = 16
/** The longest chunk, in bytes, its header included; of a control message there may be more parts. */
export const CHUNK_BYTES_MAX = FRAME_BYTES_MAX - ATTEMPT_BYTES - TAG_BYTES - 1
/** The most frames of messages that may be under way. */
export const UNTAKEN_MAX = 8
/** Beyond so many that wait to be sent, pings go unanswered. */
const FRAMES_MAX = 32

const [PING, PONG, TAKEN, PART, CONTROL, CHUNK, BYE] = [0, 1, 2, 3, 4, 5, 6]

/** Why a tunnel is of no use any more: `sealed`, `malformed` or `flood`. */
export class Broken extends Error {
  constructor(kind) {
    super(SENTENCES[kind])
    this.kind = kind
  }
}

const SENTENCES = {
  sealed: 'a frame does not open',
  malformed: 'a frame is not of this protocol',
  flood: 'more came than may be under way',
}

/** Which attempt's tunnel a frame is of; `null` if it is too short to say. */
export const attemptOf = (frame) => (frame.length < ATTEMPT_BYTES ? null : u32(frame))

export class Session {
  #attempt
  #sealing
  #opening
  /** Sealed, and yet to be sent. */
  #frames = []
  /** Frames of the kinds that are taken, since the beginning: sent, and taken by the other side. */
  #sent = 0
  #taken = 0
  /** The same the other way round. */
  #heard = 0
  #told = 0
  /** The beginning of a control message. */
  #part = new Uint8Array(0)

  /** Of that attempt, with these keys: `{ sealing, opening }`. */
  constructor(attempt, { sealing, opening }) {
    this.#attempt = be32(attempt)
    this.#sealing = ciphers(sealing)
    this.#opening = ciphers(opening)
  }

  /** Whether something more may be said: a control message, or a chunk. */
  get hasRoom() {
    // The two parts of a long control message may be one too many: they are counted beforehand.
    return this.#sent - this.#taken + 1 < UNTAKEN_MAX
  }

  /** Whether all that was said is taken. */
  get isFlushed() {
    return this.#sent === this.#taken && this.#frames.length === 0
  }

  /** Says a control message: its bytes, `CONTROL_BYTES_MAX` at most. */
  control(text) {
    let rest = text
    for (; rest.length > CHUNK_BYTES_MAX; rest = rest.subarray(CHUNK_BYTES_MAX)) {
      this.#pushCounted(PART, rest.subarray(0, CHUNK_BYTES_MAX))
    }
    this.#pushCounted(CONTROL, rest)
  }

  /** Says a chunk of at most `CHUNK_BYTES_MAX`. */
  chunk(chunk) {
    this.#pushCounted(CHUNK, chunk)
  }

  /** Asks whether the other side is there, with eight bytes. */
  ping(what) {
    this.#push(PING, what)
  }

  /** Says that no more will be said. */
  bye() {
    this.#push(BYE, new Uint8Array(0))
  }

  /** What was heard last was handed on. */
  take() {
    this.#told += 1
    this.#push(TAKEN, be32(this.#told))
  }

  /** The next frame to be sent, or `null`. */
  pollFrame() {
    return this.#frames.shift() ?? null
  }

  /**
   * Takes a frame; what was heard: `control` or `chunk` with its `data`, which is to be taken, `pong` with
   * what the ping said, `bye`, or `null`. Throws `Broken`, after which nothing more is to be done with it.
   */
  handleFrame(frame) {
    const text = this.#opening.open(frame.subarray(ATTEMPT_BYTES))
    if (text.length === 0) throw new Broken('malformed')
    const data = text.subarray(1)
    switch (text[0]) {
      case PING:
        if (this.#frames.length < FRAMES_MAX) this.#push(PONG, sized(data, 8))
        return null
      case PONG:
        return { heard: 'pong', data: sized(data, 8) }
      case TAKEN: {
        const taken = u32(sized(data, 4))
        if (taken < this.#taken || taken > this.#sent) throw new Broken('malformed')
        this.#taken = taken
        return null
      }
      case PART:
        this.#count()
        this.#gather(data)
        this.take()
        return null
      case CONTROL: {
        this.#count()
        this.#gather(data)
        const whole = this.#part
        this.#part = new Uint8Array(0)
        return { heard: 'control', data: whole }
      }
      case CHUNK:
        this.#count()
        return { heard: 'chunk', data }
      case BYE:
        return { heard: 'bye' }
      default:
        throw new Broken('malformed')
    }
  }

  #count() {
    this.#heard += 1
    if (this.#heard - this.#told > UNTAKEN_MAX) throw new Broken('flood')
  }

  #gather(data) {
    if (this.#part.length + data.length > CONTROL_BYTES_MAX) throw new Broken('malformed')
    this.#part = concat(this.#part, data)
  }

  #pushCounted(kind, data) {
    this.#sent += 1
    this.#push(kind, data)
  }

  #push(kind, data) {
    this.#frames.push(concat(this.#attempt, this.#sealing.seal(concat(Uint8Array.of(kind), data))))
  }
}

/** One direction of a tunnel: frames are sealed in their order, and open in no other. */
function ciphers(key) {
  let counter = 0
  const next = () => xchacha20poly1305(key, concat(new Uint8Array(16), be64(counter++)))
  return {
    seal: (text) => next().encrypt(text),
    open(sealed) {
      try {
        return next().decrypt(sealed)
      } catch {
        throw new Broken('sealed')
      }
    },
  }
}

function sized(data, length) {
  if (data.length !== length) throw new Broken('malformed')
  return data
}

const u32 = (bytes) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
