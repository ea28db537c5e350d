// What this browser remembers of its person: the identity, the name, who was met, a few choices. Where it
// remembers nothing, as in some private windows, all is as on a first visit.

import { fromHex, hex } from '../bytes.js'
import { identityOf } from '../seal/identity.js'
import { KnownPeers } from '../seal/known.js'
import { safeText } from '../text.js'
import { random } from './random.js'

export function readIdentity() {
  const known = fromHex(read('identity'), 32)
  const secret = known ?? random(32)
  if (!known) write('identity', hex(secret))
  return identityOf(secret)
}

export const readName = () => safeText(read('name') ?? '') || usualName()
export const keepName = (name) => write('name', name)

export const readKnown = () => KnownPeers.parse(read('known') ?? '[]')
export const keepKnown = (known) => write('known', known.write())

export const readKeepsExif = () => read('keep-exif') === 'true'
export const keepKeepsExif = (keeps) => write('keep-exif', `${keeps}`)

/** What one tab keeps over a reload of its page, such as the token of a room. */
export const tabValue = {
  read: (key) => attempt(() => sessionStorage.getItem(`peersnap.${key}`)),
  keep: (key, value) => attempt(() => sessionStorage.setItem(`peersnap.${key}`, value)),
  forget: (key) => attempt(() => sessionStorage.removeItem(`peersnap.${key}`)),
}

function usualName() {
  const { userAgent } = navigator
  if (/iPhone/.test(userAgent)) return 'iPhone'
  if (/iPad/.test(userAgent)) return 'iPad'
  if (/Android/.test(userAgent)) return /Mobile/.test(userAgent) ? 'Android phone' : 'Android tablet'
  return 'browser'
}

const read = (key) => attempt(() => localStorage.getItem(`peersnap.${key}`))
const write = (key, value) => attempt(() => localStorage.setItem(`peersnap.${key}`, value))

function attempt(what) {
  try {
    return what()
  } catch {
    return null
  }
}
