// One WebRTC connection with its two data channels, negotiated beforehand. Whatever the browser calls
// back with is handed on; what follows from it is decided elsewhere.

import { CHUNK_BYTES_MAX, CHUNK_HEADER_BYTES } from '../transfer/message.js'

/** How much may wait in the browser to be sent, in bytes: beyond that, lines to other browsers stall. */
export const SEND_LIMIT_BYTES = 256 * 1024
/** How long closing waits for what was said last. */
export const FLUSH_TIMEOUT = 800

export class Connection {
  #library
  #control
  #bulk
  #on
  /** Candidates that were found before their description was told. */
  #early = []
  #over = false

  /**
   * One that has yet to be negotiated. `on` has `candidate(init)`, `state(text)`, `opened()` once both
   * channels are, `ended()`, `control(text)`, `bulk(bytes)` and `room()`; none is called after `close`.
   */
  constructor(iceServers, on) {
    this.#on = on
    this.#library = new RTCPeerConnection({ iceServers })
    this.#library.onicecandidate = ({ candidate }) => {
      if (!candidate?.candidate) return
      const { candidate: line, sdpMid, sdpMLineIndex } = candidate
      const init = { candidate: line, sdpMid, sdpMLineIndex }
      if (this.#early) this.#early.push(init)
      else this.#tell('candidate', init)
    }
    this.#library.onconnectionstatechange = () => this.#tell('state', this.#library.connectionState)
    this.#control = this.#open('control', 0)
    this.#bulk = this.#open('bulk', 1)
    this.#control.onmessage = ({ data }) => this.#tell('control', data)
    this.#bulk.onmessage = ({ data }) => this.#tell('bulk', new Uint8Array(data))
    this.#bulk.bufferedAmountLowThreshold = SEND_LIMIT_BYTES / 2
    this.#bulk.onbufferedamountlow = () => this.#tell('room')
  }

  /** Makes an offer and sets it; `say` is told its text before any candidate. */
  async offer(say) {
    const offer = await this.#library.createOffer()
    await this.#library.setLocalDescription(offer)
    this.#described(say, offer.sdp)
  }

  /** Does a step of a negotiation; `say` is told the answer, if it was an offer. */
  async step({ step, sdp, candidate }, say) {
    if (step === 'setOffer') {
      await this.#library.setRemoteDescription({ type: 'offer', sdp })
      const answer = await this.#library.createAnswer()
      await this.#library.setLocalDescription(answer)
      this.#described(say, answer.sdp)
    } else if (step === 'setAnswer') {
      await this.#library.setRemoteDescription({ type: 'answer', sdp })
    } else {
      const { candidate: line, sdpMid, sdpMLineIndex } = candidate
      const init = { candidate: line, sdpMid, sdpMLineIndex: sdpMid === null ? (sdpMLineIndex ?? 0) : sdpMLineIndex }
      // One bad candidate of several is no reason to give up.
      await this.#library.addIceCandidate(init).catch(() => {})
    }
  }

  get isOpen() {
    return this.#control.readyState === 'open' && this.#bulk.readyState === 'open'
  }

  /** Sends a control message; nothing if the channel is gone by now. */
  say(text) {
    if (this.#control.readyState === 'open') this.#control.send(text)
  }

  /** How many bytes of a file the next chunk may have; 0 while enough waits to be sent. */
  room() {
    if (this.#bulk.readyState !== 'open' || this.#bulk.bufferedAmount >= SEND_LIMIT_BYTES) return 0
    const longest = Math.min(CHUNK_BYTES_MAX, this.#library.sctp?.maxMessageSize ?? CHUNK_BYTES_MAX)
    return longest - CHUNK_HEADER_BYTES
  }

  send(chunk) {
    if (this.#bulk.readyState === 'open') this.#bulk.send(chunk)
  }

  /** How the remote peer is reached: `{ relayed, roundTrip }`, the latter in milliseconds or `null`. */
  async route() {
    const report = await this.#library.getStats()
    const all = Array.from(report.values())
    const selected = all.find((it) => it.type === 'transport')?.selectedCandidatePairId
    const isIt = (it) => it.type === 'candidate-pair' && (selected ? it.id === selected : it.nominated)
    const pair = all.find(isIt)
    if (!pair) return null
    const ends = [report.get(pair.localCandidateId), report.get(pair.remoteCandidateId)]
    const seconds = pair.currentRoundTripTime
    return { relayed: ends.some((it) => it?.candidateType === 'relay'), roundTrip: seconds > 0 ? seconds * 1000 : null }
  }

  /** How much has come in since the beginning, of whatever: a line that lives has more each few seconds. */
  async heardCount() {
    let count = 0
    for (const it of (await this.#library.getStats()).values()) {
      if (it.type !== 'candidate-pair') continue
      count += (it.requestsReceived ?? 0) + (it.responsesReceived ?? 0) + (it.bytesReceived ?? 0)
    }
    return count
  }

  /** Ends it, once the last control messages are out, as far as that goes. */
  close() {
    if (this.#over) return
    this.#over = true
    const deadline = Date.now() + FLUSH_TIMEOUT
    const flush = () => {
      const waits = this.#control.readyState === 'open' && this.#control.bufferedAmount > 0
      if (waits && Date.now() < deadline) setTimeout(flush, 10)
      // What the browser has taken is still on its way.
      else setTimeout(() => this.#library.close(), 50)
    }
    if (this.#control.readyState === 'open') flush()
    else this.#library.close()
  }

  /** Ends it at once: the page goes. */
  drop() {
    this.#over = true
    this.#library.close()
  }

  #open(label, id) {
    const channel = this.#library.createDataChannel(label, { negotiated: true, id, ordered: true })
    channel.binaryType = 'arraybuffer'
    channel.onopen = () => {
      if (this.isOpen) this.#tell('opened')
    }
    channel.onclose = () => this.#tell('ended')
    return channel
  }

  #described(say, sdp) {
    say(sdp)
    const early = this.#early ?? []
    this.#early = null
    for (const init of early) this.#tell('candidate', init)
  }

  #tell(what, value) {
    if (!this.#over) this.#on[what](value)
  }
}
