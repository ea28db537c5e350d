// Meeting peers: who is there, whether it is who it seems, and how it is reached.

import { fromHex } from '../bytes.js'
import { fingerprint } from '../seal/identity.js'
import { ROOM_PEERS_MAX } from '../signaling.js'
import { handleTransfer } from './receiving.js'
import { called, isOpen, isWelcome, label, say } from './state.js'

/** What the signaling socket says. */
export function handleSignaling(state, reply, now) {
  const { room, peers } = state
  switch (reply.type) {
    case 'welcome': {
      const isOther = room.local !== null && room.local !== reply.id
      if (room.local !== null && room.phase === 'lost') say(state, 'good', 'back in the room', now)
      // Under another number, everyone is met anew.
      const anew = isOther ? [...peers.values()].flatMap((peer) => drop(state, peer, now)) : []
      Object.assign(room, { phase: 'joined', local: reply.id, why: null, since: now })
      state.server = { iceServers: reply.iceServers, frames: reply.frames }
      // It may have come without a word of the former socket's end.
      return [...anew, { do: 'server' }, ...cutOff(peers.keys()), ...meet(state, reply.peers, now)]
    }
    case 'joined': {
      const peer = peers.get(reply.peer)
      if (!peer) return connect(state, reply.peer, reply.offer)
      peer.away = false
      return peer.phase === 'unreachable' ? [{ do: 'reconnect', peer: peer.id }] : []
    }
    case 'away': {
      // It may be back in a moment: who comes back on another socket is away first.
      const peer = peers.get(reply.peer)
      if (!peer) return []
      peer.away = true
      return cutOff([peer.id])
    }
    case 'left': {
      const peer = peers.get(reply.peer)
      return peer ? drop(state, peer, now) : []
    }
    case 'signal': {
      const peer = peers.get(reply.from)
      return peer ? [{ do: 'deliver', peer: peer.id, payload: reply.payload }] : []
    }
    case 'refused':
      Object.assign(room, { phase: 'refused', why: REFUSED[reply.reason] })
      return []
    case 'lost':
      if (room.phase !== 'refused' && room.phase !== 'left') Object.assign(room, { phase: 'lost', why: reply.why })
      return cutOff(peers.keys())
    default:
      return []
  }
}

/** What the task of a peer says. */
export function handlePeer(state, { peer: id, task, event }, now) {
  const peer = state.peers.get(id)
  // A task that has just been ended may have had more to say.
  if (!peer || peer.task !== task) return []
  switch (event.type) {
    case 'proven':
      return proven(state, peer, event, now)
    case 'unopened':
      // Only what nobody without the words could have made, or what says what to do.
      if (peer.key !== null || ['bad_signature', 'version'].includes(event.error.kind)) {
        say(state, 'bad', event.error.message, now)
      }
      return []
    case 'open':
    case 'reachable':
      peer.phase = 'open'
      announce(state, peer, now)
      return reach(state, peer, now)
    case 'unreachable':
      peer.phase = 'unreachable'
      // Of the end of a tunnel the server has told.
      return event.what === 'tunnel' ? [] : [{ do: 'checkServer' }]
    case 'route':
      peer.route = event.route
      return []
    case 'lost': {
      // It has forgotten what was before, and is open again.
      lose(state, peer)
      return []
    }
    case 'violated': {
      peer.phase = 'barred'
      fail(state, peer)
      say(state, 'bad', `${label(peer)} broke the protocol (${event.error.message}): disconnected`, now)
      return []
    }
    default:
      return handleTransfer(state, peer, event, now)
  }
}

/** A peer may be here now: what waits for it is offered, the oldest first. */
export function reach(state, peer, now) {
  if (!isOpen(peer) || !isWelcome(peer)) return []
  const effects = []
  for (const item of [...state.items].reverse()) {
    if (item.direction !== 'out' || !offerTo(item, peer)) continue
    effects.push({ do: 'propose', peer: peer.id, item })
  }
  if (effects.length > 0) {
    const what = effects.length === 1 ? `${called(effects[0].item.name)} goes` : `${effects.length} files go`
    say(state, 'info', `${what} to ${label(peer)}`, now)
  }
  return effects
}

/** Whether an item goes to this peer now; if so, that is noted. */
export function offerTo(item, peer) {
  const of = item.receipts.filter((receipt) => receipt.key === peer.key)
  const going = { key: peer.key, name: label(peer), peer: peer.id, transfer: null, state: 'going', isTaken: false, offset: 0, rate: 0 }
  if (!item.blob || of.some((receipt) => receipt.state === 'going' && receipt.peer === peer.id)) return false
  const waiting = of.find((receipt) => receipt.state === 'waiting')
  if (waiting) {
    Object.assign(waiting, going)
    return true
  }
  if (item.audience !== 'coming' || of.length > 0 || item.receipts.length >= RECEIPTS_MAX) return false
  item.receipts.push(going)
  return true
}

