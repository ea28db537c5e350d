// The other tabs of this page: a duplicated tab has the same place in a room as the one it was made of,
// and has to take another.

import { hex } from '../bytes.js'
import { random } from './random.js'
import { tabValue } from './settings.js'

/** How long others are waited for. */
const ANSWER_MS = 120

/**
 * This tab's name, which it keeps over a reload, and those of the other tabs that are there: `{ name,
 * others, isCopy }`. A tab whose name another one answers to takes a new one.
 */
export async function meetTabs() {
  let name = tabValue.read('tab')
  const others = new Set()
  const channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel('peersnap') : null
  const me = hex(random(8))
  if (channel) {
    channel.postMessage({ asks: me })
    await new Promise((resolve) => {
      channel.onmessage = ({ data }) => {
        if (data?.answers === me && typeof data.name === 'string') others.add(data.name)
      }
      setTimeout(resolve, ANSWER_MS)
    })
  }
  const isCopy = name !== null && others.has(name)
  if (name === null || isCopy) {
    name = hex(random(8))
    tabValue.keep('tab', name)
    tabValue.forget('token')
  }
  if (channel) {
    channel.onmessage = ({ data }) => {
      if (typeof data?.asks === 'string') channel.postMessage({ answers: data.asks, name })
    }
  }
  return { name, others, isCopy }
}
