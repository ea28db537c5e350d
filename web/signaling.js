// What a peer and the signaling server say to each other: JSON text over a websocket, version 1.
//
// The one definition for both ends is `signaling-server/src/protocol.rs`. Replies are parsed here, once;
// what a newer server says besides is passed over. Where its welcome says so, it carries frames besides, as
// binary messages: bytes for one peer, which come from it to that one, in order.

import { be64, concat } from './bytes.js'

export const VERSION = 1
/** The longest message that a peer sends, in bytes. */
export const MESSAGE_BYTES_MAX = 16 * 1024
/** What a frame begins with: a peer's id. */
const FRAME_HEADER_BYTES = 8
/** The longest frame's data, in bytes. */
export const FRAME_DATA_BYTES_MAX = MESSAGE_BYTES_MAX - FRAME_HEADER_BYTES

export const join = (room, token) => write({ type: 'join', version: VERSION, room, ...(token ? { token } : {}) })
export const signal = (to, payload) => write({ type: 'signal', to, payload })
export const leave = () => write({ type: 'leave' })
export const frame = (to, data) => concat(be64(to), data)

/** A frame that came: `{ from, data }`, or `null`. */
export function parseFrame(bytes) {
  if (bytes.length < FRAME_HEADER_BYTES || bytes.length > MESSAGE_BYTES_MAX) return null
  const from = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0))
  return { from, data: bytes.subarray(FRAME_HEADER_BYTES) }
}

/** A reply that cannot be wrong, or `null`. */
export function parseReply(text) {
  if (typeof text !== 'string' || text.length > REPLY_CHARS_MAX) return null
  let it
  try {
    it = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof it !== 'object' || it === null) return null
  switch (it.type) {
    case 'welcome': {
      const whole = isId(it.id) && Array.isArray(it.peers) && it.peers.every(isId) && isToken(it.token)
      if (!whole || !Array.isArray(it.ice_servers)) return null
      const peers = [...new Set(it.peers)].slice(0, ROOM_PEERS_MAX).filter((peer) => peer !== it.id)
      const iceServers = it.ice_servers.slice(0, ICE_SERVERS_MAX).map(iceServer).filter(Boolean)
      return { type: 'welcome', id: it.id, peers, token: it.token, iceServers, frames: it.frames === true }
    }
    case 'joined':
      return isId(it.peer) ? { type: 'joined', peer: it.peer, offer: it.offer === true } : null
    case 'away':
    case 'left':
      return isId(it.peer) ? { type: it.type, peer: it.peer } : null
    case 'signal':
      return isId(it.from) && 'payload' in it ? { type: 'signal', from: it.from, payload: it.payload } : null
    case 'refused':
      return REFUSALS.includes(it.reason) ? { type: 'refused', reason: it.reason } : null
    case 'bye': {
      const wait = it.retry_after_ms
      return Number.isSafeInteger(wait) && wait >= 0
        ? { type: 'bye', retryAfter: Math.min(wait, RETRY_AFTER_MS_MAX) }
        : null
    }
    default:
      return null
  }
}

function iceServer(it) {
  if (typeof it !== 'object' || it === null || !Array.isArray(it.urls)) return null
  const urls = it.urls.filter((url) => typeof url === 'string' && /^(stun|turns?):/.test(url)).slice(0, ICE_URLS_MAX)
  if (urls.length === 0) return null
  const server = { urls }
  if (typeof it.username === 'string') server.username = it.username
  if (typeof it.credential === 'string') server.credential = it.credential
  return server
}

const write = (request) => JSON.stringify(request)
const isId = (id) => Number.isSafeInteger(id) && id >= 0
const isToken = (token) => typeof token === 'string' && token.length > 0 && token.length <= 128

export const ROOM_PEERS_MAX = 16
const REFUSALS = ['room_full', 'server_full', 'version', 'malformed']
const REPLY_CHARS_MAX = 2 * MESSAGE_BYTES_MAX
/** Each is asked by every connection: more would make this peer a nuisance to others. */
const ICE_SERVERS_MAX = 4
const ICE_URLS_MAX = 4
const RETRY_AFTER_MS_MAX = 30_000
