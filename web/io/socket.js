// The socket to the signaling server: comes back by itself, with its token, until it is ended.

import { frame, join, leave, parseFrame, parseReply, signal } from '../signaling.js'

/** How the server closes a socket whose peer has come back on another. */
const SUPERSEDED = 4001
const RETRY_FIRST = 500
const RETRY_MAX = 4_000
/** How long a connection may take to be made. */
const CONNECT_TIMEOUT = 10_000
/** How long a server that is doubted may take to answer. */
const ANSWER_TIMEOUT = 3_000
/** What may wait to be sent, in bytes: twice what a room of tunnels may have under way. */
const SEND_LIMIT_BYTES = 4 * 1024 * 1024

export class Socket {
  #url
  #room
  #token
  #on
  #socket = null
  #pause = RETRY_FIRST
  #timer = null
  #heardAt = 0
  /** This peer, as the server calls it. */
  #id = null
  #doubting = null
  #over = false

  /** `on` has `reply(reply)`, with `lost` among them, `frame({ from, data })` and `token(token)`. */
  constructor(url, room, token, on) {
    this.#url = url
    this.#room = room
    this.#token = token
    this.#on = on
    this.#connect()
  }

  /** Sends a signal; while the server is lost, signals are of no use. */
  relay(to, payload) {
    if (this.#isIn) this.#socket.send(signal(to, payload))
  }

  /** Sends a frame; whether the server takes it. */
  carry(to, data) {
    const takes = this.#isIn && this.#socket.bufferedAmount < SEND_LIMIT_BYTES
    if (takes) this.#socket.send(frame(to, data))
    return takes
  }

  /**
   * Sees whether the server still answers, and comes back to it if not: after sleep, or on another
   * network, nobody can tell. What a peer says to itself comes back to it.
   */
  doubt() {
    if (this.#over || this.#doubting) return
    this.#pause = RETRY_FIRST
    if (!this.#isIn || this.#id === null) return this.#connect()
    this.relay(this.#id, null)
    const [socket, asked] = [this.#socket, Date.now()]
    this.#doubting = setTimeout(() => {
      this.#doubting = null
      if (this.#socket === socket && this.#heardAt < asked) this.#connect()
    }, ANSWER_TIMEOUT)
  }

  /** Leaves for good. */
  end() {
    if (this.#isIn) this.#socket.send(leave())
    this.#over = true
    clearTimeout(this.#timer)
    clearTimeout(this.#doubting)
    this.#let()
  }

  get #isIn() {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  #connect() {
    clearTimeout(this.#timer)
    this.#let()
    const socket = new WebSocket(this.#url)
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    const is = (what) => (event) => this.#socket === socket && what(event)
    this.#timer = setTimeout(is(() => this.#lost('the server does not answer')), CONNECT_TIMEOUT)
    socket.onopen = is(() => {
      clearTimeout(this.#timer)
      socket.send(join(this.#room, this.#token))
    })
    socket.onmessage = is(({ data }) => this.#hear(data))
    socket.onclose = is(({ code }) => {
      // Another tab has come with the same token: that place is taken.
      if (code === SUPERSEDED) this.#token = null
      this.#lost(this.#heardAt > 0 ? 'lost the server' : 'no server answers there')
    })
  }

  #hear(data) {
    this.#heardAt = Date.now()
    if (data instanceof ArrayBuffer) {
      const heard = parseFrame(new Uint8Array(data))
      return heard && this.#on.frame(heard)
    }
    const reply = parseReply(data)
    // A newer server may say more than this side knows.
    if (reply === null) return
    if (reply.type === 'welcome') {
      this.#pause = RETRY_FIRST
      this.#token = reply.token
      this.#id = reply.id
      this.#on.token(reply.token)
    }
    if (reply.type === 'refused') this.#over = true
    if (reply.type === 'bye') return this.#lost('the server is going down', reply.retryAfter)
    this.#on.reply(reply)
  }

  #lost(why, wait = this.#pause) {
    clearTimeout(this.#timer)
    this.#let()
    if (this.#over) return
    this.#on.reply({ type: 'lost', why })
    this.#timer = setTimeout(() => this.#connect(), wait)
    this.#pause = Math.min(2 * this.#pause, RETRY_MAX)
  }

  #let() {
    const socket = this.#socket
    this.#socket = null
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }
}
