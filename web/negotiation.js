// Offer, answer and candidates with one remote peer: who offers, what waits for what.
//
// Pure bookkeeping: it decides which signal to send and what to hand to the connection, and never
// touches one. The peer that enters a room offers to each that is there, so two never offer at once,
// except where both lost a connection: then the offer of the peer with the greater id stands, and the
// other one yields. Candidates may come before the description they belong to (RFC 8838, section 4):
// they wait. Each offer draws a number for its attempt, which all signals of that connection carry. With a
// description may come a share, 32 bytes, for a tunnel through the server (`tunnel/`).

import { base64url, fromBase64url } from './bytes.js'

/** A signal as text, with its fields in the order that everyone writes them. */
export function writeSignal({ attempt, body }) {
  const { type } = body
  if (type === 'candidate') {
    const { candidate, sdpMid, sdpMLineIndex } = body
    return JSON.stringify({
      attempt, type, candidate, sdpMid: sdpMid ?? undefined, sdpMLineIndex: sdpMLineIndex ?? undefined,
    })
  }
  const tunnel = body.tunnel ? base64url(body.tunnel) : undefined
  return JSON.stringify({ attempt, type, sdp: body.sdp, beside: body.beside || undefined, tunnel })
}

/** A signal that cannot be wrong in its form, or `null`. */
export function parseSignal(text) {
  let it
  try {
    it = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof it !== 'object' || it === null || !isAttempt(it.attempt)) return null
  const { attempt, type } = it
  const signal = (body) => ({ attempt, body: { type, ...body } })
  switch (type) {
    case 'offer': {
      const [beside, tunnel] = [it.beside ?? false, parseShare(it.tunnel)]
      const whole = typeof it.sdp === 'string' && typeof beside === 'boolean' && tunnel !== undefined
      return whole ? signal({ sdp: it.sdp, beside, tunnel }) : null
    }
    case 'answer': {
      const tunnel = parseShare(it.tunnel)
      return typeof it.sdp === 'string' && tunnel !== undefined ? signal({ sdp: it.sdp, tunnel }) : null
    }
    case 'candidate': {
      const [sdpMid, sdpMLineIndex] = [it.sdpMid ?? null, it.sdpMLineIndex ?? null]
      const named = (sdpMid === null || typeof sdpMid === 'string') && (sdpMLineIndex === null || isIndex(sdpMLineIndex))
      return typeof it.candidate === 'string' && named
        ? signal({ candidate: it.candidate, sdpMid, sdpMLineIndex })
        : null
    }
    default:
      return null
  }
}

/** The bytes of a share, `null` where there is none, `undefined` if it is none. */
function parseShare(text = null) {
  if (text === null) return null
  const share = typeof text === 'string' ? fromBase64url(text) : null
  return share?.length === SHARE_BYTES ? share : undefined
}

/** The state of one negotiation. */
export class Negotiation {
  #side
  #early = []
  #described = false

  /** Of the side that offers. The attempt is a random number. */
  static offer(attempt, local, remote) {
    return new Negotiation({ offers: true, attempt, prevails: local > remote })
  }

  /** Of the side that waits for an offer. */
  static answer() {
    return new Negotiation({ offers: false, attempt: null, prevails: false })
  }

  constructor(side) {
    this.#side = side
  }

  get isOfferer() {
    return this.#side.offers
  }

  /** Which attempt this is, once that is known. */
  get attempt() {
    return this.#side.attempt
  }

  /** Wraps what this side has to say; `null` before there is anything to answer. */
  signal(body) {
    return this.attempt === null ? null : { attempt: this.attempt, body }
  }

  /** Whether an offer of the remote peer, for the same, takes the place of this attempt. */
  yields() {
    return !(this.#side.prevails && !this.#described)
  }

  /**
   * Takes a signal of the remote peer: the steps to take for it, in order, each `setOffer`, `setAnswer`
   * or `addCandidate`; none if it is not of this attempt, or comes a second time.
   */
  handle({ attempt, body }) {
    const isOurs = this.attempt === attempt
    if (body.type === 'candidate') {
      if (this.#described) return isOurs ? [{ step: 'addCandidate', candidate: body }] : []
      if (this.#early.length < EARLY_CANDIDATES_MAX) this.#early.push([attempt, body])
      return []
    }
    if (this.#described) return []
    if (body.type === 'offer' && !this.#side.offers) {
      this.#side.attempt = attempt
      return this.#describe({ step: 'setOffer', sdp: body.sdp, tunnel: body.tunnel })
    }
    if (body.type === 'answer' && this.#side.offers && isOurs) {
      return this.#describe({ step: 'setAnswer', sdp: body.sdp, tunnel: body.tunnel })
    }
    return []
  }

  #describe(description) {
    this.#described = true
    const ours = this.#early.filter(([of]) => of === this.attempt)
    this.#early = []
    return [description, ...ours.map(([, candidate]) => ({ step: 'addCandidate', candidate }))]
  }
}

const SHARE_BYTES = 32
const isAttempt = (attempt) => Number.isInteger(attempt) && attempt >= 0 && attempt < 2 ** 32
const isIndex = (index) => Number.isInteger(index) && index >= 0 && index < 2 ** 16
/** How many candidates may wait for their description. A peer has a handful of addresses. */
export const EARLY_CANDIDATES_MAX = 64
