// What comes in: what is taken without asking, what a person is asked; and how each transfer fares.

import { isPicture } from '../transfer/message.js'
import { PHOTO_BYTES_MAX, WHY, called, isDoubted, label, say } from './state.js'

/** What the task of a peer says of a transfer. */
export function handleTransfer(state, peer, event, now) {
  if (event.type === 'proposed') return proposed(state, peer, event, now)
  const { direction, transfer } = event
  const incoming = direction === 'incoming' ? find(state, peer.id, transfer) : null
  const [item, receipt] = direction === 'outgoing' ? outgoing(state, peer.id, transfer) : [null, null]
  const of = incoming ?? receipt
  if (!of) return []
  switch (event.type) {
    case 'progress':
      of.isTaken = true
      measure(of, event.offset, now)
      return []
    case 'paused':
      of.paused = event.by
      return []
    case 'continued':
      of.paused = null
      of.measured = null
      return []
    case 'ended':
      return incoming ? received(state, peer, incoming, event.end, now) : sent(state, item, receipt, event.end, now)
    default:
      return []
  }
}

/** An event of a person or of the shell; the effects, or `undefined` if it is none of these. */
export function handleReceiving(state, event, now) {
  switch (event.type) {
    case 'accept': {
      const incoming = find(state, event.peer, event.transfer)
      if (incoming?.phase !== 'asked') return []
      incoming.phase = 'moving'
      return [{ do: 'accept', peer: event.peer, transfer: event.transfer }]
    }
    case 'decline': {
      const incoming = find(state, event.peer, event.transfer)
      if (!incoming) return []
      if (incoming.phase === 'asked') {
        state.incoming = state.incoming.filter((it) => it !== incoming)
        say(state, 'info', `${called(incoming.name)} from ${incoming.from} was declined`, now)
      }
      return [{ do: 'decline', peer: event.peer, transfer: event.transfer, reason: 'person' }]
    }
    case 'restIncoming':
      return [{ do: 'rest', peer: event.peer, direction: 'incoming', transfer: event.transfer, resting: event.resting }]
    case 'placed': {
      const incoming = find(state, event.peer, event.transfer)
      if (incoming) incoming.item = event.item
      return []
    }
    default:
      return undefined
  }
}

/** A file is offered: photos are taken, and so is what was taken before and cut off. */
function proposed(state, peer, { transfer, proposal, awaited }, now) {
  const { name, size } = proposal
  const incoming = {
    peer: peer.id, transfer, name, size, type: proposal.mediaType, files: proposal.files, from: label(peer), key: peer.key,
    phase: 'asked', offset: 0, rate: 0, paused: null, measured: null, item: null,
  }
  if (size > state.settings.bytesMax) {
    say(state, 'bad', `${called(name)} from ${label(peer)} is too large for this browser to take`, now)
    return [{ do: 'decline', peer: peer.id, transfer, reason: 'too_large' }]
  }
  state.incoming.push(incoming)
  const photo = isPicture(proposal) && size <= PHOTO_BYTES_MAX
  if (isDoubted(peer) || !(photo || awaited)) return []
  incoming.phase = 'moving'
  return [{ do: 'accept', peer: peer.id, transfer }]
}

/** An incoming file is over. */
function received(state, peer, incoming, end, now) {
  state.incoming = state.incoming.filter((it) => it !== incoming)
  const [name, from] = [called(incoming.name), incoming.from]
  if (end.how === 'done' && incoming.item) {
    state.items.unshift(incoming.item)
    if (incoming.item.isFleeting) {
      say(state, 'bad', `${name} from ${from} is here, but this device has no room to keep it: download it now`, now)
    } else say(state, 'good', `${name} from ${from}`, now)
    return []
  }
  if (end.reason === 'person') {
    say(state, 'info', end.how === 'remote' ? `${from} took ${name} back` : `${name} from ${from} was stopped`, now)
  } else if (end.how === 'local' && ['disk_full', 'storage'].includes(end.reason)) {
    say(state, 'bad', `${name} could not be kept: free some space on this device, then have it sent again`, now)
  } else {
    say(state, 'bad', `${name} from ${from} did not arrive: ${WHY[end.reason]}`, now)
  }
  return []
}

/** One who gets an item has it, or does not. */
function sent(state, item, receipt, end, now) {
  if (end.how === 'done') {
    Object.assign(receipt, { state: 'delivered', offset: item.size })
    const all = item.audience === 'here' && item.receipts.every((it) => it.state === 'delivered')
    if (all) say(state, 'good', `${called(item.name)} reached ${item.receipts.length === 1 ? receipt.name : 'everyone'}`, now)
    return [{ do: 'keep', item }]
  }
  const declined = end.how === 'remote' && end.reason === 'person'
  Object.assign(receipt, { state: 'failed', why: declined ? 'declined' : end.reason })
  if (end.how === 'remote' || end.reason !== 'person') {
    const text = declined ? 'was declined' : `did not arrive: ${WHY[end.reason]}`
    say(state, declined ? 'info' : 'bad', `${called(item.name)} to ${receipt.name} ${text}`, now)
  }
  return [{ do: 'keep', item }]
}

/** How far it is, and how fast: over the last two seconds or so. */
function measure(of, offset, now) {
  const before = of.measured
  if (before && offset >= before.offset && now > before.at) {
    const seconds = (now - before.at) / 1000
    if (seconds < 0.25) {
      of.offset = offset
      return
    }
    const rate = (offset - before.offset) / seconds
    const weight = Math.min(1, seconds / 2)
    of.rate = of.rate > 0 ? of.rate + (rate - of.rate) * weight : rate
  }
  of.offset = offset
  of.measured = { offset, at: now }
}

const find = (state, peer, transfer) => state.incoming.find((it) => it.peer === peer && it.transfer === transfer)

function outgoing(state, peer, transfer) {
  for (const item of state.items) {
    const receipt = item.receipts?.find((it) => it.peer === peer && it.transfer === transfer && it.state === 'going')
    if (receipt) return [item, receipt]
  }
  return [null, null]
}