/** In a room, perhaps anew: offers to everyone there whom no connection reaches, and lets go of the rest. */
function meet(state, roster, now) {
  const effects = []
  for (const peer of state.peers.values()) {
    const here = roster.includes(peer.id)
    const over = peer.phase === 'connecting' || peer.phase === 'barred' || (peer.phase === 'unreachable' && !here)
    if (over) effects.push(...drop(state, peer, now))
    else {
      peer.away = !here
      if (here && peer.phase === 'unreachable') effects.push({ do: 'reconnect', peer: peer.id })
    }
  }
  return [...effects, ...roster.flatMap((id) => connect(state, id, true))]
}

/** Through the server, nothing reaches them any more. */
const cutOff = (peers) => Array.from(peers, (peer) => ({ do: 'cutOff', peer }))

function connect(state, id, offers) {
  if (state.peers.has(id) || state.room.local === null || state.peers.size >= ROOM_PEERS_MAX) return []
  const task = state.nextId++
  state.peers.set(id, {
    id, task, name: '', key: null, fingerprint: '', met: null, phase: 'connecting', away: false, route: null, announced: false,
  })
  return [{ do: 'connect', peer: id, task, offers }]
}

function drop(state, peer, now) {
  state.peers.delete(peer.id)
  const waits = lose(state, peer)
  if (peer.announced) {
    const what = waits.length === 1 ? `${waits[0]} goes` : `${waits.length} files go`
    const goesOn = waits.length > 0 ? `: ${what} on when ${label(peer)} is back` : ''
    say(state, 'info', `${label(peer)} left${goesOn}`, now)
  }
  return [{ do: 'disconnect', peer: peer.id, task: peer.task }]
}

/** A connection is over, and with it what went over it: that waits. The names of those files. */
function lose(state, peer) {
  const waits = state.incoming.filter((it) => it.peer === peer.id && it.phase === 'moving').map((it) => called(it.name))
  state.incoming = state.incoming.filter((it) => it.peer !== peer.id)
  for (const item of state.items) {
    for (const receipt of item.receipts ?? []) {
      if (receipt.peer !== peer.id || receipt.state !== 'going') continue
      Object.assign(receipt, { state: 'waiting', transfer: null, paused: null })
      waits.push(called(item.name))
    }
  }
  return waits
}

function fail(state, peer) {
  state.incoming = state.incoming.filter((it) => it.peer !== peer.id)
  for (const receipt of going(state, peer)) Object.assign(receipt, { state: 'failed', why: 'lost' })
}

const going = (state, peer) =>
  state.items.flatMap((item) => item.receipts ?? []).filter((it) => it.peer === peer.id && it.state === 'going')

/** A peer knows the words: who it is, is looked up among those met before. */
function proven(state, peer, { name, key }, now) {
  if (peer.key === key && peer.name === name) return []
  // Someone else in the place of another has not been here.
  if (peer.key !== key) peer.announced = false
  Object.assign(peer, { name, key, fingerprint: fingerprint(fromHex(key, 32)) })
  // Another tab, or another program, of the person here.
  const own = key === state.settings.key
  peer.met = own ? { met: 'known', trusted: true } : state.settings.known.meet(name, key)
  peer.own = own
  announce(state, peer, now)
  return [{ do: 'keepKnown' }, ...reach(state, peer, now)]
}

/** Says that a peer is here, once it is. */
function announce(state, peer, now) {
  if (!isOpen(peer) || peer.announced) return
  peer.announced = true
  const { met } = peer
  const trusts = met.met === 'changed' && met.trusted
  const text = {
    new: `${label(peer)} is here for the first time`,
    known: peer.own ? 'you are here from another tab or device, too' : `${label(peer)} is here`,
    renamed: `${label(peer)} is here, who was ${met.before || 'someone'} before`,
    changed: trusts
      ? `this is not the ${peer.name} you trust: nothing is sent to them. Look at who is here`
      : `${peer.name} has another fingerprint than before: ${peer.fingerprint}`,
  }[met.met]
  say(state, met.met === 'changed' ? 'bad' : 'good', text, now)
}

const REFUSED = {
  room_full: `the room is full: it holds ${ROOM_PEERS_MAX}`,
  server_full: 'the server has no room left: try again later',
  version: 'the server speaks another version than this page: reload it',
  malformed: 'the server did not understand this page: reload it',
}
const RECEIPTS_MAX = 64
