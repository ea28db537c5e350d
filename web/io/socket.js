// The socket to the signaling server: comes back by itself, with its token, until it is ended.

import { join, leave, parseReply, signal } from '../signaling.js'

/** How the server closes a socket whose peer has come back on another. */
const SUPERSEDED = 4001
const RETRY_FIRST = 500
const RETRY_MAX = 4_000
/** How long a connection may take to be made. */
const CONNECT_TIMEOUT = 10_000
/** How long a server that is doubted may take to answer. */
const ANSWER_TIMEOUT = 3_000

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

  /** `on` has `reply(reply)`, with `lost` among them, and `token(token)`. */
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

  #hear(text) {
    this.#heardAt = Date.now()
    const reply = parseReply(text)
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
