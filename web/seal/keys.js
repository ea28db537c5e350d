// What a room's words are worth: the id that the server is told, and the key that signals are sealed
// with. The page of `src/seal/keys.rs` says why with these numbers.

import { hkdf, scryptAsync, sha256 } from '../vendor/noble.js'
import { hex, utf8 } from '../bytes.js'

/**
 * Takes 32 MiB, and 100 ms to two seconds, in slices between which a page stays alive; `onProgress`
 * hears how far it is, from 0 to 1. Words are in their canonical form.
 */
export async function deriveKeys(words, onProgress) {
  return keysOf(await masterOf(words, onProgress))
}

export function masterOf(words, onProgress) {
  const options = { N: 2 ** 15, r: 8, p: 1, dkLen: 32, asyncTick: SLICE_MS, onProgress }
  return scryptAsync(utf8(words), utf8('peersnap/1'), options)
}

export function keysOf(master) {
  const part = (info, length) => hkdf(sha256, master, undefined, utf8(info), length)
  return { room: hex(part('peersnap/1 room id', 16)), signal: part('peersnap/1 signal key', 32) }
}

/** About a frame of a screen. */
const SLICE_MS = 12
