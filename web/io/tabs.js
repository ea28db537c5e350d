// The other tabs of this page: a duplicated tab has the same place in a room as the one it was made of,
// and has to take another.

import { hex } from '../bytes.js'
import { random } from './random.js'
import { tabValue } from './settings.js'

/** How long others are waited for, at least. */
const ANSWER_MS = 150

/**
 * This tab's name, which it keeps over a reload, and those of the other tabs that are there: `{ name,
 * others }`. A tab whose name another one answers to takes a new one. `ready` is what is waited for anyway.
 */
export async function meetTabs(ready) {
  let name = tabValue.read('tab')
  const others = new Set()
  const channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel('peersnap') : null
  const me = hex(random(8))
  if (channel) {
    channel.postMessage({ asks: me })
    channel.onmessage = ({ data }) => {
      if (data?.answers === me && typeof data.name === 'string') others.add(data.name)
    }
    await Promise.all([ready, new Promise((resolve) => setTimeout(resolve, ANSWER_MS))])
  }
  if (name === null || others.has(name)) {
    name = hex(random(8))
    tabValue.keep('tab', name)
    tabValue.forget('token')
  }
  if (channel) {
    channel.onmessage = ({ data }) => {
      if (typeof data?.asks === 'string') channel.postMessage({ answers: data.asks, name })
    }
  }
  return { name, others }
}
