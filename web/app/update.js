// The one writer of the page's state: what happened becomes a new state, and what is to be done about it.
//
// Effects are `{ do, … }`; the shell does them and answers with further events. Nothing here knows of
// sockets, stores, clocks or the screen.

import { handlePeer, handleSignaling, reach } from './meeting.js'
import { handleSending } from './sending.js'
import { handleReceiving } from './receiving.js'
import { say } from './state.js'

/** Takes an event: the effects, in order. */
export function update(state, event, now) {
  const effects = [...handle(state, event, now), ...trim(state)]
  if (state.notice !== null && state.notice.until <= now) state.notice = null
  return effects
}

/** When `update` is to be told of a `tick`, or `null`. */
export const pollTimeout = (state) => state.notice?.until ?? null

/** Nothing grows without a bound: beyond so many items, the oldest go that wait for nobody. */
function trim(state) {
  const waits = (item) => item.audience === 'coming' || item.receipts?.some((it) => it.state === 'going' || it.state === 'waiting')
  const gone = state.items.slice(ITEMS_MAX).filter((item) => !waits(item))
  if (gone.length === 0) return []
  state.items = state.items.filter((item) => !gone.includes(item))
  return gone.map((item) => ({ do: 'forget', item }))
}

export const ITEMS_MAX = 200

function handle(state, event, now) {
  const { room } = state
  switch (event.type) {
    case 'tick':
      return []
    case 'enter':
      Object.assign(room, { phase: 'deriving', words: event.words, why: null, done: 0, since: now })
      return [{ do: 'derive', words: event.words }]
    case 'wrongWords':
      Object.assign(room, { phase: 'asking', words: null, why: event.why })
      return []
    case 'deriving':
      room.done = event.done
      return []
    case 'derived':
      if (room.phase === 'deriving') room.phase = 'joining'
      return [{ do: 'join', keys: event.keys }]
    case 'recalled':
      // Behind what happened meanwhile.
      state.items.push(...event.items.reverse())
      return Array.from(state.peers.values()).flatMap((peer) => (peer.phase === 'open' ? reach(state, peer, now) : []))
    case 'signaling':
      return handleSignaling(state, event.reply, now)
    case 'peer':
      return handlePeer(state, event, now)
    case 'camera':
      state.camera = { why: null, abilities: state.camera.abilities, ...event.camera }
      return []
    case 'keepsExif':
      state.settings.keepsExif = event.keeps
      return [{ do: 'keepKeepsExif', keeps: event.keeps }]
    case 'notice':
      say(state, event.mood, event.text, now)
      return []
    case 'dismiss':
      state.notice = null
      return []
    case 'rename':
      state.settings.name = event.name
      say(state, 'good', `others call you ${event.name}`, now)
      return [{ do: 'rename', name: event.name }]
    case 'trust':
    case 'distrust': {
      const peer = state.peers.get(event.peer)
      if (!peer?.met || peer.key === state.settings.key) return []
      const trusted = event.type === 'trust'
      if (trusted) state.settings.known.trust(peer.name, peer.key)
      else state.settings.known.distrust(peer.key)
      peer.met = { met: 'known', trusted }
      const text = trusted ? 'is trusted, and will be known again' : 'is not trusted any more'
      say(state, 'good', `${peer.name || 'someone'} ${text}`, now)
      return [{ do: 'keepKnown' }, ...(peer.phase === 'open' ? reach(state, peer, now) : [])]
    }
    case 'leave':
      room.phase = 'left'
      state.peers.clear()
      Object.assign(state, { incoming: [], items: [], held: null })
      return [{ do: 'leave' }]
    default:
      return handleSending(state, event, now) ?? handleReceiving(state, event, now) ?? []
  }
}
