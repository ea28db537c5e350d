// What the page knows: one value, which `update` alone writes and the screen alone reads.
//
// Files and pictures are carried as they come, and never looked into here. Times are milliseconds of
// one clock, which comes in.

import { KnownPeers } from '../seal/known.js'

/** Nothing yet; `settings` are `{ name, key, known, bytesMax, keepsExif }`, the key in hexadecimal digits. */
export function begin(settings) {
  return {
    settings: { keepsExif: false, bytesMax: Number.MAX_SAFE_INTEGER, known: new KnownPeers(), ...settings },
    /**
     * `asking` for words (`why`: what is wrong with those there were), `deriving` (`done`, from 0 to 1),
     * `joining`, `joined`, `lost` (`why`), `refused` (`why`) or `left`.
     */
    room: { phase: 'asking', words: null, why: null, done: 0, local: null, since: 0 },
    /** What the server helps with. */
    server: { iceServers: [], frames: false },
    /** Who is there, by the number that the server gave out. */
    peers: new Map(),
    /** `none` (this page may have no camera), `off`, `starting`, `on` or `failed` (`why`); what it can do. */
    camera: { phase: 'none', why: null, abilities: null },
    /** A photo that waits to be sent, or `null`. */
    held: null,
    /** What was sent and received, newest first. */
    items: [],
    /** What is offered, or on its way here, newest last. */
    incoming: [],
    /** What a person is told: the newest, until its time is over. */
    notice: null,
    nextId: 1,
  }
}

/** What to call a peer. Who goes by a name that was another's is told apart by its fingerprint's start. */
export function label(peer) {
  const name = peer.name || 'someone'
  return peer.met?.met === 'changed' ? `${name} (${peer.fingerprint.slice(0, 4)})` : name
}

/** Whether a photo would reach it now. */
export const isOpen = (peer) => peer.phase === 'open' && peer.met !== null

/** Whether it goes by the name of somebody else who is trusted: nothing is sent to it then. */
export const isDoubted = (peer) => peer.met?.met === 'changed' && peer.met.trusted

/** Whether files go to it, now or as soon as its connection is open. */
export const isWelcome = (peer) => peer.met !== null && !isDoubted(peer) && peer.phase !== 'barred'

/** Those that what is sent now goes to. */
export const receivers = (state) => Array.from(state.peers.values()).filter(isWelcome)

/** Whether anything would be cut off if the page went now. */
export function isBusy(state) {
  const goes = (item) => item.receipts?.some((receipt) => receipt.state === 'going')
  return state.items.some(goes) || state.incoming.some((it) => it.phase === 'moving')
}

/** Pictures up to this size are taken without asking, in bytes. */
export const PHOTO_BYTES_MAX = 32 * 1024 * 1024
/** How long a notice stands, in milliseconds. */
export const NOTICE_MS = 6_000

/** Tells a person something; `mood` is `info`, `good` or `bad`. */
export function say(state, mood, text, now) {
  state.notice = { mood, text, until: now + (mood === 'bad' ? 2 : 1) * NOTICE_MS, id: state.nextId++ }
}

/** Whether a name is what this program calls photos, which tells nobody anything. */
export const isNameless = (name) => /^peersnap-\d{8}-\d{6}/.test(name)

/** What a file is called where a person is told of it: a long name by its beginning and its end. */
export function called(name) {
  if (isNameless(name)) return 'a photo'
  const letters = Array.from(name)
  if (letters.length <= CALLED_MAX) return name
  return `${letters.slice(0, CALLED_MAX - CALLED_END - 1).join('')}…${letters.slice(-CALLED_END).join('')}`
}

/** So many letters of a name fit in a sentence, and so many of them are its end. */
const CALLED_MAX = 36
const CALLED_END = 10

/** Why a transfer ended, in a few words. */
export const WHY = {
  person: 'stopped',
  too_large: 'too large',
  busy: 'too many transfers at once',
  disk_full: 'disk full',
  storage: 'the file could not be read or written',
  digest: 'damaged on the way',
  changed: 'the file changed meanwhile',
  lost: 'connection lost',
  gone: 'choose it again to go on',
}
