// What goes out: photos that are held, files that are sent, and a receipt from each who gets them.

import { called, isOpen, label, receivers, say } from './state.js'
import { offerTo } from './meeting.js'

/** An event of a person, or of the shell on its way out; the effects, or `undefined` if it is none of these. */
export function handleSending(state, event, now) {
  switch (event.type) {
    case 'hold':
      state.held = event.file
      return [{ do: 'keepHeld', file: event.file }]
    case 'throwAway':
      state.held = null
      return [{ do: 'forgetHeld' }]
    case 'sendHeld': {
      const { held } = state
      state.held = null
      return held ? [...send(state, [event.file ?? held], now), { do: 'forgetHeld' }] : []
    }
    case 'send':
      return send(state, event.files, now)
    case 'offered': {
      const receipt = receiptOf(state, event.item, event.peer)
      if (receipt?.state !== 'going') return [{ do: 'cancel', peer: event.peer, transfer: event.transfer }]
      receipt.transfer = event.transfer
      return []
    }
    case 'unreadable': {
      const receipt = receiptOf(state, event.item, event.peer)
      if (receipt) Object.assign(receipt, { state: 'failed', why: event.why })
      return []
    }
    case 'cancelItem': {
      const item = state.items.find((it) => it.id === event.item)
      if (!item) return []
      item.audience = 'here'
      const effects = []
      for (const receipt of item.receipts) {
        if (receipt.state === 'going' && receipt.transfer !== null) {
          effects.push({ do: 'cancel', peer: receipt.peer, transfer: receipt.transfer })
        } else if (receipt.state === 'going' || receipt.state === 'waiting') {
          Object.assign(receipt, { state: 'failed', why: 'person' })
        }
      }
      return [...effects, { do: 'keep', item }]
    }
    case 'restItem': {
      const item = state.items.find((it) => it.id === event.item)
      const going = item?.receipts.filter((it) => it.state === 'going' && it.transfer !== null) ?? []
      return going.map(({ peer, transfer }) => ({ do: 'rest', peer, direction: 'outgoing', transfer, resting: event.resting }))
    }
    case 'sendAgain': {
      const item = state.items.find((it) => it.id === event.item)
      if (!item?.blob) return []
      for (const receipt of item.receipts) if (receipt.state === 'failed') receipt.state = 'waiting'
      if (item.receipts.length === 0) item.audience = 'coming'
      return offerAll(state, item)
    }
    case 'forget': {
      const item = state.items.find((it) => it.id === event.item)
      if (!item) return []
      const effects = item.direction === 'out' ? handleSending(state, { type: 'cancelItem', item: item.id }, now) : []
      state.items = state.items.filter((it) => it !== item)
      return [...effects.filter((it) => it.do !== 'keep'), { do: 'forget', item }]
    }
    default:
      return undefined
  }
}

/** Sends files to everyone here, or to whoever comes if nobody is. */
function send(state, files, now) {
  const effects = []
  const to = receivers(state)
  for (const file of files) {
    const item = {
      id: `${now.toString(36)}-${state.nextId++}`, direction: 'out', at: now, name: file.name,
      type: file.type, size: file.blob.size, blob: file.blob, dimensions: file.dimensions ?? null,
      modified: file.modified ?? null, files: file.files ?? null, audience: to.length > 0 ? 'here' : 'coming', fresh: true,
      receipts: to.map((peer) => ({ key: peer.key, name: label(peer), state: 'waiting', offset: 0, rate: 0 })),
    }
    state.items.unshift(item)
    effects.push({ do: 'keep', item }, ...offerAll(state, item))
  }
  const what = files.length === 1 ? called(files[0].name) : `${files.length} files`
  if (to.length === 0) say(state, 'info', `${what} will go to whoever comes: nobody is here yet`, now)
  return effects
}

function offerAll(state, item) {
  const open = receivers(state).filter(isOpen)
  return open.filter((peer) => offerTo(item, peer)).map((peer) => ({ do: 'propose', peer: peer.id, item }))
}

const receiptOf = (state, id, peer) =>
  state.items.find((it) => it.id === id)?.receipts?.find((it) => it.peer === peer && it.state !== 'delivered')
